"""Filters, order, paging and fields of every list here. Spec: openstack-api 9."""

from collections.abc import Iterable
from urllib.parse import urlencode

from synnefo.cyclades.api.network.views import View
from synnefo.kit.faults import BadRequest
from synnefo.serve.http import Call
from synnefo.serve.http.paging import limit_of, marker_of

_CONTROLS = frozenset(
    {"fields", "sort_key", "sort_dir", "limit", "marker", "page_reverse", "changes-since"}
)
_YES = frozenset({"true", "1", "yes", ""})
_NO = frozenset({"false", "0", "no"})


def select(call: Call, kind: str, views: Iterable[View]) -> View:
    """Answer one page of a list as the query asks for it."""
    kept = [view for view in views if _fits(view, call.query)]
    _sort(kept, call)
    page, more = _page(kept, call)
    answer: View = {kind: [narrowed(call, view) for view in page]}
    if more:
        query = {**{k: v[0] for k, v in call.query.items()}, "marker": str(page[-1]["id"])}
        href = f"{call.public_base}{call.request.path}?{urlencode(query)}"
        answer[f"{kind}_links"] = [{"rel": "next", "href": href}]
    return answer


def narrowed(call: Call, view: View) -> View:
    """Keep the fields that the query names."""
    wanted = call.query.get("fields")
    return {k: v for k, v in view.items() if k in wanted} if wanted else view


def _fits(view: View, query: dict[str, list[str]]) -> bool:
    for name, values in query.items():
        if name in _CONTROLS:
            continue
        if name == "fixed_ips":
            if not _has_addresses(view, values):
                return False
        elif name in view and not any(_equal(view[name], value) for value in values):
            return False
    return True


def _has_addresses(view: View, values: list[str]) -> bool:
    held = view.get("fixed_ips")
    pairs = [value.partition("=")[::2] for value in values]
    return isinstance(held, list) and all(
        any(str(one.get(key)) == wanted for one in held) for key, wanted in pairs
    )


def _equal(actual: object, wanted: str) -> bool:
    if isinstance(actual, bool):
        return wanted.lower() in (_YES if actual else _NO)
    if isinstance(actual, list):
        return wanted in actual
    return ("" if actual is None else str(actual)) == wanted


def _sort(views: list[View], call: Call) -> None:
    keys, directions = call.query.get("sort_key", []), call.query.get("sort_dir", [])
    for index in reversed(range(len(keys))):
        key = keys[index]
        down = index < len(directions) and directions[index] == "desc"
        views.sort(key=lambda view: str(view.get(key) or ""), reverse=down)


def _page(views: list[View], call: Call) -> tuple[list[View], bool]:
    marker, limit = marker_of(call), limit_of(call)
    start = 0
    if marker is not None:
        ids = [view["id"] for view in views]
        if marker not in ids:
            raise BadRequest(f"There is no '{marker}' to list from.")
        start = ids.index(marker) + 1
    if not limit:
        return views[start:], False
    return views[start : start + limit], start + limit < len(views)
