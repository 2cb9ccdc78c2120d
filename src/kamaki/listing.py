"""Listing containers and files page by page, and how a line of them looks. Spec: kamaki 3.1."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from kamaki.output import INDENT, clean, emit_dict, size
from kamaki.places import FOLDERS, Place, missing
from synnefo.clients.http import Http
from synnefo.kit.faults import ItemNotFound

Row = dict[str, Any]
Query = Mapping[str, str | int]
PAGE = 10000


def pages(http: Http, place: Place | None, query: Query, *, number: int | None) -> list[Row]:
    """List up to `number` rows of a container, or of the account when no place is given."""
    try:
        found = _rows(http, place.path if place else "", query)
        return [row for row, _index in zip(found, range(number or 2**62), strict=False)]
    except ItemNotFound as error:
        if place is None:
            raise
        raise missing(place) from error


def _rows(http: Http, path: str, query: Query) -> Iterator[Row]:
    marker = str(query.get("marker", ""))
    while True:
        asked = {**query, "marker": marker, "limit": PAGE, "format": "json"}
        rows = http.read("GET", path, list[Row], query=asked)
        yield from rows
        if len(rows) < PAGE:
            return
        marker = _name(rows[-1])


def _name(row: Row) -> str:
    return str(row.get("name") or row.get("subdir", ""))


def is_folder(row: Row) -> bool:
    """Tell whether a row is a directory, real or rolled up."""
    return "subdir" in row or row.get("content_type", "").partition(";")[0] in FOLDERS


def without_doubles(rows: list[Row]) -> list[Row]:
    """Drop a rolled-up folder that stands in the list as a directory object too."""
    real = {row["name"] for row in rows if "name" in row and is_folder(row)}
    return [row for row in rows if row.get("subdir", "").rstrip("/") not in real]


def show_file(row: Row, *, is_detailed: bool) -> None:
    """Print a file, or a directory with its mark."""
    name = clean(_name(row))
    if is_folder(row):
        click.echo(f"{'D':>9} {name.rstrip('/')}/")
    elif not is_detailed:
        click.echo(f"{size(row.get('bytes', 0)):>9} {name}")
    else:
        click.echo(click.style(name, bold=True))
    if is_detailed:
        _show_rest(row)


def show_container(row: Row, *, is_detailed: bool) -> None:
    """Print a container with what it holds."""
    held = f"({size(row.get('bytes', 0))}, {row.get('count', 0)} objects)"
    click.echo(f"{clean(row['name'])} {held}")
    if is_detailed:
        _show_rest(row)


def _show_rest(row: Row) -> None:
    told = {key: value for key, value in row.items() if key not in {"name", "subdir"}}
    if "bytes" in told:
        told["bytes"] = f"{told['bytes']} ({size(told['bytes'])})"
    emit_dict(told, depth=1)


def numbered(index: int, *, enumerate_: bool) -> None:
    """Print the number of a row when that is wanted."""
    if enumerate_:
        click.echo(f"{index}. ".rjust(INDENT), nl=False)
