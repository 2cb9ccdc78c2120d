"""Quota: promises fetched ahead, spent in the transaction of a change, settled afterwards.

A change costs no call to the quota service while the account's allowance suffices, and never
goes beyond what that service has promised. Spec: object-storage 16.2.
"""

from collections.abc import Callable
from typing import TypeVar

from django.db import connections, transaction

from synnefo.clients.astakos import QuotaExceeded
from synnefo.kit import conf
from synnefo.kit.faults import Forbidden, ItemNotFound, OverLimit, ServiceUnavailable
from synnefo.pithos.engines import quota
from synnefo.pithos.models import Allowance
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import settlements
from synnefo.pithos.usecases.turns import in_transaction

T = TypeVar("T")
DB = "pithos"
ATTEMPTS = 5

_SPEND = (
    "UPDATE pithos_allowance SET used = used + %s, is_dirty = %s "
    "WHERE account = %s AND project = %s AND (%s <= 0 OR used + %s <= reserved)"
)


class Short(Exception):
    """The allowance does not cover a change."""

    def __init__(self, account: str, project: str, amount: int) -> None:
        super().__init__(f"{amount} bytes short in {project}")
        self.account = account
        self.project = project
        self.amount = amount


class Raced(Exception):
    """Somebody else made the same path a moment ago, or removed the container."""


def charged(change: Callable[[], T]) -> T:
    """Run a change in a transaction; fetch what quota it lacks and run it again.

    The change may run several times, each time from the start. OverLimit when there is no more.
    """
    for _ in range(ATTEMPTS):
        try:
            return in_transaction(change)
        except Short as short:
            extend(short.account, short.project, short.amount)
        except Raced:
            continue
    raise ServiceUnavailable("Too many changes at once. Try again shortly.")


def spend(account: str, project: str, amount: int) -> None:
    """Charge bytes, or free negative ones, in the running transaction; Short if not covered."""
    if amount == 0:
        return
    with connections[DB].cursor() as cursor:
        values: list[int | str] = [amount, True, account, project, amount, amount]
        cursor.execute(_SPEND, values)
        if cursor.rowcount:
            return
    if amount > 0:
        raise Short(account, project, amount)
    _made(account, project)
    spend(account, project, amount)


def ensure(account: str, project: str, amount: int) -> None:
    """Make sure, before a body is taken, that there is room for it; OverLimit if there is not."""
    if amount <= 0:
        return
    found = Allowance.objects.filter(account=account, project=project).values_list(
        "reserved", "used"
    )
    reserved, used = found.first() or (0, 0)
    if reserved - used < amount:
        extend(account, project, amount)


def extend(account: str, project: str, amount: int) -> None:
    """Have the quota service promise more; ahead of need where that is possible."""
    step = conf.of(PithosSettings).pithos_quota_step
    wanted = [step, amount] if amount < step // 16 else [amount]
    for size in wanted:
        try:
            return _reserve(account, project, size)
        except QuotaExceeded:
            continue
    settlements.give_back(project)
    try:
        return _reserve(account, project, amount)
    except QuotaExceeded as fault:
        free = max(0, fault.limit - fault.usage)
        raise OverLimit(
            f"This needs {amount} bytes and {free} are left of the quota. Delete something, "
            "use another project, or ask for more.",
            details=fault.message,
        ) from fault


def _reserve(account: str, project: str, amount: int) -> None:
    try:
        serial = _promised(account, project, amount)
    except ItemNotFound as fault:
        raise Forbidden(
            f"The project {project} gives this account no storage. Join it, or use another.",
            details=fault.message,
        ) from fault
    try:
        _record(account, project, serial, amount)
    except BaseException:
        quota.service().resolve_commissions(reject=[serial])
        raise


def _promised(account: str, project: str, amount: int) -> int:
    """Ask for a promise; an account that is no user's is its project's own."""
    rows = Allowance.objects.filter(account=account, project=project)
    is_common = rows.filter(is_common=True).exists()
    try:
        return _issued(account, project, amount, is_common=is_common)
    except ItemNotFound:
        if is_common or account != project:
            raise
    serial = _issued(account, project, amount, is_common=True)
    _made(account, project)
    rows.update(is_common=True)
    return serial


def _issued(account: str, project: str, amount: int, *, is_common: bool) -> int:
    provisions = quota.provisions(account, project, amount, is_common=is_common)
    return quota.service().issue_commission(provisions, name=account)


def _record(account: str, project: str, serial: int, amount: int) -> None:
    _made(account, project)
    with transaction.atomic(using=DB):
        row = Allowance.objects.select_for_update().get(account=account, project=project)
        row.serials = [*row.serials, serial]
        row.reserved += amount
        row.is_dirty = True
        row.save(update_fields=["serials", "reserved", "is_dirty"])


def _made(account: str, project: str) -> None:
    Allowance.objects.bulk_create(
        [Allowance(account=account, project=project)], ignore_conflicts=True
    )


def settle_if_much(account: str, project: str) -> None:
    """Tell the quota service at once of large changes; small ones wait for the sweep."""
    step = conf.of(PithosSettings).pithos_quota_step
    rows = Allowance.objects.filter(account=account, project=project)
    found = rows.values_list("pk", "used").first()
    if found is not None and abs(found[1]) >= step // 16:
        settlements.settle(found[0])


def settle_now(account: str, project: str) -> None:
    """Tell the quota service at once, as when the last of something goes."""
    rows = Allowance.objects.filter(account=account, project=project)
    for allowance_id in rows.values_list("pk", flat=True):
        settlements.settle(allowance_id)
