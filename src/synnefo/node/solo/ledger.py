"""The cluster's memory on disk: one SQLite file, every change of state one transaction.

A job's step and the messages it is worth are written together, so that neither is ever without
the other, whenever the process dies. Who needs the inventory's lock too takes that one first.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from synnefo.node.event_sender import Message
from synnefo.node.solo.records import FINAL, Instance, Job, Network

_SCHEMA = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS instance (name TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS network (name TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS job
    (id INTEGER PRIMARY KEY AUTOINCREMENT, status TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS job_unfinished ON job (id)
    WHERE status NOT IN ('success', 'error', 'canceled');
CREATE TABLE IF NOT EXISTS secret (job INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS outbox
    (number INTEGER PRIMARY KEY AUTOINCREMENT, routing_key TEXT NOT NULL, body BLOB NOT NULL);
"""

_JOBS = msgspec.json.Decoder(Job)
_INSTANCES = msgspec.json.Decoder(Instance)
_NETWORKS = msgspec.json.Decoder(Network)
_SECRETS = msgspec.json.Decoder(dict[str, str])


class Ledger:
    """The open file; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """Make everything inside one transaction; may be nested."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if outermost:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def fact(self, name: str) -> str | None:
        """Read one of the cluster's facts, such as its uuid."""
        with self._lock:
            row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def put_fact(self, name: str, value: str) -> None:
        """Write one of the cluster's facts."""
        with self.change():
            self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def instances(self) -> list[Instance]:
        """Read every instance."""
        return [_INSTANCES.decode(body) for body in self._bodies("SELECT body FROM instance")]

    def networks(self) -> list[Network]:
        """Read every network."""
        return [_NETWORKS.decode(body) for body in self._bodies("SELECT body FROM network")]

    def put(self, thing: Instance | Network) -> None:
        """Write an instance or a network."""
        table = "instance" if isinstance(thing, Instance) else "network"
        with self.change():
            self._db.execute(
                f"INSERT OR REPLACE INTO {table} VALUES (?, ?)",  # noqa: S608 - one of two words
                (thing.name, msgspec.json.encode(thing)),
            )

    def drop(self, thing: Instance | Network) -> None:
        """Forget an instance or a network."""
        table = "instance" if isinstance(thing, Instance) else "network"
        with self.change():
            self._db.execute(
                f"DELETE FROM {table} WHERE name = ?",  # noqa: S608 - one of two words
                (thing.name,),
            )

    def add_job(self, job: Job, secrets: dict[str, str]) -> None:
        """Record a new job and give it its number."""
        with self.change():
            row = self._db.execute("INSERT INTO job (status, body) VALUES ('queued', '')")
            job.id = int(row.lastrowid or 0)
            self.put_job(job)
            if secrets:
                body = msgspec.json.encode(secrets)
                self._db.execute("INSERT INTO secret VALUES (?, ?)", (job.id, body))

    def put_job(self, job: Job) -> None:
        """Write a job as it stands; a finished one loses its secrets."""
        with self.change():
            self._db.execute(
                "UPDATE job SET status = ?, body = ? WHERE id = ?",
                (job.status, msgspec.json.encode(job), job.id),
            )
            if job.is_final:
                self._db.execute("DELETE FROM secret WHERE job = ?", (job.id,))

    def job(self, number: int) -> Job | None:
        """Read one job."""
        bodies = self._bodies("SELECT body FROM job WHERE id = ?", (number,))
        return _JOBS.decode(bodies[0]) if bodies else None

    def jobs(self, limit: int = 10_000) -> list[Job]:
        """Read the newest jobs, oldest first."""
        bodies = self._bodies("SELECT body FROM job ORDER BY id DESC LIMIT ?", (limit,))
        return [_JOBS.decode(body) for body in reversed(bodies)]

    def job_numbers(self) -> list[int]:
        """List the numbers of all jobs."""
        with self._lock:
            return [row[0] for row in self._db.execute("SELECT id FROM job ORDER BY id")]

    def unfinished_jobs(self) -> list[Job]:
        """Read the jobs that an earlier process left, oldest first."""
        return [
            _JOBS.decode(body)
            for body in self._bodies(
                "SELECT body FROM job WHERE status NOT IN ('success', 'error', 'canceled')"
                " ORDER BY id"
            )
        ]

    def secrets_of(self, number: int) -> dict[str, str]:
        """Read what a job must know and nobody else may."""
        bodies = self._bodies("SELECT body FROM secret WHERE job = ?", (number,))
        return _SECRETS.decode(bodies[0]) if bodies else {}

    def forget_jobs(self, keep: int) -> None:
        """Drop all but the newest finished jobs."""
        with self.change():
            self._db.execute(
                "DELETE FROM job WHERE status IN (?, ?, ?) AND id <= "
                "(SELECT coalesce(max(id), 0) FROM job) - ?",
                (*sorted(FINAL), keep),
            )

    def post(self, messages: Sequence[Message]) -> None:
        """Put messages into the outbox."""
        with self.change():
            self._db.executemany(
                "INSERT INTO outbox (routing_key, body) VALUES (?, ?)",
                [(message.routing_key, message.body) for message in messages],
            )

    def waiting(self, limit: int) -> list[tuple[int, Message]]:
        """Answer the oldest messages with their sequence numbers."""
        with self._lock:
            rows = self._db.execute(
                "SELECT number, routing_key, body FROM outbox ORDER BY number LIMIT ?", (limit,)
            ).fetchall()
        return [(number, Message(key, body)) for number, key, body in rows]

    def sent(self, up_to: int) -> None:
        """Forget the messages up to a sequence number."""
        with self.change():
            self._db.execute("DELETE FROM outbox WHERE number <= ?", (up_to,))

    def _bodies(self, query: str, arguments: tuple[object, ...] = ()) -> list[bytes]:
        with self._lock:
            return [row[0] for row in self._db.execute(query, arguments)]
