"""What commands share: their session, their output options, filters. Spec: kamaki 3."""

import functools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from kamaki.errors import KamakiError
from kamaki.session import begin
from synnefo.kit.faults import ItemNotFound

F = TypeVar("F", bound=Callable[..., Any])
Row = Mapping[str, Any]

UNKNOWN = {
    "server": "No server(s) with ID {}",
    "image": "No image with ID {}",
    "flavor": "No flavor with ID {}",
    "keypair": "No keypair with name {}",
    "network": "No network with id {} found",
    "subnet": "No subnet with id {} found",
    "port": "No port with id {} found",
    "ip": "No floating IP with ID {} found",
}


def as_session(command: Callable[..., None]) -> Callable[..., None]:
    """Hand a command its session with the chosen cloud."""

    @functools.wraps(command)
    def run(ctx: click.Context, /, **given: Any) -> None:
        command(begin(ctx.obj), **given)

    return click.pass_context(run)


def formatted(command: F) -> F:
    """Add `--output-format json` and `-j`; the command gets `output_format`."""

    def chosen(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
        return value or ("json" if ctx.meta.get("json") else None)

    def short(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value:
            ctx.meta["json"] = True

    command = click.option(
        "-j", "--json", is_flag=True, is_eager=True, expose_value=False, callback=short,
        help="The same as --output-format json.",
    )(command)  # fmt: skip
    return click.option(
        "--output-format",
        type=click.Choice(["json"]),
        callback=chosen,
        help="json: the raw answer.",
    )(command)


def filtered(command: F) -> F:
    """Add the filters by name and id; the command gets them as keywords."""
    for field in ("id", "name"):
        for kind in ("like", "suffix", "prefix", ""):
            flag = f"--{field}-{kind}" if kind else f"--{field}"
            told = f"Only where the {field} {SAID[kind]} TEXT."
            command = click.option(flag, metavar="TEXT", help=told)(command)
    return command


SAID = {"": "is", "prefix": "begins with", "suffix": "ends with", "like": "contains"}
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "": lambda value, wanted: value.lower() == wanted.lower(),
    "prefix": lambda value, wanted: value.startswith(wanted),
    "suffix": lambda value, wanted: value.endswith(wanted),
    "like": lambda value, wanted: wanted.lower() in value.lower(),
}


def keep(rows: Iterable[Row], **filters: Any) -> list[Row]:
    """Keep the rows that fit every filter by name and id. Spec: kamaki 3.3."""
    wanted = [
        (field, _TESTS[kind], text)
        for field in ("id", "name")
        for kind in _TESTS
        if (text := filters.get(f"{field}_{kind}" if kind else field))
    ]
    return [
        row
        for row in rows
        if all(fits(str(row.get(field, "")), text) for field, fits, text in wanted)
    ]


def same(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """Keep the rows whose fields are what is wanted, capitals or not; None wants nothing."""
    asked = {key: str(value).lower() for key, value in wanted.items() if value is not None}
    return [
        row
        for row in rows
        if all(str(row.get(key, "")).lower() == value for key, value in asked.items())
    ]


def with_pairs(
    rows: Iterable[Row], field: str, pairs: Mapping[str, str], *, like: bool = False
) -> list[Row]:
    """Keep the rows that have these pairs among their metadata, as a part with `like`."""
    fits = _TESTS["like"] if like else operator.eq

    def has_all(row: Row) -> bool:
        held = {str(key).lower(): str(value) for key, value in row.get(field, {}).items()}
        return all(fits(held.get(key.lower(), ""), value) for key, value in pairs.items())

    return [row for row in rows if has_all(row)]


@contextmanager
def known(what: str, thing_id: str) -> Iterator[None]:
    """Say plainly that a thing is not there, and how to list what is. Spec: kamaki 4."""
    try:
        yield
    except ItemNotFound as error:
        raise KamakiError(
            UNKNOWN[what].format(thing_id),
            details=[f"To list them: kamaki {what} list"],
        ) from error
