"""`snf-worker`: carries out errands and sweeps of every brick on this host."""

import argparse
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.webproject.django_settings")
django.setup()  # the errands are a table: they can only be imported afterwards

from django.db import (  # noqa: E402
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connections,
)

from synnefo.kit import conf  # noqa: E402
from synnefo.kit.logs import get_logger  # noqa: E402
from synnefo.serve import errands  # noqa: E402
from synnefo.serve.settings import ServeSettings  # noqa: E402
from synnefo.serve.statements import fetch, is_postgresql  # noqa: E402
from synnefo.webproject import process  # noqa: E402

log = get_logger(__name__)

LONGEST_SLEEP = 0.5
"""Seconds between looks at the tables when nobody calls."""
HEARING = 5.0
"""Seconds between looks at whether to stop listening to PostgreSQL."""
TENDING = errands.LEASE.total_seconds() / 3
"""Seconds between renewals of the claims that are held."""


class Worker:
    """Takes due errands as long as threads are free."""

    def __init__(self, labels: list[str], threads: int, stopping: threading.Event) -> None:
        self.labels = labels
        self.stopping = stopping
        self.free = threading.Semaphore(threads)
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="errand")
        self.threads = threads
        self.held: dict[str, dict[int, Any]] = {label: {} for label in labels}
        self._tend_at = 0.0
        self._lock = threading.Lock()

    def loop(self, bell: socket.socket) -> None:
        """Work until told to stop, then let running errands finish."""
        for label in self.labels:
            errands.take_back(label)
            errands.plant_sweeps(label)
        while not self.stopping.is_set():
            try:
                self._tend()
                taken = sum(self._take(label) for label in self.labels)
            except (OperationalError, InterfaceError) as error:
                log.warning("database-unavailable", error=str(error))
                close_old_connections()  # a broken one would be tried for ever
                taken = 0
            if not taken:
                self._wait(bell)
        self.pool.shutdown(wait=True)

    def _tend(self) -> None:
        """Renew the claims of what still runs, and bear a clock that was set back."""
        if time.monotonic() < self._tend_at:
            return
        self._tend_at = time.monotonic() + TENDING
        for label in self.labels:
            with self._lock:
                rows = list(self.held[label].values())
            errands.renew(label, rows)
            errands.hasten(label)

    def _take(self, label: str) -> int:
        room = self.threads - sum(len(rows) for rows in self.held.values())
        if room <= 0 or not errands.any_due(label):
            return 0
        rows = errands.claim(label, room)
        with self._lock:
            self.held[label].update({row.pk: row for row in rows})
        for row in rows:
            self.pool.submit(self._run, label, row)
        return len(rows)

    def _run(self, label: str, row: Any) -> None:
        try:
            errands.carry_out(label, row)
        except (OperationalError, InterfaceError) as error:
            log.warning("errand-left", errand=row.name, error=str(error))
        finally:
            close_old_connections()
            with self._lock:
                self.held[label].pop(row.pk, None)
            errands.ring()

    def _wait(self, bell: socket.socket) -> None:
        bell.settimeout(LONGEST_SLEEP)
        try:
            bell.recv(16)
            bell.setblocking(False)
            while bell.recv(16):
                pass
        except OSError:
            return


def bell() -> socket.socket:
    """Open the socket on which others ring for this worker."""
    path = errands.wake_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    found.bind(str(path))
    return found


def _hear(label: str, stopping: threading.Event) -> None:
    """Ring this host's bell when PostgreSQL tells of errands that other hosts recorded."""
    connection: Any = connections[label]
    while not stopping.is_set():
        try:
            fetch(label, f"LISTEN {errands.CHANNEL}")
            while not stopping.is_set():
                for _notice in connection.connection.notifies(timeout=HEARING, stop_after=1):
                    errands.ring()
        except (DatabaseError, InterfaceError, connection.Database.Error) as error:
            log.warning("not-listening", database=label, error=str(error))
            connection.close()
            stopping.wait(HEARING)


def main() -> None:
    """Run until SIGTERM."""
    argparse.ArgumentParser(
        "snf-worker", description="Carry out the errands and sweeps of this host's components."
    ).parse_args()
    stopping = process.start("snf-worker")
    labels = process.load("jobs")
    log.info("started", bricks=labels)
    with bell() as rung:
        for label in filter(is_postgresql, labels):
            threading.Thread(target=_hear, args=(label, stopping), daemon=True).start()
        Worker(labels, conf.of(ServeSettings).worker_threads, stopping).loop(rung)
    log.info("stopped")


if __name__ == "__main__":
    main()
