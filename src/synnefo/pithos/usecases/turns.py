"""Writers in line: changes that wait for the database at the same time share one commit.

SQLite lets one writer in and makes each wait for the disk; with a shared commit a dozen wait
once. PostgreSQL does that by itself, so there every change has its own transaction.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Generic, TypeVar

from django.db import connections, transaction

T = TypeVar("T")
DB = "pithos"
MOST = 64
"""Changes that share one commit at most."""


class _Ticket(Generic[T]):
    """One change that waits, and what became of it."""

    def __init__(self, change: Callable[[], T]) -> None:
        self.change = change
        self.is_done = False
        self.results: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        """Make the change in a part of the common transaction that can fail by itself."""
        try:
            with transaction.atomic(using=DB):
                self.results = [self.change()]
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits for it
            self.error = error

    def outcome(self) -> T:
        """Answer what the change answered, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self.results[0]


class _Line:
    """The changes of this process that wait; whoever comes first makes those of all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Ticket[object]] = []

    def wait_for(self, ticket: "_Ticket[object]") -> None:
        """Return when a ticket's change is committed or has failed."""
        with self._lock:
            self._waiting.append(ticket)
        with self._turn:
            while not ticket.is_done:
                self._lead()

    def _lead(self) -> None:
        with _host_turn():
            with self._lock:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                with transaction.atomic(using=DB):
                    for ticket in batch:
                        ticket.run()
            except Exception as error:  # noqa: BLE001 - nothing was committed: all are told
                for ticket in batch:
                    ticket.error = ticket.error or error
            for ticket in batch:
                ticket.is_done = True


_line = _Line()


def in_transaction(change: Callable[[], T]) -> T:
    """Run a change in a transaction and answer once it is durable.

    It may run in another thread, so it must not lean on anything of its own thread.
    """
    connection = connections[DB]
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic(using=DB):
            return change()
    ticket = _Ticket(change)
    _line.wait_for(ticket)  # type: ignore[arg-type] # the line hands results back unread
    return ticket.outcome()


@contextmanager
def _host_turn() -> Iterator[None]:
    """Stand in line with the host's other processes; SQLite itself would poll and oversleep."""
    name = str(connections[DB].settings_dict["NAME"])
    if not name.startswith("/"):
        yield
        return
    fd = _turn_file(f"{name}.turn", os.getpid())
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)


@cache
def _turn_file(path: str, _pid: int) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
