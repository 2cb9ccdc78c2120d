"""Metadata in headers: names, limits, merging, queries. Spec: object-storage 3.3, 6.2.4."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote

import msgspec

from synnefo.kit.faults import BadRequest

MAX_KEY = 128
MAX_VALUE = 256
MAX_HEADERS = 90
MAX_TYPE = 256
PLAIN = (
    *("Content-Encoding", "Content-Disposition", "X-Object-Manifest"),
    *("X-Symlink-Target", "X-Symlink-Target-Account", "X-Symlink-Target-Etag"),
)
"""Headers of an object that are kept as they are, beside the prefixed ones."""
SWIFTS = (*PLAIN, "Content-Language", "Cache-Control", "Expires", "X-Robots-Tag")
"""Those that are kept for Swift's clients; browsers send some of them unasked."""

LONG = {"X-Object-Manifest", "X-Symlink-Target"}
"""Headers that name an object and so may be longer than others."""

_TERM = re.compile(r"^([^=!<>]+)(<=|>=|!=|=|<|>)(.+)$")

Metadata = dict[str, str]


def normal(name: str) -> str:
    """Write a header name as it is stored: `x-object-meta-foo_BAR` as X-Object-Meta-Foo-Bar."""
    return "-".join(part[:1].upper() + part[1:].lower() for part in re.split("[-_]", name))


def decoded(text: str) -> str:
    """Undo percent-encoding, which carries what is not ASCII. Spec: object-storage 3.4."""
    return unquote(text) if "%" in text else text


def encoded(text: str) -> str:
    """Percent-encode a value for a reply header."""
    plain = text.isascii() and text.isprintable() and "%" not in text
    return text if plain else quote(text, safe="/=,:@; \"'()")


def encoded_name(text: str) -> str:
    """Percent-encode a name for a reply header."""
    return text if text.isascii() and "%" not in text else quote(text, safe="-_")


def given(headers: Mapping[str, str], prefix: str) -> Metadata:
    """Pick the headers with a prefix; `~` in values stands for nothing.

    `prefix` is in normal form; names are answered with it.
    """
    low = prefix.lower()
    found = {}
    for name, value in headers.items():
        if name.lower().startswith(low) and len(name) > len(low):
            found[normal(decoded(name))] = decoded(value).replace("~", "").strip()
    if len(found) > MAX_HEADERS:
        raise BadRequest(f"Too many metadata items; max {MAX_HEADERS} in one request.")
    return found


def removed(headers: Mapping[str, str], level: str) -> Metadata:
    """Read Swift's `X-Remove-<level>-Meta-*` as keys with an empty value."""
    prefix = f"x-remove-{level.lower()}-meta-"
    return {
        normal(f"X-{level}-Meta-{decoded(name)[len(prefix) :]}"): ""
        for name in headers
        if name.lower().startswith(prefix)
    }


def checked(metadata: Metadata, limit: int) -> Metadata:
    """Refuse metadata that is too long or too much."""
    for key, value in metadata.items():
        if len(key) > MAX_KEY:
            raise BadRequest(f"Metadata name too long: '{key[:40]}…'; max {MAX_KEY}.")
        if len(value) > MAX_VALUE and key not in LONG:
            raise BadRequest(f"Metadata value longer than {MAX_VALUE}: that of '{key}'.")
    if len(metadata) > limit:
        raise BadRequest(f"Too many metadata items; max {limit} can be kept here.")
    return metadata


def merged(
    old: Mapping[str, str], new: Mapping[str, str], *, keeps_blank: bool = False
) -> Metadata:
    """Lay new items over old ones; an empty value removes a key, where it is not kept."""
    both = {**old, **new}
    if keeps_blank:
        return both
    return {key: value for key, value in both.items() if value != ""}


def kept(metadata: Mapping[str, str]) -> Metadata:
    """Drop the items without a value."""
    return {key: value for key, value in metadata.items() if value != ""}


def of_object(headers: Mapping[str, str], *, is_swift: bool = False) -> Metadata:
    """Read everything that an object keeps about itself from a request's headers."""
    found = given(headers, "X-Object-Meta-")
    for name in SWIFTS if is_swift else PLAIN:
        value = headers.get(name)
        if value is not None:
            found[name] = decoded(value)
    return found


class Term(msgspec.Struct, frozen=True):
    """One term of a metadata query; `operator` is empty for "exists", `!` for "exists not"."""

    key: str
    operator: str = ""
    value: str = ""

    def holds(self, metadata: Mapping[str, str]) -> bool:
        """Tell whether an object with this metadata satisfies the term."""
        found = metadata.get(self.key)
        if self.operator == "!":
            return found is None
        if found is None or not self.operator:
            return found is not None
        return _COMPARE[self.operator](found, self.value)


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "=": lambda found, value: found == value,
    "!=": lambda found, value: found != value,
    "<=": lambda found, value: found <= value,
    ">=": lambda found, value: found >= value,
    "<": lambda found, value: found < value,
    ">": lambda found, value: found > value,
}


def query(text: str) -> list[Term]:
    """Read a `meta=` query; what cannot be read is ignored."""
    return [term for part in text.split(",") if (term := _term(part.strip())) is not None]


def _term(text: str) -> Term | None:
    if text.startswith("!") and len(text) > 1:
        return Term(normal(f"X-Object-Meta-{text[1:].strip()}"), "!")
    found = _TERM.match(text)
    if found is not None:
        return Term(normal(f"X-Object-Meta-{found[1].strip()}"), found[2], found[3].strip())
    if text and not set(text) & set("=!<>"):
        return Term(normal(f"X-Object-Meta-{text}"))
    return None


def matches(terms: list[Term], metadata: Mapping[str, str]) -> bool:
    """Tell whether an object is found: any of the plain keys, all of the other terms."""
    plain = [term for term in terms if not term.operator]
    if plain and not any(term.holds(metadata) for term in plain):
        return False
    return all(term.holds(metadata) for term in terms if term.operator)
