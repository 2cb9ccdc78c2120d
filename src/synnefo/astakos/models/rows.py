"""Rows found and written by statements that are composed once and planned once.

For what every sign-in does: composing a query anew through the ORM costs several times more than
running it (identity 22, L9). What comes out are ordinary rows with all their columns.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connections, models, router

from synnefo.serve.statements import fetch

Row = TypeVar("Row", bound=models.Model)
Convert = Callable[[Any], Any]


def find(kind: type[Row], where: str, values: Sequence[Any]) -> list[Row]:
    """Find rows by a condition in SQL, in constant words; `r` names the row.

    ORDER BY and LIMIT may follow the condition.
    """
    alias = router.db_for_read(kind)
    found = fetch(alias, _select(kind, where), values)
    names, steps = _names(kind), converters(kind, _names(kind), alias)
    return [kind.from_db(alias, names, converted(row, steps)) for row in found]


def insert(row: models.Model) -> None:
    """Write a new row, past signals and hooks; its key is known afterwards."""
    kind = type(row)
    alias = router.db_for_write(kind)
    connection = connections[alias]
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection) for field in _written(kind)
    ]
    row.pk = fetch(alias, _insert(kind), values)[0][0]
    row._state.adding, row._state.db = False, alias


def stamp(kind: type[models.Model], moment: datetime) -> Any:
    """Write a moment as the database of a table takes it."""
    return connections[router.db_for_write(kind)].ops.adapt_datetimefield_value(moment)


def converters(
    kind: type[models.Model], names: Sequence[str], alias: str
) -> tuple[Convert | None, ...]:
    """Find out, per column, how a database's values become Python's."""
    return _converters(kind, tuple(names), alias)


def converted(values: Sequence[Any], steps: Sequence[Convert | None]) -> list[Any]:
    """Make Python's values of one row's."""
    return [
        value if step is None else step(value) for value, step in zip(values, steps, strict=True)
    ]


@lru_cache(maxsize=64)
def _names(kind: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in kind._meta.concrete_fields)


@lru_cache(maxsize=64)
def _written(kind: type[models.Model]) -> tuple[Any, ...]:
    return tuple(field for field in kind._meta.concrete_fields if not field.primary_key)


@lru_cache(maxsize=256)
def _select(kind: type[models.Model], where: str) -> str:
    columns = ", ".join(f'r."{field.column}"' for field in kind._meta.concrete_fields)
    return f"SELECT {columns} FROM {kind._meta.db_table} r WHERE {where}"  # noqa: S608 - own names


@lru_cache(maxsize=64)
def _insert(kind: type[models.Model]) -> str:
    columns = ", ".join(f'"{field.column}"' for field in _written(kind))
    marks = ", ".join(["%s"] * len(_written(kind)))
    key = kind._meta.pk
    assert key is not None
    return (
        f"INSERT INTO {kind._meta.db_table} ({columns}) VALUES ({marks})"  # noqa: S608 - own names
        f' RETURNING "{key.column}"'
    )


@lru_cache(maxsize=256)
def _converters(
    kind: type[models.Model], names: tuple[str, ...], alias: str
) -> tuple[Convert | None, ...]:
    by_name = {field.attname: field for field in kind._meta.concrete_fields}
    return tuple(_converter(by_name[name], alias) for name in names)


def _converter(field: Any, alias: str) -> Convert | None:
    column, connection = field.get_col("r"), connections[alias]
    steps = connection.ops.get_db_converters(column) + field.get_db_converters(connection)
    if not steps:
        return None

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert
