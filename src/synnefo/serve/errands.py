"""Errands: intents recorded in the transaction of their cause and carried out soon after.

A transactional outbox of our own (house rules, section 11): one table per brick, so that an
errand commits with the rows it serves, on SQLite as on PostgreSQL. An errand runs at least once;
a worker renews its claims while it lives, and whoever dies leaves them to run out.
"""

import random
import socket
import traceback
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from django.apps import apps
from django.db import models, transaction

from synnefo.kit import clock, conf, metrics
from synnefo.kit.faults import Fault, ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.serve.settings import ServeSettings
from synnefo.serve.statements import fetch, is_postgresql

log = get_logger(__name__)

LEASE = timedelta(seconds=30)
"""How long a claim that nobody renews is respected."""
CHANNEL = "synnefo_errands"
"""On which PostgreSQL tells workers on other hosts of new errands."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0

Run = Callable[..., None]


class Later(Exception):
    """Raised by an errand that wants to be run again after some seconds; no failure."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class ErrandRow(models.Model):
    """A recorded errand; each brick makes it concrete in its own database."""

    name = models.CharField(max_length=100)
    arguments = models.JSONField(default=dict)
    ready_at = models.DateTimeField(db_index=True)
    attempts = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    last_error = models.TextField(default="")
    only_once = models.CharField(max_length=100, null=True, unique=True)

    class Meta:
        """Abstract: bricks make it theirs."""

        abstract = True

    def __str__(self) -> str:
        """Name the errand and its arguments."""
        return f"{self.name}({self.arguments})"


class Errand:
    """A kind of errand, declared below its cause and run above it.

    The arguments of one that `is_secret` stand in no log.
    """

    known: ClassVar[dict[str, "Errand"]] = {}

    def __init__(
        self, name: str, *, give_up_after: float | None = None, is_secret: bool = False
    ) -> None:
        if name in Errand.known:
            raise ValueError(f"There is an errand named {name} already.")
        self.name = name
        self.label = name.partition(".")[0]
        self.give_up_after = give_up_after
        self.is_secret = is_secret
        self.every: float | None = None
        self.run: Run | None = None
        self.give_up: Callable[..., None] | None = None
        Errand.known[name] = self

    def runs(self, function: Run) -> Run:
        """Tell which function carries the errand out; it must bear being run twice."""
        self.run = function
        return function

    def gives_up(self, function: Callable[..., None]) -> Callable[..., None]:
        """Tell what to do when `give_up_after` seconds of trying have passed.

        It is called with `reason` and the errand's arguments.
        """
        self.give_up = function
        return function

    def later(self, *, delay: float = 0.0, **arguments: Any) -> None:
        """Record the errand in the running transaction; the worker hears of it on commit."""
        self.row(delay=delay, **arguments).save(force_insert=True)
        transaction.on_commit(partial(wake, self.label), using=self.label, robust=True)

    def row(self, *, delay: float = 0.0, **arguments: Any) -> models.Model:
        """Answer the errand's row for somebody who writes it and then wakes the worker."""
        moment = clock.now()
        row: models.Model = table(self.label).model(
            name=self.name,
            arguments=arguments,
            ready_at=moment + timedelta(seconds=delay),
            created_at=moment,
        )
        return row


def sweep(name: str, *, every: float) -> Callable[[Run], Run]:
    """Register a function that looks at the world anew every so many seconds."""
    errand = Errand(name)
    errand.every = every
    return errand.runs


def table(label: str) -> "models.Manager[Any]":
    """Answer the rows of one brick's errands."""
    manager: models.Manager[Any] = apps.get_model(label, "QueuedErrand")._default_manager
    return manager


def wake_path() -> Path:
    """Tell where the worker of this host listens for new errands."""
    return Path(conf.of(ServeSettings).synnefo_data_dir) / "run" / "worker.sock"


def wake(label: str) -> None:
    """Tell a worker that there is something to do in a brick; it looks by itself, too.

    The one of this host hears it by a socket; where there is none, PostgreSQL tells the others.
    """
    if not ring() and is_postgresql(label):
        fetch(label, "SELECT pg_notify(%s, '')", [CHANNEL])


def ring() -> bool:
    """Ring for the worker of this host; tell whether somebody listens."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto(b"!", str(wake_path()))
    except BlockingIOError:
        return True  # so many rings wait that it will look anyhow
    except OSError:
        return False
    return True


def plant_sweeps(label: str) -> None:
    """Make sure that each sweep of a brick has its one row."""
    moment = clock.now()
    for errand in Errand.known.values():
        if errand.label == label and errand.every is not None:
            table(label).get_or_create(
                only_once=errand.name,
                defaults={"name": errand.name, "ready_at": moment, "created_at": moment},
            )


def claim(label: str, limit: int) -> list[Any]:
    """Take up to `limit` due errands of a brick, in one short transaction."""
    moment = clock.now()
    rows = table(label)
    with transaction.atomic(using=label):
        due = list(
            rows.select_for_update(skip_locked=_can_skip(label))
            .filter(ready_at__lte=moment, name__in=list(Errand.known))
            .order_by("ready_at")[:limit]
        )
        ids = [row.pk for row in due]
        until = moment + LEASE
        rows.filter(pk__in=ids).update(ready_at=until, attempts=models.F("attempts") + 1)
    for row in due:
        row.ready_at = until
    return due


def renew(label: str, rows: Iterable[Any]) -> None:
    """Keep the claims of errands that still run; one that was settled meanwhile stays as it is."""
    until = clock.now() + LEASE
    for row in rows:
        if table(label).filter(pk=row.pk, ready_at=row.ready_at).update(ready_at=until):
            row.ready_at = until


def hasten(label: str) -> None:
    """Run soon what waits longer than anybody asked for: the clock was set back meanwhile."""
    moment = clock.now()
    longest = timedelta(seconds=2 * LONGEST_PAUSE)
    for row in table(label).filter(ready_at__gt=moment + longest):
        every = Errand.known[row.name].every if row.name in Errand.known else None
        if row.ready_at > moment + longest + timedelta(seconds=every or 0):
            table(label).filter(pk=row.pk, ready_at=row.ready_at).update(ready_at=moment)


def _can_skip(label: str) -> bool:
    features = transaction.get_connection(using=label).features
    return bool(features.has_select_for_update_skip_locked)


def take_back(label: str) -> int:
    """Free what a dead worker had claimed; answers how many errands that were.

    Only where the database serves this machine alone (SQLite), and only before the one worker of
    this machine begins: an errand that was claimed by nobody is at most run a little early.
    """
    if transaction.get_connection(using=label).vendor != "sqlite":
        return 0
    moment = clock.now()
    return table(label).filter(attempts__gt=0, ready_at__gt=moment).update(ready_at=moment)


def any_due(label: str) -> bool:
    """Tell whether an errand of a brick is due; reads only, so it costs writers nothing."""
    return bool(table(label).filter(ready_at__lte=clock.now()).exists())


def carry_out(label: str, row: Any) -> None:
    """Run one claimed errand and record how it went."""
    errand = Errand.known[row.name]
    outcome = "done"
    try:
        if errand.run is None:
            raise LookupError(f"Nothing runs the errand {row.name}.")
        errand.run(**row.arguments)
    except Later as later:
        outcome = "later"
        _again(label, row, later.seconds, "")
    except ServiceUnavailable as fault:
        outcome = "retry"
        _failed(label, row, fault.message)
    except Exception as error:  # noqa: BLE001 - the loop of the worker; it is logged
        outcome = "failed"
        _log_failure(errand, row)
        _failed(label, row, error.message if isinstance(error, Fault) else repr(error))
    else:
        _done(label, row, errand)
    metrics.ERRANDS.labels(row.name, outcome).inc()


def _log_failure(errand: Errand, row: Any) -> None:
    if errand.is_secret:
        log.error("errand-failed", errand=row.name, trace=traceback.format_exc())
    else:
        log.exception("errand-failed", errand=row.name, arguments=row.arguments)


def _done(label: str, row: Any, errand: Errand) -> None:
    if errand.every is None:
        table(label).filter(pk=row.pk).delete()
    else:
        _again(label, row, errand.every, "")


def _again(label: str, row: Any, seconds: float, reason: str) -> None:
    attempts = row.attempts + 1 if reason else 0
    table(label).filter(pk=row.pk).update(
        ready_at=clock.now() + timedelta(seconds=seconds), attempts=attempts, last_error=reason
    )


def _failed(label: str, row: Any, reason: str) -> None:
    errand = Errand.known[row.name]
    if errand.every is not None:
        _again(label, row, errand.every, reason)
        return
    age = (clock.now() - row.created_at).total_seconds()
    if errand.give_up is not None and errand.give_up_after and age > errand.give_up_after:
        errand.give_up(reason=reason, **row.arguments)
        table(label).filter(pk=row.pk).delete()
        return
    pause = min(FIRST_PAUSE * 2**row.attempts, LONGEST_PAUSE)
    _again(label, row, pause * random.uniform(0.8, 1.2), reason)


def run_due(label: str, *, limit: int = 1000) -> int:
    """Run what is due now, one after the other; for tests and `--once`."""
    rows = claim(label, limit)
    for row in rows:
        carry_out(label, row)
    return len(rows)
