"""Hot statements, written by hand and planned once for each connection.

PostgreSQL plans a prepared statement once and keeps the plan; the ORM's cursors send values inside
the text, so there each call is parsed and planned anew. On SQLite it is an ordinary statement.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

POSTGRESQL = "postgresql"
_ONLY_WHEN_ASKED = 1 << 30
"""Django forbids preparing at all; a threshold that is never reached prepares what asks for it."""


def fetch(alias: str, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Run a statement that answers rows, in the transaction that is open, if one is."""
    connection = connections[alias]
    if connection.vendor == POSTGRESQL:
        return _prepared(connection, sql, values)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _prepared(
    connection: BaseDatabaseWrapper, sql: str, values: Sequence[object]
) -> list[tuple[Any, ...]]:
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    raw: psycopg.Connection[tuple[Any, ...]] = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = _ONLY_WHEN_ASKED
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(raw)
        return cursor.execute(sql, values, prepare=True).fetchall()
