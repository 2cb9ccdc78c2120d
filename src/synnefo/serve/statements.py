"""Hot statements, written by hand and planned once for each connection.

PostgreSQL plans a prepared statement once and keeps the plan; the ORM's cursors send values inside
the text, so there each call is parsed and planned anew. On SQLite it is an ordinary statement, and
the driver of PostgreSQL, nearly 10 MiB, stays out of the process.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

POSTGRESQL = "postgresql"
_ONLY_WHEN_ASKED = 1 << 30
"""Django forbids preparing at all; a threshold that is never reached prepares what asks for it."""
UNCONCERNED: set[Any] = set()
"""Watchers of statements that those sent here are none of the business of."""


def is_postgresql(alias: str) -> bool:
    """Tell whether a database is PostgreSQL, which can more in one statement."""
    vendor: str = connections[alias].vendor
    return vendor == POSTGRESQL


def fetch(alias: str, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run a statement in the transaction that is open, if one is; answer the rows it brings."""
    connection = connections[alias]
    if not UNCONCERNED.issuperset(connection.execute_wrappers):
        return _watched(connection, sql, values)
    if connection.vendor == POSTGRESQL:
        return _prepared(connection, sql, values)
    return _plain(connection, sql, values)


def _watched(
    connection: BaseDatabaseWrapper, sql: str, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """Run a statement where those see it who look at every statement, as tests do."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else []


def _plain(
    connection: BaseDatabaseWrapper, sql: str, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """Run a statement on SQLite's own connection; Django's cursors cost more than most answers."""
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    raw: sqlite3.Connection = connection.connection
    with connection.wrap_database_errors:
        return raw.execute(_with_marks(sql), values).fetchall()


@lru_cache(maxsize=512)
def _with_marks(sql: str) -> str:
    """Write a statement's places for values as SQLite has them."""
    return (sql.replace("%%", "\0").replace("%s", "?")).replace("\0", "%")


def _prepared(
    connection: BaseDatabaseWrapper, sql: str, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    raw = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = _ONLY_WHEN_ASKED
    with connection.wrap_database_errors:
        cursor = _driver(connection).Cursor(raw).execute(sql, values, prepare=True)
        return cursor.fetchall() if cursor.description else []


def _driver(connection: Any) -> Any:
    """Answer the module by which Django speaks to a database."""
    return connection.Database
