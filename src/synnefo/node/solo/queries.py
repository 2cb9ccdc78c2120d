"""Ganeti's query language, as far as it is asked for: fields, and filters by value."""

import re
from collections.abc import Sequence
from typing import Any

from synnefo.node.solo.requests import Refusal

_NORMAL, _UNKNOWN = 0, 1


def answer(
    rows: Sequence[dict[str, Any]], fields: Sequence[str], qfilter: list[Any] | None
) -> dict[str, Any]:
    """Answer chosen fields of the rows that pass a filter."""
    chosen = [row for row in rows if qfilter is None or _passes(row, qfilter)]
    return {
        "data": [[_cell(row, field) for field in fields] for row in chosen],
        "fields": [
            {"name": field, "title": field, "kind": "other", "doc": field} for field in fields
        ],
    }


def _cell(row: dict[str, Any], field: str) -> list[Any]:
    return [_NORMAL, row[field]] if field in row else [_UNKNOWN, None]


def _passes(row: dict[str, Any], qfilter: list[Any]) -> bool:
    if not qfilter or not isinstance(qfilter, list):
        raise Refusal(400, f"Invalid filter: {qfilter}")
    operator, *rest = qfilter
    if operator == "|":
        return any(_passes(row, one) for one in rest)
    if operator == "&":
        return all(_passes(row, one) for one in rest)
    if operator == "!" and len(rest) == 1:
        return not _passes(row, rest[0])
    if operator == "?" and len(rest) == 1:
        return bool(row.get(str(rest[0])))
    if len(rest) != 2:
        raise Refusal(400, f"Invalid filter: {qfilter}")
    return _compare(str(operator), row.get(str(rest[0])), rest[1])


def _compare(operator: str, value: Any, wanted: Any) -> bool:
    if operator == "=~":
        return re.search(str(wanted), str(value)) is not None
    if operator == "=[]":
        return isinstance(value, list) and wanted in value
    if operator in {"=", "=="}:
        return bool(value == wanted)
    if operator == "!=":
        return bool(value != wanted)
    raise Refusal(400, f"Unknown filter operator '{operator}'")
