"""The count of applications that wait, charged to who made them. Spec: identity 4.8."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from synnefo.astakos.domain.ledger import NoCapacity, NoHolding, NoQuantity
from synnefo.astakos.domain.messages import fill
from synnefo.astakos.models import Holding, ProjectApplication, User
from synnefo.astakos.usecases import commissions
from synnefo.kit.faults import Conflict
from synnefo.wire.provisions import INF, charge, project_holder, user_holder

RESOURCE = "astakos.pending_app"
CLIENT = "astakos"
_NEW, _CHANGE = "REACHED_PENDING_APPLICATION_LIMIT", "PENDING_APPLICATION_LIMIT_MODIFY"


class Allowance(msgspec.Struct, frozen=True):
    """How many applications may wait, do wait, and would wait with one more."""

    limit: int
    usage: int
    after: int

    @property
    def fits(self) -> bool:
        """Tell whether one more may be made."""
        return self.after <= self.limit


def add(
    applicant: User, replaced: Iterable[User], *, force: bool, is_change: bool = False
) -> None:
    """Count one more application of somebody's, and those that it replaces no more.

    Conflict when it is one too many.
    """
    delta = Counter({applicant.uuid: 1})
    delta.subtract(user.uuid for user in replaced)
    try:
        _commission(delta, force=force)
    except NoCapacity as fault:
        limit = fault.data.limit
        raise Conflict(fill(_CHANGE if is_change else _NEW, limit=limit)) from fault
    except NoHolding as fault:
        raise Conflict("Only users with a system project can apply for projects.") from fault


def refund(applicant: User) -> None:
    """Count an application of somebody's no more; one that was never counted is let be."""
    with suppress(NoHolding, NoQuantity):
        _commission(Counter({applicant.uuid: -1}), force=True)


def correct(applicant: User, delta: int, *, force: bool) -> None:
    """Bring a count in line with the applications that really wait."""
    _commission(Counter({applicant.uuid: delta}), force=force)


def allowance(user: User, project_id: int | None = None) -> Allowance:
    """Tell, without a lock, whether somebody may make one more application.

    Their own that wait on the same project would be replaced. Spec: identity 4.8.
    """
    row = Holding.objects.filter(
        holder=user_holder(user.uuid), source=project_holder(user.uuid), resource=RESOURCE
    ).first()
    if row is None:
        return Allowance(INF, 0, 1)
    waiting = ProjectApplication.objects.pending().filter(applicant=user, chain=project_id)
    own = waiting.count() if project_id is not None else 0
    return Allowance(row.limit, row.usage_max, row.usage_max + 1 - own)


def _commission(delta: Counter[str], *, force: bool) -> None:
    provisions = [
        one
        for uuid, count in delta.items()
        if count
        for one in charge(uuid, uuid, RESOURCE, count)
    ]
    if provisions:
        order = commissions.Order(provisions, force=force, auto_accept=True)
        commissions.issue(CLIENT, order)
