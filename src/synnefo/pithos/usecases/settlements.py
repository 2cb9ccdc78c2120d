"""Telling the quota service what was used, and giving back what was promised in vain.

One settlement at a time for each allowance, recorded before anything is said, so that a crash
at any point leaves something that `settle_all` finishes. Spec: object-storage 16.2.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from synnefo.kit import clock
from synnefo.kit.faults import Fault, ItemNotFound
from synnefo.kit.logs import get_logger
from synnefo.pithos.engines import quota
from synnefo.pithos.models import Allowance, Settlement

log = get_logger(__name__)
DB = "pithos"
PATIENCE = timedelta(seconds=60)
"""After how long a settlement that is not finished counts as abandoned."""


def settle_all() -> int:
    """Settle every allowance with something to tell; answer how many."""
    rows = Allowance.objects.filter(Q(is_dirty=True) | Q(settlement__isnull=False))
    ids = list(rows.values_list("pk", flat=True))
    for allowance_id in ids:
        settle(allowance_id)
    return len(ids)


def give_back(project: str) -> None:
    """Settle what a project's allowances hold and do not use, so that others can have it."""
    rows = Allowance.objects.filter(project=project).filter(
        Q(reserved__gt=F("used")) | Q(used__lt=0)
    )
    for allowance_id in list(rows.values_list("pk", flat=True)):
        settle(allowance_id)


def settle(allowance_id: int) -> None:
    """Settle one allowance; a quota service that cannot be reached is told later."""
    for _ in range(2):
        settlement = _begin(allowance_id)
        if settlement is None:
            return
        try:
            _carry(settlement)
        except Fault as fault:
            log.warning("quota-settlement-delayed", allowance=allowance_id, why=fault.message)
            abandoned = settlement.started - 2 * PATIENCE
            Settlement.objects.filter(pk=settlement.pk).update(started=abandoned)
            return


def _begin(allowance_id: int) -> Settlement | None:
    """Take what is to be told out of the allowance; None when somebody else is at it."""
    now = clock.now()
    abandoned = Settlement.objects.filter(allowance_id=allowance_id, started__lt=now - PATIENCE)
    if abandoned.update(started=now):
        return Settlement.objects.select_related("allowance").get(allowance_id=allowance_id)
    try:
        with transaction.atomic(using=DB):
            row = Allowance.objects.select_for_update().get(pk=allowance_id)
            return _taken(row, now)
    except IntegrityError:
        return None


def _taken(row: Allowance, now: datetime) -> Settlement | None:
    if not (row.used or row.serials):
        Allowance.objects.filter(pk=row.pk).update(is_dirty=False)
        return None
    settlement = Settlement.objects.create(
        allowance=row, amount=row.used - row.reserved, accept=row.serials, started=now
    )
    row.used, row.reserved, row.serials, row.is_dirty = 0, 0, [], False
    row.save()
    return settlement


def _carry(settlement: Settlement) -> None:
    """Accept all that was promised, then free what was not used of it.

    In this order nothing is ever counted twice, so nobody is refused what fits.
    """
    service = quota.service()
    if settlement.accept:
        service.resolve_commissions(accept=settlement.accept)
    serial = settlement.serial
    if settlement.amount and serial is None:
        serial = _issued(settlement)
        if serial is None:
            return
    if serial is not None:
        service.resolve_commissions(accept=[serial])
    settlement.delete()


def _issued(settlement: Settlement) -> int | None:
    """Issue the rest, whatever the limits: it is so. None when another was quicker."""
    service, row = quota.service(), settlement.allowance
    provisions = quota.provisions(
        row.account, row.project, settlement.amount, is_common=row.is_common
    )
    serial = service.issue_commission(provisions, name=row.account, force=True)
    mine = Settlement.objects.filter(pk=settlement.pk, serial=None, started=settlement.started)
    if mine.update(serial=serial):
        return serial
    service.resolve_commissions(reject=[serial])
    return None


def known_serials() -> tuple[set[int], set[int]]:
    """Tell the serials that are in use, and those whose verdict is to accept."""
    held = {s for serials in Allowance.objects.values_list("serials", flat=True) for s in serials}
    accepted: set[int] = set()
    for row in Settlement.objects.all():
        accepted |= {*row.accept, *([row.serial] if row.serial else [])}
    return held | accepted, accepted


def lost_serials(pending: list[int], *, age: timedelta) -> list[int]:
    """List pending commissions that Pithos knows nothing of: it died right after asking.

    Younger ones may just be on their way to being known.
    """
    long_ago = clock.now() - age
    known, _ = known_serials()
    return [one for one in pending if one not in known and _is_older(one, long_ago)]


def _is_older(serial: int, moment: datetime) -> bool:
    try:
        return quota.service().commission_info(serial).issue_time < moment
    except ItemNotFound:
        return False
