"""What every `snf-manage` command shares: options, tables, questions. Spec: operations 6.1."""

import operator
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.kit import tables

_OPERATORS: list[tuple[str, Callable[[Any, Any], bool]]] = [
    (">=", operator.ge),
    ("=>", operator.ge),
    ("<=", operator.le),
    ("=<", operator.le),
    ("!=", operator.ne),
    ("=", operator.eq),
    (">", operator.gt),
    ("<", operator.lt),
]


def add_output_options(parser: ArgumentParser) -> None:
    """Add `--output-format` for people and programs."""
    parser.add_argument(
        "--output-format",
        default="pretty",
        choices=tables.FORMATS,
        metavar="FORMAT",
        help="pretty (a table, the default), csv or json",
    )


def add_list_options(parser: ArgumentParser) -> None:
    """Add the options of every list: columns, filters, headers."""
    add_output_options(parser)
    parser.add_argument("-o", "--output", metavar="FIELDS", help="comma-separated columns to show")
    parser.add_argument("--list-fields", action="store_true", help="list the columns and leave")
    parser.add_argument(
        "--filter-by",
        metavar="FILTERS",
        help='comma-separated conditions, such as "state=ACTIVE,cpu>=2"',
    )
    parser.add_argument(
        "--list-filters", action="store_true", help="list what can be filtered by and leave"
    )
    parser.add_argument("--no-headers", action="store_true", help="leave the headers out")


def print_list(
    command: BaseCommand,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    options: Mapping[str, Any],
    *,
    fields: Sequence[str] = (),
) -> None:
    """Print rows as the options ask; `fields` are columns that are shown only when named."""
    known = list(dict.fromkeys([*columns, *fields]))
    if options.get("list_fields") or options.get("list_filters"):
        command.stdout.write("\n".join(known))
        return
    picked = _columns(options.get("output"), columns, known)
    kept = [row for row in rows if _fits(row, _conditions(options.get("filter_by"), known))]
    text = tables.render(
        kept, picked, options["output_format"], headers=not options.get("no_headers")
    )
    if text:
        command.stdout.write(text)


def print_one(command: BaseCommand, pairs: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Print one thing's facts."""
    command.stdout.write(tables.render_pairs(pairs, options["output_format"]))


def confirm(question: str, *, force: bool) -> None:
    """Ask before what cannot be undone; CommandError when the answer is not yes."""
    if force:
        return
    if input(f"{question} [y/N] ").strip().lower() not in {"y", "yes"}:
        raise CommandError("Nothing was changed.")


def each(command: BaseCommand, items: Iterable[str], act: Callable[[str], None]) -> None:
    """Do something to each item; those that fail are told, and the command then exits 1."""
    failed = 0
    for item in items:
        try:
            act(item)
        except CommandError as error:
            failed += 1
            command.stderr.write(f"{item}: {error}")
    if failed:
        raise CommandError(f"{failed} failed.")


def _columns(asked: str | None, columns: Sequence[str], known: Sequence[str]) -> list[str]:
    if not asked:
        return list(columns)
    picked = [name.strip() for name in asked.split(",") if name.strip()]
    unknown = [name for name in picked if name not in known]
    if unknown:
        raise CommandError(f"No column named {', '.join(unknown)}. There are: {', '.join(known)}.")
    return picked


def _conditions(
    text: str | None, known: Sequence[str]
) -> list[tuple[str, Callable[[Any, Any], bool], str]]:
    return [_condition(part, known) for part in (text or "").split(",") if part.strip()]


def _condition(part: str, known: Sequence[str]) -> tuple[str, Callable[[Any, Any], bool], str]:
    for sign, compare in _OPERATORS:
        name, found, value = part.partition(sign)
        if found:
            if name.strip() not in known:
                raise CommandError(f"No column named {name.strip()} to filter by.")
            return name.strip(), compare, value.strip()
    raise CommandError(f"'{part}' is no condition. Write NAME=VALUE; also != > >= < <=.")


def _fits(
    row: Mapping[str, Any], conditions: Sequence[tuple[str, Callable[[Any, Any], bool], str]]
) -> bool:
    return all(_holds(row.get(name), compare, value) for name, compare, value in conditions)


def _holds(actual: Any, compare: Callable[[Any, Any], bool], wanted: str) -> bool:
    if isinstance(actual, bool):
        return compare(actual, wanted.lower() in {"true", "yes", "t", "y", "1"})
    if isinstance(actual, int | float):
        try:
            return compare(actual, float(wanted))
        except ValueError:
            return False
    return compare(str(actual), wanted)
