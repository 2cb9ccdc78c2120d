"""A durable bus on one machine without a broker: one SQLite file that every process opens.

A message is a row; taking it sets a lease that its consumer's death lets run out. Waiting
consumers watch the file's change counter, so an idle bus costs one cheap query a few times a
second.
"""

import contextlib
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from synnefo.bus.port import Binding, BusUnreachable
from synnefo.bus.topics import matches
from synnefo.kit.retry import retry

LEASE_SECONDS = 120.0
"""How long a consumer may hold a message before it counts as dead."""
LOCK_SECONDS = 20.0
"""How long a writer waits for the file; a lease it meets may have been made that much later."""
RETRY_SECONDS = 1.0
"""The pause before a message that was given back comes again."""
POLL_SECONDS = 0.05

_SCHEMA = """
CREATE TABLE IF NOT EXISTS queue (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS binding (
    queue TEXT NOT NULL, exchange TEXT NOT NULL, routing_key TEXT NOT NULL,
    PRIMARY KEY (queue, exchange, routing_key));
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, routing_key TEXT NOT NULL,
    body BLOB NOT NULL, deliveries INTEGER NOT NULL DEFAULT 0, ready_at REAL NOT NULL DEFAULT 0,
    revived INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS message_by_queue ON message (queue, id);
"""


Row = tuple[int, str, str, bytes, int, int]


class LocalDelivery:
    """A message leased from the file."""

    def __init__(self, bus: "LocalBus", row: Row) -> None:
        self._bus = bus
        self.message_id, self.queue, self.routing_key, self.body, deliveries, revived = row
        self.redelivered = deliveries > 0
        self.is_revived = bool(revived)

    def ack(self) -> None:
        """Delete the message."""
        self._bus.write("DELETE FROM message WHERE id = ?", (self.message_id,))
        self._bus.settle(self.message_id)

    def nack(self) -> None:
        """End the lease after a pause."""
        ready_at = time.time() + RETRY_SECONDS
        self._bus.write(
            "UPDATE message SET ready_at = ? WHERE id = ?", (ready_at, self.message_id)
        )
        self._bus.settle(self.message_id)

    def reject(self) -> None:
        """Move the message to the dead letters."""
        self._bus.write(
            "UPDATE message SET queue = ?, ready_at = 0, deliveries = 0 WHERE id = ?",
            (f"{self.queue}-dl", self.message_id),
        )
        self._bus.settle(self.message_id)


class LocalBus:
    """A bus in one SQLite file; safe for many processes and threads."""

    def __init__(self, file: Path | str) -> None:
        self._file = Path(file)
        self._local = threading.local()
        self._outstanding: set[int] = set()
        self._file.touch(mode=0o600, exist_ok=True)
        with self._connection() as connection:
            connection.executescript(_SCHEMA)
            _add_column(connection)

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            try:
                found = sqlite3.connect(self._file, timeout=LOCK_SECONDS, isolation_level=None)
                found.execute("PRAGMA journal_mode = WAL")
                found.execute("PRAGMA synchronous = FULL")
            except sqlite3.Error as error:
                raise BusUnreachable(f"Cannot open the bus {self._file}: {error}") from error
            self._local.connection = found
        return found

    def write(self, statement: str, values: tuple[object, ...]) -> None:
        """Run one changing statement, trying again while the file is locked."""
        connection = self._connection()
        try:
            retry(lambda: connection.execute(statement, values), on=(sqlite3.OperationalError,))
        except sqlite3.Error as error:
            raise BusUnreachable(f"Cannot write to the bus {self._file}: {error}") from error

    def publish(
        self, exchange: str, routing_key: str, body: bytes, *, is_revived: bool = False
    ) -> None:
        """Insert a row for every queue bound to the key, in one transaction."""
        connection = self._connection()
        try:
            connection.execute("BEGIN IMMEDIATE")
            bound = connection.execute(
                "SELECT DISTINCT queue, routing_key FROM binding WHERE exchange = ?", (exchange,)
            ).fetchall()
            queues = sorted({queue for queue, key in bound if matches(key, routing_key)})
            connection.executemany(
                "INSERT INTO message (queue, routing_key, body, revived) VALUES (?, ?, ?, ?)",
                [(queue, routing_key, body, is_revived) for queue in queues],
            )
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise BusUnreachable(f"Cannot write to the bus {self._file}: {error}") from error

    def declare(self, queue: str, bindings: Sequence[Binding]) -> None:
        """Record the queue, its twin and its bindings."""
        for name in (queue, f"{queue}-dl"):
            self.write("INSERT OR IGNORE INTO queue (name) VALUES (?)", (name,))
        for binding in bindings:
            self.write(
                "INSERT OR IGNORE INTO binding (queue, exchange, routing_key) VALUES (?, ?, ?)",
                (queue, binding.exchange, binding.routing_key),
            )

    def drop(self, queue: str) -> None:
        """Delete the rows of the queue and of its twin."""
        for name in (queue, f"{queue}-dl"):
            self.write("DELETE FROM binding WHERE queue = ?", (name,))
            self.write("DELETE FROM message WHERE queue = ?", (name,))
            self.write("DELETE FROM queue WHERE name = ?", (name,))

    def consume(
        self, queues: Sequence[str], *, prefetch: int = 5, stop: Callable[[], bool]
    ) -> Iterator[LocalDelivery]:
        """Lease messages, oldest first."""
        seen, looked_at = -1, 0.0
        while not stop():
            version = self._connection().execute("PRAGMA data_version").fetchone()[0]
            due = time.monotonic() - looked_at > RETRY_SECONDS
            row = self._lease(queues, prefetch) if version != seen or due else None
            if row is None:
                seen, looked_at = (
                    (version, time.monotonic()) if version != seen or due else (seen, looked_at)
                )
                time.sleep(POLL_SECONDS)
                continue
            seen = -1
            self._outstanding.add(row[0])
            yield LocalDelivery(self, row)

    def _lease(self, queues: Sequence[str], prefetch: int) -> Row | None:
        """Take the oldest message that nobody holds.

        A lease that ends later than any could was made before the clock was set back.
        """
        if len(self._outstanding) >= prefetch:
            return None
        marks = ", ".join("?" * len(queues))
        now = time.time()
        latest = now + LEASE_SECONDS + LOCK_SECONDS
        connection = self._connection()
        try:
            row: Row | None = connection.execute(
                "UPDATE message SET ready_at = ?, deliveries = deliveries + 1 WHERE id = ("  # noqa: S608
                f"SELECT id FROM message WHERE queue IN ({marks})"
                " AND ready_at NOT BETWEEN ? AND ? ORDER BY id LIMIT 1)"
                " RETURNING id, queue, routing_key, body, deliveries - 1, revived",
                (now + LEASE_SECONDS, *queues, math.nextafter(now, math.inf), latest),
            ).fetchone()
        except sqlite3.OperationalError:
            return None
        return row

    def settle(self, message_id: int) -> None:
        """Count a message as no longer outstanding."""
        self._outstanding.discard(message_id)

    def count(self, queue: str) -> int:
        """Tell how many messages wait in a queue."""
        row = self._connection().execute("SELECT count(*) FROM message WHERE queue = ?", (queue,))
        return int(row.fetchone()[0])

    def close(self) -> None:
        """Give outstanding messages back and close this thread's connection."""
        for message_id in list(self._outstanding):
            self.write("UPDATE message SET ready_at = 0 WHERE id = ?", (message_id,))
            self.settle(message_id)
        self._connection().close()
        self._local.connection = None


def _add_column(connection: sqlite3.Connection) -> None:
    """Add what a file of an earlier release lacks; another process may be quicker."""
    columns = {row[1] for row in connection.execute("PRAGMA table_info(message)")}
    if "revived" not in columns:
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("ALTER TABLE message ADD revived INTEGER NOT NULL DEFAULT 0")
