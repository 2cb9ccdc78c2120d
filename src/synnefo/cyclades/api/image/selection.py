"""Filters, order and paging of the list of images. Spec: openstack-api 7."""

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

from synnefo.cyclades.api.image.views import View, is_listed, of_image
from synnefo.cyclades.domain.images import Image, Visibility
from synnefo.kit.faults import BadRequest
from synnefo.kit.units import is_number
from synnefo.serve.http import Call
from synnefo.serve.http.paging import limit_of, marker_of

SORT_KEYS = frozenset(
    {
        "name",
        "status",
        "container_format",
        "disk_format",
        "size",
        "id",
        "created_at",
        "updated_at",
    }
)
_CONTROLS = frozenset({"limit", "marker", "sort", "sort_key", "sort_dir", "member_status"})
_COMPARE: dict[str, Callable[[datetime, datetime], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "neq": operator.ne,
}
_WHEN = frozenset({"created_at", "updated_at"})


def select(call: Call, images: list[Image]) -> View:
    """Answer one page of the list as the query asks for it."""
    found = [of_image(image) for image in images if _is_asked(call, image)]
    kept = [view for view in found if _fits(view, call.query)]
    _sort(kept, call)
    page, more = _page(kept, call)
    query = {k: v for k, v in call.query.items() if k != "marker"}
    first = f"/v2/images?{urlencode(query, doseq=True)}" if query else "/v2/images"
    answer: View = {"images": page, "first": first, "schema": "/v2/schemas/images"}
    if more:
        pairs = {**query, "marker": [str(page[-1]["id"])]}
        answer["next"] = f"/v2/images?{urlencode(pairs, doseq=True)}"
    return answer


def _is_asked(call: Call, image: Image) -> bool:
    visibility = call.arg("visibility")
    if image.hidden is not (call.arg("os_hidden", "false") or "").lower().startswith("t"):
        return False
    who = (call.who.user_id, call.who.project_id)
    if visibility in {Visibility.COMMUNITY, "all"} and image.visibility is Visibility.COMMUNITY:
        return True
    if call.arg("id") or call.arg("name"):
        return is_listed(image, who, "all")
    return is_listed(image, who, call.arg("member_status") or "accepted")


def _fits(view: View, query: dict[str, list[str]]) -> bool:
    return all(
        _matches(view, name, value)
        for name, values in query.items()
        if name not in _CONTROLS and name != "os_hidden"
        for value in values
    )


def _matches(view: View, name: str, value: str) -> bool:
    if name == "visibility":
        return value == "all" or view["visibility"] == value
    if name == "tag":
        tags = view["tags"]
        return isinstance(tags, list) and value in tags
    if name in {"size_min", "size_max"}:
        return _within(view["size"], name, value)
    if name in _WHEN:
        return _when(str(view[name]), value)
    actual = view.get(name)
    if isinstance(actual, bool):
        return value.lower() == str(actual).lower()
    wanted = value[3:].split(",") if value.startswith("in:") else [value]
    return ("" if actual is None else str(actual)) in [one.strip('"') for one in wanted]


def _within(size: object, name: str, value: str) -> bool:
    if not is_number(value):
        raise BadRequest(f"'{name}' must be a whole number.")
    if not isinstance(size, int):
        return False
    return size >= int(value) if name == "size_min" else size <= int(value)


def _when(actual: str, value: str) -> bool:
    sign, found, text = value.partition(":")
    if not found or sign not in _COMPARE:
        sign, text = "eq", value
    try:
        wanted = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"'{text}' is not a time.") from error
    wanted = wanted.replace(tzinfo=UTC) if wanted.tzinfo is None else wanted
    return _COMPARE[sign](datetime.fromisoformat(actual), wanted)


def _sort(views: list[View], call: Call) -> None:
    for key, down in reversed(_orders(call)):
        if key not in SORT_KEYS:
            raise BadRequest(f"Images cannot be sorted by '{key}'.")
        views.sort(key=lambda view: _rank(view.get(key)), reverse=down)


def _rank(value: object) -> tuple[int, int, str]:
    if isinstance(value, int):
        return (1, value, "")
    return (0, 0, "") if value is None else (2, 0, str(value))


def _orders(call: Call) -> list[tuple[str, bool]]:
    text = call.arg("sort")
    if text:
        pairs = [part.partition(":") for part in text.split(",")]
        return [(key, direction != "asc") for key, _, direction in pairs]
    keys = call.query.get("sort_key", []) or ["created_at"]
    told = call.query.get("sort_dir", [])
    directions = told * len(keys) if len(told) == 1 else told
    pairs2 = [(k, directions[i] if i < len(directions) else "desc") for i, k in enumerate(keys)]
    return [*((key, way != "asc") for key, way in pairs2), ("id", True)]


def _page(views: list[View], call: Call) -> tuple[list[View], bool]:
    marker, limit = marker_of(call), limit_of(call)
    start = 0
    if marker is not None:
        ids = [view["id"] for view in views]
        if marker not in ids:
            raise BadRequest(f"There is no image '{marker}' to list from.")
        start = ids.index(marker) + 1
    if limit is None:
        return views[start:], False
    return views[start : start + limit], start + limit < len(views) and limit > 0
