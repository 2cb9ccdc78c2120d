"""Commissions: promise, accept and reject charges on holdings. Spec: identity 4.3, 4.4, 8.5.

Locks are taken in one order: commissions, their provisions, then holdings by primary key in a
single query (identity 21.2). On SQLite the transaction itself keeps other writers out.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from django.db import transaction

from synnefo.astakos.domain import ledger
from synnefo.astakos.models import DATABASE, Commission, Holding, ProvisionLog, ProvisionRow
from synnefo.astakos.models.quotaholder import insert_plainly
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.wire.provisions import INF, Provision

_MOMENT = "%Y-%m-%dT%H:%M:%S.%f"
MOST_HOLDINGS = 1000
MOST_SERIALS = 10_000
Rows = dict[ledger.Key, Holding]


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
    with transaction.atomic(using=DATABASE):
        rows = _lock(merged)
        for provision in merged:
            _promise(rows, provision, force=order.force)
        commission = Commission.objects.create(
            name=order.name, clientkey=clientkey, issue_datetime=now()
        )
        if order.auto_accept:
            _settle(rows, [(commission, p) for p in merged], accepted={commission.pk}, reason="")
            commission_rows = Commission.objects.filter(pk=commission.pk)
            commission_rows._raw_delete(DATABASE)
        else:
            _record(commission, merged)
        Holding.objects.write_usage(list(rows.values()))
    return commission.serial


def resolve(
    clientkey: str, accept: Iterable[int], reject: Iterable[int], reason: str = ""
) -> Outcome:
    """Accept and reject commissions of one client; a serial in both lists is left alone."""
    accept, reject = dict.fromkeys(accept), dict.fromkeys(reject)
    both = [serial for serial in accept if serial in reject]
    wanted = [serial for serial in [*accept, *reject] if serial not in both]
    if len(wanted) > MOST_SERIALS:
        raise BadRequest(f"At most {MOST_SERIALS} commissions can be resolved in one call.")
    with transaction.atomic(using=DATABASE):
        found = _lock_commissions(clientkey, [one for one in wanted if 0 < one <= INF])
        pairs = [(found[row.commission_id], _provision(row)) for row in _lock_provisions(found)]
        rows = _lock([provision for _, provision in pairs])
        _settle(rows, pairs, accepted={s for s in found if s in accept}, reason=reason)
        Holding.objects.write_usage(list(rows.values()))
        _forget(found)
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


def _lock(provisions: Sequence[Provision]) -> Rows:
    """Lock the holdings that provisions name, and nothing else of theirs."""
    if not provisions:
        return {}
    named = {ledger.key_of(provision) for provision in provisions}
    found = Holding.objects.locked((key[0] for key in named), (key[2] for key in named))
    return {row.key: row for row in found if row.key in named}


def _promise(rows: Rows, provision: Provision, *, force: bool) -> None:
    row = rows.get(ledger.key_of(provision))
    if row is None:
        raise ledger.NoHolding(provision)
    row.take(ledger.promise(row.state, provision, force=force))


def _settle(
    rows: Rows,
    pairs: Sequence[tuple[Commission, Provision]],
    *,
    accepted: set[int],
    reason: str,
) -> None:
    """Bring the verdicts into the locked rows and write them down in the log."""
    logged = []
    for commission, provision in pairs:
        verdict = commission.pk in accepted
        row = rows[ledger.key_of(provision)]
        row.take(ledger.resolve(row.state, provision.quantity, accept=verdict))
        words = ("ACCEPT:" if verdict else "REJECT:") + reason[-121:]
        logged.append(_log_entry(commission, provision, row, words))
    insert_plainly(ProvisionLog, _LOG_COLUMNS, logged)


_LOG_COLUMNS = (
    *("serial", "name", "issue_time", "log_time", "holder", "source", "resource"),
    *("limit", "usage_min", "usage_max", "delta_quantity", "reason"),
)
_PROVISION_COLUMNS = ("serial", "holder", "source", "resource", "quantity")


def _log_entry(
    commission: Commission, provision: Provision, row: Holding, words: str
) -> tuple[str | int, ...]:
    return (
        commission.pk,
        commission.name,
        commission.issue_datetime.strftime(_MOMENT)[:24],
        now().strftime(_MOMENT)[:24],
        *ledger.key_of(provision),
        row.limit,
        row.usage_min,
        row.usage_max,
        provision.quantity,
        words,
    )


def _record(commission: Commission, provisions: Sequence[Provision]) -> None:
    rows = [(commission.pk, *ledger.key_of(one), one.quantity) for one in provisions]
    insert_plainly(ProvisionRow, _PROVISION_COLUMNS, rows)


def _lock_commissions(clientkey: str, serials: Sequence[int]) -> dict[int, Commission]:
    mine = Commission.objects.filter(clientkey=clientkey, pk__in=serials)
    return {found.pk: found for found in mine.order_by("pk").select_for_update()}


def _lock_provisions(commissions: Mapping[int, Commission]) -> list[ProvisionRow]:
    if not commissions:
        return []
    rows = ProvisionRow.objects.filter(commission__in=commissions)
    return list(rows.order_by("pk").select_for_update())


def _forget(commissions: Mapping[int, Commission]) -> None:
    """Delete resolved commissions and their provisions without looking at them again."""
    if commissions:
        ProvisionRow.objects.filter(commission__in=commissions)._raw_delete(DATABASE)
        Commission.objects.filter(pk__in=commissions)._raw_delete(DATABASE)


def _provision(row: ProvisionRow) -> Provision:
    return Provision(row.holder, row.source or None, row.resource, row.quantity)
