"""What a cluster has of the disks of a server, taken over. Spec: compute 11.11."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import transaction

from synnefo.cyclades.domain import costs, differences, names
from synnefo.cyclades.domain.differences import Disk
from synnefo.cyclades.domain.instances import DiskSpec
from synnefo.cyclades.models import Cluster, Flavor, Server, Volume
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import commissions
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.kit import clock, conf
from synnefo.kit.ids import new_uuid
from synnefo.kit.logs import get_logger
from synnefo.wire.provisions import Provision

log = get_logger(__name__)
DB = "cyclades"
_MOVING = frozenset({"ATTACHING", "DETACHING"})


class _Match(msgspec.Struct, frozen=True):
    """A volume with the disk that the cluster has for it, and where; None when it has none."""

    volume: Volume
    spec: DiskSpec | None
    index: int | None


def provisions(server: Server, specs: Sequence[DiskSpec], moment: datetime) -> list[Provision]:
    """Tell what the observation costs, each volume on its own project."""
    wanted: list[Provision] = []
    for match in _matches(server, specs):
        volume = match.volume
        gib = _growth(match, moment)
        if gib:
            charge = {key: value * gib for key, value in costs.of_volumes(1).items()}
            wanted += commissions.provisions(volume.userid, volume.project, charge)
    return wanted


def _growth(match: _Match, moment: datetime) -> int:
    """Tell by how many GiB its owner's quota changes."""
    volume = match.volume
    if match.spec is None:
        return -volume.size if _is_lost(volume, moment) and _is_charged(volume) else 0
    size = differences.gib_of(match.spec) or volume.size
    return size - (volume.size if _is_charged(volume) else 0)


def _is_charged(volume: Volume) -> bool:
    """Tell whether quota holds a volume: all but those that were taken over just now."""
    return not (volume.status == "CREATING" and volume.backendjobid is None)


def observe(server: Server, specs: Sequence[DiskSpec], moment: datetime) -> None:
    """Copy what is there into the volumes of a locked server, inside the caller's transaction."""
    for match in _matches(server, specs):
        if match.spec is None:
            _note_absence(match.volume, moment)
        else:
            _copy(server, match)


def _matches(server: Server, specs: Sequence[DiskSpec]) -> list[_Match]:
    prefix = conf.of(CycladesSettings).backend_prefix_id
    there = {names.volume_of(prefix, spec.name): i for i, spec in enumerate(specs)}
    found = []
    for volume in server.volumes.filter(deleted=False).order_by("id"):
        index = there.get(volume.id)
        found.append(_Match(volume, None if index is None else specs[index], index))
    return found


def _copy(server: Server, match: _Match) -> None:
    volume, spec = match.volume, match.spec
    size = (differences.gib_of(spec) if spec else 0) or volume.size
    if match.index == 0 and size != volume.size:
        _follow_root(server, size)
    volume.status, volume.index, volume.size = "IN_USE", match.index, size
    volume.backendjobid = volume.backendjobid or server.backendjobid or 0
    volume.updated = clock.now()
    volume.save(update_fields=["status", "index", "size", "backendjobid", "updated"])


def _follow_root(server: Server, size: int) -> None:
    """Give a server whose root disk changed the flavor of that size, if there is one."""
    old = server.flavor
    found = Flavor.objects.filter(
        cpu=old.cpu, ram=old.ram, disk=size, volume_type=old.volume_type_id
    ).first()
    server.flavor = found or old


def _note_absence(volume: Volume, moment: datetime) -> None:
    if volume.status in _MOVING:
        volume.status, volume.server, volume.index = "AVAILABLE", None, None
    elif _is_lost(volume, moment):
        volume.status, volume.deleted, volume.server = "DELETED", True, None
    else:
        return
    volume.updated = clock.now()
    volume.save(update_fields=["status", "deleted", "server", "index", "updated"])


def _is_lost(volume: Volume, moment: datetime) -> bool:
    if volume.status in _MOVING:
        return False
    return differences.is_lost(
        Disk(
            id=volume.id,
            size=volume.size,
            index=volume.index,
            status=volume.status,
            created=volume.created,
        ),
        moment,
    )


def adopt(cluster: Cluster, server_id: int) -> None:
    """Make volumes of the disks that no volume has, and name the disks after them.

    The next look finds them by their names and charges them. Where volumes of the server miss
    their disks at the same time nobody can tell which is which: then a person must.
    """
    settings = conf.of(CycladesSettings)
    compute = engine_of(cluster).compute
    name = names.instance(settings.backend_prefix_id, server_id)
    facts = compute.instance(name)
    if facts is None:
        return
    unknown = {
        index: spec
        for index, spec in enumerate(facts.disks)
        if names.volume_of(settings.backend_prefix_id, spec.name) is None
    }
    for index, volume in _volumes_for(server_id, facts.disks, unknown).items():
        named = names.volume(settings.backend_prefix_id, volume.id)
        compute.rename_disk(name, index, named)


def _volumes_for(
    server_id: int, specs: Sequence[DiskSpec], unknown: dict[int, DiskSpec]
) -> dict[int, Volume]:
    with transaction.atomic(using=DB):
        server = Server.objects.select_for_update(of=("self",)).get(id=server_id)
        held = _matches(server, specs)
        waiting = {m.volume.index: m.volume for m in held if _was_adopted(m)}
        lost = [m for m in held if m.spec is None and not _was_adopted(m)]
        if server.deleted or lost:
            log.warning("disks-need-a-person", server=server_id, lost=len(lost))
            return {}
        return {i: waiting.get(i) or _record(server, i, spec) for i, spec in unknown.items()}


def _was_adopted(match: _Match) -> bool:
    return match.spec is None and not _is_charged(match.volume)


def _record(server: Server, index: int, spec: DiskSpec) -> Volume:
    moment = clock.now()
    return Volume.objects.create(
        uuid=new_uuid(),
        name=f"Disk {index} of {server.name}"[:255],
        userid=server.userid,
        project=server.project,
        size=differences.gib_of(spec),
        volume_type_id=server.flavor.volume_type_id,
        status="CREATING",
        server=server,
        index=index,
        created=moment,
        updated=moment,
    )
