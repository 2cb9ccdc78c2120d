"""Rows of models by hand-written statements: read in one, written together in one.

What a hot path reads and writes costs more in the ORM and in round trips than in the database.
The columns come from the models, so a new one needs nothing here.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connections, models, transaction

from synnefo.serve.statements import fetch, is_postgresql

Row = TypeVar("Row", bound=models.Model)
Convert = Callable[[Any, Any, Any], Any]


def read(
    model: type[Row], tail: str, values: Sequence[Any] = (), *, beside: Sequence[str] = ()
) -> list[Row]:
    """Read rows of a model, called `t` in what follows the FROM, such as `WHERE t.id = %s`.

    The rows that the foreign keys of `beside` point to are read too.
    """
    rows = fetch(model._meta.app_label, f"{_selection(model, tuple(beside))} {tail}", values)
    if not beside:
        return [_made(model, row) for row in rows]
    return [_joined(model, row, beside) for row in rows]


def _joined(model: type[Row], row: Sequence[Any], beside: Sequence[str]) -> Row:
    width = len(_names(model))
    found, rest = _made(model, row[:width]), row[width:]
    for name in beside:
        other = _other(model, name)
        width = len(_names(other))
        own, rest = rest[:width], rest[width:]
        is_there = getattr(found, _key(model, name).attname) is not None
        setattr(found, name, _made(other, own) if is_there else None)
    return found


def _key(model: type[models.Model], name: str) -> "models.ForeignKey[Any, Any]":
    field = model._meta.get_field(name)
    if not isinstance(field, models.ForeignKey):
        raise TypeError(f"{name} is no foreign key of {model.__name__}.")
    return field


def _other(model: type[models.Model], name: str) -> type[models.Model]:
    other: type[models.Model] = _key(model, name).related_model
    return other


@cache
def _selection(model: type[models.Model], beside: tuple[str, ...]) -> str:
    columns, places = [_columns(model, "t")], [f"{_table(model)} t"]
    for number, name in enumerate(beside):
        other = _other(model, name)
        columns.append(_columns(other, f"b{number}"))
        key = f'b{number}."{other._meta.pk.column}" = t."{_key(model, name).column}"'
        places.append(f"LEFT JOIN {_table(other)} b{number} ON {key}")
    return f"SELECT {', '.join(columns)} FROM {' '.join(places)}"  # noqa: S608 - the models' own


def locked(row: Row) -> Row:
    """Read a row again and lock it in the open transaction, as SQLite's writers all are."""
    model = type(row)
    key = model._meta.pk.column
    lock = "FOR UPDATE" if is_postgresql(model._meta.app_label) else ""
    (found,) = read(model, f'WHERE t."{key}" = %s {lock}', [row.pk])
    return found


def values_of(row: models.Model) -> list[Any]:
    """Answer what a row holds, to tell later what was changed."""
    return [getattr(row, name) for name in _names(type(row))]


def write_changes(row: models.Model, before: list[Any]) -> None:
    """Write what a row holds now and did not `before`."""
    meta, alias = row._meta, row._meta.app_label
    changed = [
        field
        for field, old in zip(meta.concrete_fields, before, strict=True)
        if getattr(row, field.attname) != old
    ]
    if not changed:
        return
    columns = ", ".join(f'"{field.column}" = %s' for field in changed)
    statement = f'UPDATE {_table(type(row))} SET {columns} WHERE "{meta.pk.column}" = %s'  # noqa: S608
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connections[alias])
        for field in changed
    ]
    fetch(alias, statement, [*values, row.pk])


def _made(model: type[Row], row: Sequence[Any]) -> Row:
    alias = model._meta.app_label
    values = list(row)
    for place, expression, converters in _converters(model, connections[alias].vendor):
        for convert in converters:
            values[place] = convert(values[place], expression, connections[alias])
    return model.from_db(alias, _names(model), values)


@cache
def _names(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _table(model: type[models.Model]) -> str:
    return f'"{model._meta.db_table}"'


@cache
def _columns(model: type[models.Model], name: str) -> str:
    return ", ".join(f'{name}."{field.column}"' for field in model._meta.concrete_fields)


@cache
def _converters(model: type[models.Model], _vendor: str) -> list[tuple[int, Any, list[Convert]]]:
    """List what turns a database's values into the model's, for the columns that need it."""
    connection = connections[model._meta.app_label]
    found = []
    for place, field in enumerate(model._meta.concrete_fields):
        expression = field.get_col(model._meta.db_table)
        converters = [
            *connection.ops.get_db_converters(expression),
            *expression.get_db_converters(connection),
        ]
        if converters:
            found.append((place, expression, converters))
    return found


def insert(root: models.Model, others: Callable[[], Iterable[models.Model]]) -> None:
    """Insert a row and those that go with it, all or none.

    `others` is called when the root has its key. On PostgreSQL it is one statement, which is a
    transaction of its own where none is open; the keys of the others are not read back there.
    """
    alias = root._meta.app_label
    if not is_postgresql(alias):
        with transaction.atomic(using=alias, savepoint=False):
            root.save(force_insert=True)
            for row in others():
                row.save(force_insert=True)
        return
    if root.pk is None:
        root.pk = fetch(alias, _NEXT, [root._meta.db_table, root._meta.pk.column])[0][0]
    rows = [root, *others()]
    shape = tuple((type(row), row.pk is not None) for row in rows)
    connection = connections[alias]
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row, (model, keyed) in zip(rows, shape, strict=True)
        for field in _written(model, keyed=keyed)
    ]
    fetch(alias, _insertion(shape), values)
    for row in rows:
        row._state.adding, row._state.db = False, alias


_NEXT = "SELECT nextval(pg_get_serial_sequence(%s, %s))"


@cache
def _written(model: type[models.Model], *, keyed: bool) -> "list[models.Field[Any, Any]]":
    """List the columns that are given; the database makes a key that is missing."""
    return [field for field in model._meta.concrete_fields if keyed or not field.primary_key]


@cache
def _insertion(shape: tuple[tuple[type[models.Model], bool], ...]) -> str:
    parts = []
    for model, keyed in shape:
        fields = _written(model, keyed=keyed)
        columns = ", ".join(f'"{field.column}"' for field in fields)
        marks = ", ".join(["%s"] * len(fields))
        parts.append(f"INSERT INTO {_table(model)} ({columns}) VALUES ({marks})")  # noqa: S608
    *first, last = parts
    named = ", ".join(f"r{number} AS ({part})" for number, part in enumerate(first))
    return f"WITH {named} {last}" if first else last
