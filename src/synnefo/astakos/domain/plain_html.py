"""HTML of operators, cut down to what a text needs: nothing that runs, loads or looks like us."""

from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

_TEXT = "p br hr h1 h2 h3 h4 h5 h6 strong em b i u small blockquote pre code a"
_LISTS = "ul ol li dl dt dd table thead tbody tr th td"
KEPT = frozenset(f"{_TEXT} {_LISTS}".split(" "))
VOID = frozenset({"br", "hr"})
DROPPED_WHOLE = frozenset({"script", "style", "template", "title", "iframe", "object", "svg"})
SCHEMES = ("http://", "https://", "mailto:", "/", "#")


class _Cleaner(HTMLParser):
    """Writes anew what may stay."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.open: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Keep a tag that a text needs, without its attributes but for a link's address."""
        if tag in DROPPED_WHOLE:
            self.hidden += 1
        elif tag in KEPT and not self.hidden:
            self.out.append(f"<{tag}{_link(dict(attrs)) if tag == 'a' else ''}>")
            if tag not in VOID:
                self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag that is open, and those left open inside it."""
        if tag in DROPPED_WHOLE:
            self.hidden = max(0, self.hidden - 1)
        elif tag in self.open and not self.hidden:
            while True:
                last = self.open.pop()
                self.out.append(f"</{last}>")
                if last == tag:
                    return

    def handle_data(self, data: str) -> None:
        """Keep words, as words."""
        if not self.hidden:
            self.out.append(escape(data, quote=False))


def cleaned(html: str) -> str:
    """Keep the words, headings, lists, tables and links of a text."""
    cleaner = _Cleaner()
    cleaner.feed(html)
    cleaner.close()
    cleaner.out += [f"</{tag}>" for tag in reversed(cleaner.open)]
    return "".join(cleaner.out).strip()


def _link(attributes: dict[str, str | None]) -> str:
    target = (attributes.get("href") or "").strip()
    if not target.lower().startswith(SCHEMES) or target.startswith("//"):
        return ""
    return f' href="{escape(target)}" rel="noopener noreferrer"'
