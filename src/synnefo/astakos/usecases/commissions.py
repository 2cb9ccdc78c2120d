"""Commissions: promise, accept and reject charges on holdings. Spec: identity 4.3, 4.4, 8.5.

Locks are taken in one order: commissions, then holdings by primary key (identity 21.2).
"""

from collections.abc import Iterable, Sequence

import msgspec
from django.db import connections, transaction

from synnefo.astakos.domain import ledger
from synnefo.astakos.models import DATABASE, Commission, ProvisionRow
from synnefo.astakos.models.book import Book, Note, Refused
from synnefo.astakos.models.plain_book import PlainBook
from synnefo.astakos.models.prepared_book import PreparedBook
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.serve.statements import POSTGRESQL
from synnefo.wire.provisions import INF, Provision

MOST_HOLDINGS = 1000
MOST_SERIALS = 10_000
_BOOKS: dict[bool, Book] = {True: PreparedBook(DATABASE), False: PlainBook(DATABASE)}


class Order(msgspec.Struct, frozen=True):
    """A commission as it is asked for."""

    provisions: Sequence[Provision]
    name: str = ""
    force: bool = False
    auto_accept: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """What became of a list of serials."""

    accepted: list[int] = []
    rejected: list[int] = []
    conflicting: list[int] = []
    not_found: list[int] = []


def issue(clientkey: str, order: Order) -> int:
    """Promise every provision or none, and answer the serial.

    Raises NoHolding, NoCapacity or NoQuantity, naming the first provision that failed.
    """
    merged = ledger.merge(order.provisions)
    if len(merged) > MOST_HOLDINGS:
        raise BadRequest(f"A commission may change at most {MOST_HOLDINGS} holdings.")
    note = Note(clientkey, now(), order.name)
    told = _book().issue(merged, note, force=order.force, at_once=order.auto_accept)
    if isinstance(told, Refused):
        ledger.promise_all(merged, told.held, force=order.force)
        raise AssertionError("The book refused a commission that fits.")
    return told


def resolve(
    clientkey: str, accept: Iterable[int], reject: Iterable[int], reason: str = ""
) -> Outcome:
    """Accept and reject commissions of one client; a serial in both lists is left alone."""
    accept, reject = dict.fromkeys(accept), dict.fromkeys(reject)
    both = [serial for serial in accept if serial in reject]
    wanted = [serial for serial in [*accept, *reject] if serial not in both]
    if len(wanted) > MOST_SERIALS:
        raise BadRequest(f"At most {MOST_SERIALS} commissions can be resolved in one call.")
    possible = [serial for serial in wanted if 0 < serial <= INF]
    verdicts = {serial: serial in accept for serial in possible}
    found = _settle(Note(clientkey, now()), verdicts, reason)
    return Outcome(
        accepted=[serial for serial in wanted if serial in found and serial in accept],
        rejected=[serial for serial in wanted if serial in found and serial in reject],
        conflicting=both,
        not_found=[serial for serial in wanted if serial not in found],
    )


def pending(clientkey: str) -> list[int]:
    """List the serials of one client that wait for a verdict."""
    mine = Commission.objects.filter(clientkey=clientkey)
    return list(mine.order_by("pk").values_list("pk", flat=True))


def show(clientkey: str | None, serial: int) -> tuple[Commission, list[Provision]]:
    """Answer a pending commission of one client (of any, for None) and its provisions."""
    found = Commission.objects.filter(pk=serial)
    if clientkey is not None:
        found = found.filter(clientkey=clientkey)
    commission = found.first()
    if commission is None:
        raise ItemNotFound(f"There is no pending commission with the serial {serial}.")
    rows = ProvisionRow.objects.filter(commission=commission).order_by("pk")
    return commission, [_provision(row) for row in rows]


def _book() -> Book:
    return _BOOKS[connections[DATABASE].vendor == POSTGRESQL]


def _settle(note: Note, verdicts: dict[int, bool], reason: str) -> set[int]:
    """Give verdicts, all in one transaction, and answer the serials that were found."""
    book = _book()

    def settle(serial: int) -> bool:
        return book.settle(serial, note, accept=verdicts[serial], reason=reason)

    if len(verdicts) <= 1:
        return {serial for serial in verdicts if settle(serial)}
    with transaction.atomic(using=DATABASE):
        book.lock(note.clientkey, list(verdicts))
        return {serial for serial in verdicts if settle(serial)}


def _provision(row: ProvisionRow) -> Provision:
    return Provision(row.holder, row.source or None, row.resource, row.quantity)
