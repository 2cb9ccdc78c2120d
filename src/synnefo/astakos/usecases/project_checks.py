"""What must agree with projects at all times, checked and brought in line. Spec: identity 2.9.

Every step of a project's life is one transaction, so nothing should ever be found here; what is
found is logged, for it means that somebody wrote past the use cases.
"""

from collections import Counter
from datetime import timedelta

import msgspec
from django.db import transaction

from synnefo.astakos.models import (
    DATABASE,
    Holding,
    Project,
    ProjectApplication,
    ProjectLog,
    ProjectMembershipLog,
    User,
)
from synnefo.astakos.models.projects import INITIALISED
from synnefo.astakos.usecases import limits, pending_apps
from synnefo.astakos.usecases.project_locks import lock
from synnefo.kit.clock import now
from synnefo.kit.logs import get_logger
from synnefo.wire.provisions import project_holder, user_holder

log = get_logger(__name__)

RECENT = timedelta(hours=1)


class Miscount(msgspec.Struct, frozen=True):
    """Somebody whose waiting applications are not as many as are counted."""

    user: str
    waiting: int
    counted: int


def miscounts() -> list[Miscount]:
    """List those whose waiting applications are not as many as the ledger says."""
    pending = ProjectApplication.objects.pending().values_list("applicant__uuid", flat=True)
    waiting = Counter(pending)
    held = Holding.objects.filter(resource=pending_apps.RESOURCE, source__gt="", usage_max__gt=0)
    counted = {
        row.holder.removeprefix("user:"): row.usage_max
        for row in held
        if row.source == f"project:{row.holder.removeprefix('user:')}"
    }
    everybody = sorted({*waiting, *counted})
    return [
        Miscount(uuid, waiting[uuid], counted.get(uuid, 0))
        for uuid in everybody
        if waiting[uuid] != counted.get(uuid, 0)
    ]


def settle() -> None:
    """Set right the counts of waiting applications and the limits of what changed of late."""
    for found in miscounts():
        _recount(found.user)
    for pk in _changed_of_late():
        with transaction.atomic(using=DATABASE):
            project = lock(pk)
            if project.state in INITIALISED:
                limits.sync([project])


def _changed_of_late() -> list[int]:
    since = now() - RECENT
    moved = ProjectLog.objects.filter(date__gte=since).values("project")
    seats = ProjectMembershipLog.objects.filter(date__gte=since).values("membership__project")
    some = Project.objects.filter(pk__in=moved) | Project.objects.filter(pk__in=seats)
    return list(some.order_by("pk").values_list("pk", flat=True))


def _recount(uuid: str) -> None:
    """Count one person's waiting applications anew, with nobody adding to them meanwhile."""
    user = User.objects.filter(uuid=uuid).first()
    if user is None:
        return
    with transaction.atomic(using=DATABASE):
        holders = [user_holder(uuid), project_holder(uuid)]
        held = Holding.objects.filter(holder__in=holders, resource=pending_apps.RESOURCE)
        rows = list(held.order_by("pk").select_for_update())
        own = [row for row in rows if row.holder == user_holder(uuid)]
        counted = own[0].usage_max if own else 0
        waiting = ProjectApplication.objects.pending().filter(applicant=user).count()
        if own and waiting != counted:
            log.warning("waiting-applications-miscounted", user=uuid, was=counted, now=waiting)
            pending_apps.correct(user, waiting - counted, force=True)
