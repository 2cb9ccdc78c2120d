"""Tables for terminals: columns lined up for people, CSV and JSON for programs."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from synnefo.kit.units import human_size

FORMATS = ("pretty", "table", "csv", "json")


def cell(value: Any) -> str:
    """Write one value as a terminal shows it; times are UTC, to the second."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list | tuple | set):
        return ", ".join(cell(item) for item in value) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key}={cell(item)}" for key, item in value.items()) or "-"
    return plain(str(value))


def plain(text: str) -> str:
    """Write control characters so that no terminal obeys them."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def size_cell(value: int | None) -> str:
    """Write a number of bytes, or a dash."""
    return "-" if value is None else human_size(value)


def render(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    output_format: str = "pretty",
    *,
    headers: bool = True,
) -> str:
    """Write rows as a table, CSV or JSON; the columns give the order."""
    if output_format == "json":
        picked = [{name: row.get(name) for name in columns} for row in rows]
        return json.dumps(picked, indent=2, default=str)
    if output_format == "csv":
        return _csv(rows, columns, headers=headers)
    return _pretty(rows, columns, headers=headers)


def _csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, headers: bool) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if headers:
        writer.writerow(columns)
    writer.writerows([[_csv_cell(row.get(c)) for c in columns] for row in rows])
    return out.getvalue().rstrip("\n")


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    return plain(value) if isinstance(value, str) else value


def _pretty(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, headers: bool) -> str:
    lines = [[cell(row.get(name)) for name in columns] for row in rows]
    widths = [
        max([len(name) if headers else 0, *(len(line[i]) for line in lines)])
        for i, name in enumerate(columns)
    ]
    out = []
    if headers:
        out.append("  ".join(n.rjust(w) for n, w in zip(columns, widths, strict=True)))
        out.append("  ".join("-" * w for w in widths))
    out += ["  ".join(v.rjust(w) for v, w in zip(ln, widths, strict=True)) for ln in lines]
    return "\n".join(out)


def render_pairs(pairs: Mapping[str, Any], output_format: str = "pretty") -> str:
    """Write one thing's facts, a line each."""
    if output_format == "json":
        return json.dumps(dict(pairs), indent=2, default=str)
    if output_format == "csv":
        rows = [{"key": key, "value": value} for key, value in pairs.items()]
        return _csv(rows, ("key", "value"), headers=False)
    return "\n".join(f"{key}: {cell(value)}" for key, value in pairs.items())
