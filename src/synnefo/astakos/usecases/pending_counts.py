"""Waiting applications counted anew and compared with the ledger. Spec: identity 4.8, 16.6."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from synnefo.astakos.domain import ledger
from synnefo.astakos.domain.ledger import NoCapacity
from synnefo.astakos.models import Holding, ProjectApplication
from synnefo.astakos.usecases import commissions
from synnefo.astakos.usecases.pending_apps import CLIENT, RESOURCE
from synnefo.kit.faults import Conflict
from synnefo.wire.provisions import Provision, project_holder, user_holder


class Difference(msgspec.Struct, frozen=True):
    """A holding whose usage is not the number of applications that wait."""

    holder: str
    source: str
    counted: int
    used: int

    def told(self) -> tuple[str, str, str, str, int, int]:
        """Answer the row that is shown: type, holder, source, resource and both numbers."""
        kind = self.holder.partition(":")[0]
        return kind, self.holder, self.source, RESOURCE, self.counted, self.used


def unsettled() -> list[int]:
    """List the serials of this service's own commissions that wait for a verdict."""
    return commissions.pending(CLIENT)


def differences(*, user: str | None = None, project: str | None = None) -> list[Difference]:
    """Compare the applications that wait with what the ledger says, of one holder or of all."""
    wanted = _counted()
    held = {row.key: row.usage_max for row in Holding.objects.filter(resource=RESOURCE)}
    keys = sorted({*(key for key in wanted if key in held), *held})
    only = _only(user, project)
    return [
        Difference(key[0], key[1], wanted[key], held[key])
        for key in keys
        if wanted[key] != held[key] and (not only or key[0] in only)
    ]


def repair(found: Sequence[Difference], *, force: bool) -> None:
    """Set usage right by one commission; Conflict names the limit that stands in the way."""
    provisions = [
        Provision(one.holder, one.source or None, RESOURCE, one.counted - one.used)
        for one in found
    ]
    order = commissions.Order(provisions, "reconcile-resources-astakos", force, auto_accept=True)
    try:
        commissions.issue(CLIENT, order)
    except NoCapacity as fault:
        raise Conflict(f"{fault.message} With --force the limit is exceeded.") from fault


def _only(user: str | None, project: str | None) -> set[str]:
    named = [user_holder(user)] if user else []
    return {*named, *([project_holder(project)] if project else [])}


def _counted() -> Counter[ledger.Key]:
    """Count the applications that wait, for the applicant and for the applicant's own project."""
    found: Counter[ledger.Key] = Counter()
    waiting = ProjectApplication.objects.pending().values_list("applicant__uuid", flat=True)
    for uuid in waiting:
        own = project_holder(uuid)
        found[user_holder(uuid), own, RESOURCE] += 1
        found[own, "", RESOURCE] += 1
    return found
