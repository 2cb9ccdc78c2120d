"""Containers as web sites: an index, lists of what is there, pages for errors.

Only for callers without a token, or with `X-Web-Mode: true`; the container must let them in, as
with `X-Container-Read: .r:*,.rlistings`. Spec: object-storage 18.2, openstack-api 10.1.
"""

from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from synnefo.kit.faults import Fault
from synnefo.kit.units import human_size
from synnefo.pithos.domain.places import Place, account_of
from synnefo.pithos.models import Container
from synnefo.serve.http.answer import Answer
from synnefo.serve.http.call import Call

Proceed = Callable[[Call], Answer]
_PREFIX = "X-Container-Meta-Web-"
_TRUE = {"true", "1", "yes", "on", "t", "y"}
_HARMLESS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src * 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = (
    "h1 {font-size: 1em} th {text-align: left} th, td {padding: 0 1em} a {text-decoration: none}"
)


class Site(msgspec.Struct, frozen=True):
    """How a container's owner wants it shown."""

    index: str = ""
    error: str = ""
    lists: bool = False
    style: str = ""
    label: str = ""
    folder_type: str = "application/directory"

    def __bool__(self) -> bool:
        return bool(self.index or self.error or self.lists)


def shown(call: Call, proceed: Proceed) -> Answer:
    """Answer a browser that looks at a container as a site; every other call passes by."""
    is_asked = call.headers.get("X-Web-Mode", "").lower() in _TRUE
    has_token = bool(call.headers.get("X-Auth-Token")) or call.caller is not None
    if call.method not in {"GET", "HEAD"} or (has_token and not is_asked):
        return proceed(call)
    place = _place(call)
    site = _site(place) if place else Site()
    if place is None or not site or "X-Auth-Token" in call.query:
        return proceed(call)
    visit = _Visit(call, proceed, place, site)
    return visit.folder() if not place.name or place.name.endswith("/") else visit.file()


def _place(call: Call) -> Place | None:
    account, _, rest = call.path.lstrip("/").partition("/")
    container, _, name = rest.partition("/")
    if not container:
        return None
    try:
        return Place(account_of(account)[0], container, name)
    except Fault:
        return None


def _site(place: Place) -> Site:
    boxes = Container.objects.filter(account=place.account, name=place.container)
    known = boxes.values_list("metadata", flat=True).first() or {}
    return Site(
        index=known.get(f"{_PREFIX}Index", ""),
        error=known.get(f"{_PREFIX}Error", ""),
        lists=known.get(f"{_PREFIX}Listings", "").lower() in _TRUE,
        style=known.get(f"{_PREFIX}Listings-Css", ""),
        label=known.get(f"{_PREFIX}Listings-Label", ""),
        folder_type=known.get(f"{_PREFIX}Directory-Type", "") or "application/directory",
    )


class _Visit:
    """One look at a site."""

    def __init__(self, call: Call, proceed: Proceed, place: Place, site: Site) -> None:
        self._call = call
        self._proceed = proceed
        self._place = place
        self._site = site

    def folder(self) -> Answer:
        """Show a folder, or the whole container: its index, else a list."""
        if not self._call.path.endswith("/"):
            return self._moved()
        if self._site.index:
            found = self._get(self._place.name + self._site.index)
            if found.status != 404:
                return self._or_error_page(found)
        if self._site.lists:
            return self._list()
        if not self._place.name and not self._site.index:
            return self._proceed(self._call)
        return self._or_error_page(self._get(self._place.name or self._site.index))

    def file(self) -> Answer:
        """Show a file; what is a folder is shown as one."""
        found = self._proceed(self._call)
        kind = found.headers.get("Content-Type", "").partition(";")[0]
        is_folder = found.status < 300 and kind == self._site.folder_type
        if is_folder or (found.status == 404 and self._has_inside()):
            return self._moved()
        return self._or_error_page(found)

    def _has_inside(self) -> bool:
        if not self._site.index and not self._site.lists:
            return False
        rows = self._rows({"prefix": f"{self._place.name}/", "limit": "1"})
        return isinstance(rows, list) and bool(rows)

    def _moved(self) -> Answer:
        """Send a browser to the address with a slash, so that links in the page are right."""
        target = f"{quote(self._call.whole_path)}/"
        return Answer(301, {"Location": target, "Content-Length": "0"}, b"")

    def _get(self, name: str) -> Answer:
        return self._proceed(self._other(name, {}))

    def _other(self, name: str, query: dict[str, str]) -> Call:
        """Make a request for something else in the container, by the same caller."""
        account = self._call.path.lstrip("/").partition("/")[0]
        path = f"/{account}/{self._place.container}" + (f"/{name}" if name else "")
        meta = {**self._call.meta, "QUERY_STRING": urlencode(query)}
        meta.pop("RAW_URI", None)
        return Call(meta, path)

    def _or_error_page(self, answer: Answer) -> Answer:
        if answer.status not in {401, 403, 404} or not self._site.error:
            return answer
        page = self._get(f"{answer.status}{self._site.error}")
        if page.status >= 300:
            return answer
        page.status = answer.status
        return page

    def _rows(self, query: dict[str, str]) -> "list[dict[str, Any]] | Answer":
        call = self._other("", {"format": "json", "delimiter": "/", **query})
        call.meta["REQUEST_METHOD"] = call.method = "GET"
        answer = self._proceed(call)
        if answer.status != 200 or not isinstance(answer.body, bytes):
            return answer
        return msgspec.json.decode(answer.body, type=list[dict[str, Any]])

    def _list(self) -> Answer:
        found = self._rows({"prefix": self._place.name} if self._place.name else {})
        if isinstance(found, Answer):
            return self._or_error_page(found)
        rows = [one for one in found if one.get("name") != self._place.name]
        if self._place.name and not found:
            return self._or_error_page(self._get(self._place.name))
        body = _page(self._call, self._place.name, self._site, rows).encode()
        headers = {**_HARMLESS, "Content-Length": str(len(body))}
        return Answer(200, headers, b"" if self._call.method == "HEAD" else body)


def _page(call: Call, prefix: str, site: Site, rows: list[dict[str, Any]]) -> str:
    label = site.label and f"{site.label.rstrip('/')}/{prefix}"
    title = escape(f"Listing of {label or call.whole_path}")
    up = '<tr><td colspan="3"><a href="../">../</a></td></tr>\n' if prefix else ""
    inner = "".join(_row(row, len(prefix)) for row in rows)
    return (
        f'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"{_style(prefix, site)}\n</head>\n<body>\n<h1>{title}</h1>\n<table>\n"
        f"<tr><th>Name</th><th>Size</th><th>Date</th></tr>\n{up}{inner}</table>\n</body>\n</html>\n"
    )


def _style(prefix: str, site: Site) -> str:
    if not site.style:
        return f'<style type="text/css">{_STYLE}</style>'
    is_far = site.style.startswith(("/", "http://", "https://"))
    href = site.style if is_far else "../" * prefix.count("/") + site.style
    return f'<link rel="stylesheet" type="text/css" href="{escape(href)}" />'


def _row(row: dict[str, Any], skipped: int) -> str:
    name = str(row.get("subdir") or row.get("name"))[skipped:]
    link = f'<a href="{escape(_relative(name))}">{escape(name)}</a>'
    if "subdir" in row:
        return f'<tr><td colspan="3">{link}</td></tr>\n'
    size, date = human_size(int(row["bytes"])), str(row["last_modified"])[:19].replace("T", " ")
    return f"<tr><td>{link}</td><td>{size}</td><td>{date}</td></tr>\n"


def _relative(name: str) -> str:
    """Write a link that a browser takes for nothing but a name."""
    return f"./{quote(name)}" if ":" in name or name.startswith("/") else quote(name)
