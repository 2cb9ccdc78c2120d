"""What a container, or its whole account, may hold at most by its own rules.

What a user may hold in a project is the quota service's, in `allowances`.
Spec: object-storage 16.1, 18.2.
"""

from collections.abc import Iterable

from django.db.models import Sum

from synnefo.kit.faults import TooLarge
from synnefo.pithos.models import Tally
from synnefo.pithos.usecases.found import Box


def check(box: Box, more: int, growth: int) -> None:
    """Refuse what brought a container, by `more` objects and `growth` bytes, above its quota."""
    if more > 0 and box.quota_count:
        _refuse_beyond(box.quota_count, sum(_held(box, "population")), "objects")
    if growth > 0 and box.policy.quota:
        _refuse_beyond(box.policy.quota, sum(_held(box, "size")), "bytes")
    if growth > 0 and box.account_quota:
        parts = Tally.objects.filter(container__account=box.account)
        total = parts.aggregate(total=Sum("size"))["total"] or 0
        _refuse_beyond(box.account_quota, total, "bytes", whose="account")


def _held(box: Box, column: str) -> Iterable[int]:
    rows = Tally.objects.select_for_update().filter(container_id=box.id)
    return rows.values_list(column, flat=True)


def _refuse_beyond(quota: int, total: int, what: str, *, whose: str = "container") -> None:
    if total > quota:
        raise TooLarge(
            f"The {whose} may hold {quota} {what} and would hold {total}. "
            "Delete something or raise its quota."
        )
