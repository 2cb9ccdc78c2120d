"""What the end of a job means for the volumes that were on their way. Spec: compute 3.4."""

from collections.abc import Iterable

from django.db import transaction

from synnefo.cyclades.domain import costs
from synnefo.cyclades.models import Server, Volume
from synnefo.cyclades.usecases import commissions
from synnefo.kit import clock
from synnefo.serve.errands import Errand
from synnefo.wire.provisions import Provision

Held = tuple[str, str, int]
"""The owner of a volume, the project that pays for it, and its size in GiB."""
RELEASE = Errand("cyclades.release_volume_quota", give_up_after=86400)


def settle(server: Server, *, succeeded: bool) -> None:
    """Put the moving volumes of a locked server where the job has left them."""
    moment = clock.now()
    moving = server.volumes.filter(deleted=False)
    if not succeeded:
        moving.filter(status="ATTACHING").update(
            status="AVAILABLE", server=None, index=None, updated=moment
        )
        moving.filter(status__in=("DETACHING", "DELETING")).update(status="IN_USE", updated=moment)
        return
    moving.filter(status="ATTACHING").update(
        status="IN_USE", backendjobid=server.task_job_id or 0, updated=moment
    )
    moving.filter(status="DETACHING").update(
        status="AVAILABLE", server=None, index=None, updated=moment
    )
    for volume in moving.filter(status="DELETING"):
        bury(volume)


def given_back(held: Iterable[Held]) -> list[Provision]:
    """Tell what is given back when volumes go, each to the project that pays for it."""
    sums: dict[tuple[str, str], int] = {}
    for user, project, size in held:
        sums[user, project] = sums.get((user, project), 0) + size
    wanted: list[Provision] = []
    for (user, project), size in sums.items():
        wanted += commissions.provisions(user, project, costs.of_volumes(size), times=-1)
    return wanted


def bury(volume: Volume) -> None:
    """Mark a volume deleted, inside the caller's transaction; its quota is given back soon."""
    volume.status, volume.deleted, volume.server, volume.index = "DELETED", True, None, None
    volume.updated = clock.now()
    volume.save(update_fields=["status", "deleted", "server", "index", "updated"])
    RELEASE.later(volume_id=volume.id)


def release(volume_id: int) -> None:
    """Give back the quota of a deleted volume, once however often this is run.

    The size of a deleted row is what quota still holds for it.
    """
    volume = Volume.objects.get(id=volume_id)
    if not volume.deleted or not volume.size:
        return
    charge = {name: -amount for name, amount in costs.of_volumes(volume.size).items()}
    wanted = commissions.provisions(volume.userid, volume.project, charge)
    with (
        commissions.reserve(wanted, f"delete volume {volume_id}", force=True) as serial,
        transaction.atomic(using="cyclades"),
    ):
        changed = Volume.objects.filter(id=volume_id, size=volume.size).update(size=0)
        if serial is not None and changed:
            commissions.ledger().accept(serial)
        elif serial is not None:
            commissions.ledger().reject(serial)
