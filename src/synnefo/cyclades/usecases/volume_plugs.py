"""Volumes into servers and out of them, larger, and away. Spec: compute 3.4, 8.4."""

from django.db import transaction
from django.db.models import Max

from synnefo.cyclades.domain import costs, names, placement
from synnefo.cyclades.domain.instances import DiskSpec
from synnefo.cyclades.domain.server_states import Action, State, Task, check
from synnefo.cyclades.engines.compute import EngineRefused, EngineUnreachable
from synnefo.cyclades.models import Cluster, Server, Volume
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import (
    builds,
    clusters,
    commissions,
    histories,
    server_actions,
    servers,
    volume_outcomes,
    volumes,
)
from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest, Conflict, ServiceUnavailable
from synnefo.serve.errands import Errand, Later
from synnefo.serve.http import Caller

DB = "cyclades"
ATTACH = Errand("cyclades.attach_volume", give_up_after=600)
DETACH = Errand("cyclades.detach_volume", give_up_after=600)
GROW = Errand("cyclades.grow_volume", give_up_after=3600)
PURGE = Errand("cyclades.purge_volume", give_up_after=86400)
_HELPER = "helper"
_POLL = 1.0


def _check(caller: Caller, server: Server, action: Action) -> None:
    hotplug = conf.of(CycladesSettings).ganeti_use_hotplug
    check(action, server.standing, admin=caller.is_admin, hotplug=hotplug)


def _locked(volume_id: int) -> Volume:
    rows = Volume.objects.select_for_update(of=("self",)).select_related("volume_type")
    return rows.get(id=volume_id)


def attach(caller: Caller, server_id: str, volume_id: str) -> Volume:
    """Record that a free volume goes into a server; its cluster hears of it soon."""
    found = volumes.visible(caller, volume_id)
    with transaction.atomic(using=DB):
        server = servers.locked(caller, server_id)
        _check(caller, server, Action.ATTACH_VOLUME)
        volume = _locked(found.id)
        _check_attachable(server, volume)
        highest = server.volumes.filter(deleted=False).aggregate(top=Max("index"))["top"]
        volume.index = 0 if highest is None else highest + 1
        volume.server, volume.status, volume.updated = server, "ATTACHING", clock.now()
        volume.save(update_fields=["index", "server", "status", "updated"])
        since = _record(caller, server, Task.ATTACH_VOLUME)
        ATTACH.later(server_id=server.id, volume_id=volume.id, since=since)
    return volume


def _check_attachable(server: Server, volume: Volume) -> None:
    if volume.status != "AVAILABLE":
        raise BadRequest(f"The volume {volume.id} is {volume.status.lower()}, not available.")
    if volume.volume_type.disk_template != server.flavor.volume_type.disk_template:
        raise BadRequest("The volume is of another kind than the disks of this server.")
    most = conf.of(CycladesSettings).ganeti_max_disks_per_instance
    if server.volumes.filter(deleted=False).count() >= most:
        raise BadRequest(f"A server can have at most {most} disks.")


def detach(caller: Caller, server_id: str, volume_id: str) -> Volume:
    """Record that a server lets go of a volume, which keeps what it holds."""
    volume = _leaving(caller, server_id, volume_id, status="DETACHING")
    if not volumes.is_detachable(volume.volume_type):
        raise BadRequest("Volumes of this kind cannot be detached.")
    return volume


def _leaving(caller: Caller, server_id: str, volume_id: str, *, status: str) -> Volume:
    found = volumes.visible(caller, volume_id)
    if status == "DETACHING" and not volumes.is_detachable(found.volume_type):
        raise BadRequest("Volumes of this kind cannot be detached.")
    with transaction.atomic(using=DB):
        server = servers.locked(caller, server_id)
        volume = _locked(found.id)
        if volume.server_id != server.id:
            raise BadRequest(f"The volume {volume_id} is not attached to this server.")
        if volume.index == 0:
            raise BadRequest("The volume boots its server and stays with it.")
        if volume.status not in {"IN_USE", "ERROR"}:
            raise BadRequest(f"The volume {volume_id} is {volume.status.lower()} right now.")
        _check(caller, server, Action.DETACH_VOLUME)
        volume.status, volume.updated = status, clock.now()
        volume.save(update_fields=["status", "updated"])
        since = _record(caller, server, Task.DETACH_VOLUME)
        DETACH.later(server_id=server.id, volume_id=volume.id, since=since)
    return volume


def _record(caller: Caller, server: Server, task: Task) -> str:
    """Mark a locked server as busy; answer since when."""
    moment = clock.now()
    server.action = server.task = task
    server.task_job_id = None
    server.task_since = server.updated = moment
    server.save()
    histories.began(caller, server, task.lower())
    return moment.isoformat()


def delete(caller: Caller, volume_id: str) -> None:
    """Delete a volume: at once when no cluster has it, else its cluster removes it first."""
    volume = volumes.visible(caller, volume_id)
    if volume.server_id is not None and volume.status != "AVAILABLE":
        _leaving(caller, str(volume.server_id), volume_id, status="DELETING")
        return
    with transaction.atomic(using=DB):
        row = _locked(volume.id)
        if row.status not in {"AVAILABLE", "ERROR"}:
            raise BadRequest(f"The volume {volume_id} is {row.status.lower()} right now.")
        if row.backendjobid is None:
            volume_outcomes.bury(row)
            return
        row.status, row.updated = "DELETING", clock.now()
        row.save(update_fields=["status", "updated"])
        PURGE.later(volume_id=row.id, cluster_id=None, job=None)


def grow(caller: Caller, volume_id: str, size: int) -> Volume:
    """Promise the room for a larger volume; it is there when its cluster has made it so."""
    volume = volumes.visible(caller, volume_id)
    volumes.check_size(size)
    if size <= volume.size:
        raise BadRequest(f"The volume has {volume.size} GiB already; it can only grow.")
    if volume.status not in {"AVAILABLE", "IN_USE"}:
        raise BadRequest(f"The volume {volume_id} is {volume.status.lower()} right now.")
    if volume.server_id is None and volume.backendjobid is not None:
        raise BadRequest("Attach the volume first: it grows on its server's cluster.")
    charge = costs.of_volumes(size - volume.size)
    wanted = commissions.provisions(volume.userid, volume.project, charge)
    with (
        commissions.reserve(wanted, f"client: api, grow volume {volume.id}") as serial,
        transaction.atomic(using=DB),
    ):
        row = _locked(volume.id)
        if _facts(row) != _facts(volume):
            raise Conflict("The volume has changed in this moment. Look, and try again.")
        if row.server_id is None:
            row.size = size
            _decide(serial, kept=True)
        else:
            row.status = "EXTENDING"
            GROW.later(volume_id=row.id, size=size, serial=serial, job=None)
        row.updated = clock.now()
        row.save(update_fields=["size", "status", "updated"])
    return row


def _facts(row: Volume) -> tuple[object, ...]:
    """Answer what the charge of a growing was reckoned for."""
    return row.status, row.size, row.userid, row.project


def _decide(serial: int | None, *, kept: bool) -> None:
    if serial is not None and kept:
        commissions.ledger().accept(serial)
    elif serial is not None:
        commissions.ledger().reject(serial)


def carry_attach(server_id: int, volume_id: int, since: str) -> None:
    """Take a recorded attachment to the cluster; safe to run twice."""
    server = server_actions.waiting(server_id, Action.ATTACH_VOLUME, since)
    volume = Volume.objects.select_related("volume_type").filter(id=volume_id).first()
    if server is None or volume is None or server.cluster is None:
        return
    try:
        job = clusters.engine_of(server.cluster).compute.attach_disk(
            _instance(server_id), _disk(volume), hotplug=_hotplug(server)
        )
    except EngineUnreachable as error:
        raise ServiceUnavailable(str(error)) from error
    except EngineRefused as error:
        refused(server_id, since, str(error))
        return
    server_actions.attach_job(server, job)


def _instance(server_id: int) -> str:
    return names.instance(conf.of(CycladesSettings).backend_prefix_id, server_id)


def _hotplug(server: Server) -> bool:
    return server.state is State.STARTED and conf.of(CycladesSettings).ganeti_use_hotplug


def _disk(volume: Volume) -> DiskSpec:
    """Describe a volume that goes into a server; one that was made before keeps its data."""
    spec = builds.disk_spec(volume)
    if not volumes.is_detachable(volume.volume_type):
        return spec
    is_made = volume.backendjobid is not None
    extra = {**spec.extra, "reuse_data": str(is_made)}
    if is_made:
        return DiskSpec(
            name=spec.name, size_mib=spec.size_mib, provider=spec.provider, extra=extra
        )
    return DiskSpec(
        name=spec.name,
        size_mib=spec.size_mib,
        provider=spec.provider,
        origin=spec.origin,
        origin_size=spec.origin_size,
        extra=extra,
    )


def carry_detach(server_id: int, volume_id: int, since: str) -> None:
    """Take a recorded removal to the cluster; safe to run twice."""
    server = server_actions.waiting(server_id, Action.DETACH_VOLUME, since)
    volume = Volume.objects.filter(id=volume_id).first()
    if server is None or volume is None or server.cluster is None:
        return
    prefix = conf.of(CycladesSettings).backend_prefix_id
    try:
        job = clusters.engine_of(server.cluster).compute.detach_disk(
            _instance(server_id),
            names.volume(prefix, volume_id),
            keep=volume.status == "DETACHING",
            hotplug=_hotplug(server),
        )
    except EngineUnreachable as error:
        raise ServiceUnavailable(str(error)) from error
    except EngineRefused as error:
        refused(server_id, since, str(error))
        return
    server_actions.attach_job(server, job)


def refused(server_id: int, since: str, reason: str) -> None:
    """Give up what the cluster refuses: volumes are where they were."""
    with transaction.atomic(using=DB):
        server = Server.objects.select_for_update(of=("self",)).get(id=server_id)
        if server.task_since is not None and server.task_since.isoformat() == since:
            volume_outcomes.settle(server, succeeded=False)
    server_actions.fail(server_id, since, reason)


def carry_growth(volume_id: int, size: int, serial: int | None, job: int | None) -> None:
    """Have the cluster grow a volume and wait for it; safe to run twice."""
    volume = Volume.objects.select_related("server__cluster").get(id=volume_id)
    if volume.status != "EXTENDING":
        return
    cluster = volume.server.cluster if volume.server else None
    if cluster is None:
        grown(volume_id, size, serial, succeeded=False)
        return
    try:
        _grow(volume, cluster, (size, serial, job))
    except EngineUnreachable as error:
        raise ServiceUnavailable(str(error)) from error
    except EngineRefused as error:
        if volume.server is not None:
            histories.diagnose(volume.server, str(error), source="volume")
        grown(volume_id, size, serial, succeeded=False)


def _grow(volume: Volume, cluster: Cluster, wish: tuple[int, int | None, int | None]) -> None:
    size, serial, job = wish
    engine = clusters.engine_of(cluster).compute
    if job is None:
        disk = names.volume(conf.of(CycladesSettings).backend_prefix_id, volume.id)
        mib = (size - volume.size) * 1024
        job = engine.grow_disk(_instance(volume.server_id or 0), disk, mib)
        GROW.later(volume_id=volume.id, size=size, serial=serial, job=job, delay=_POLL)
        return
    facts = engine.job(job)
    if facts is not None and facts.status not in {"success", "error", "canceled"}:
        raise Later(_POLL)
    grown(volume.id, size, serial, succeeded=facts is None or facts.status == "success")


def grown(volume_id: int, size: int, serial: int | None, *, succeeded: bool) -> None:
    """Settle a growing: the size and its quota, or neither."""
    with transaction.atomic(using=DB):
        row = _locked(volume_id)
        if row.status != "EXTENDING":
            return
        row.status = "AVAILABLE" if row.server_id is None else "IN_USE"
        row.size = size if succeeded else row.size
        row.updated = clock.now()
        row.save(update_fields=["status", "size", "updated"])
        _decide(serial, kept=succeeded)
    commissions.tell_decided()


def carry_purge(volume_id: int, cluster_id: int | None, job: int | None) -> None:
    """Have a cluster remove what a detached volume holds, and wait for it."""
    volume = Volume.objects.select_related("volume_type").get(id=volume_id)
    if volume.deleted or volume.status != "DELETING":
        return
    try:
        if job is None or cluster_id is None:
            _begin_purge(volume)
            return
        facts = clusters.engine_of(Cluster.objects.get(id=cluster_id)).compute.job(job)
    except EngineUnreachable as error:
        raise ServiceUnavailable(str(error)) from error
    except EngineRefused as error:
        raise ServiceUnavailable(str(error)) from error
    if facts is not None and facts.status not in {"success", "error", "canceled"}:
        raise Later(_POLL)
    with transaction.atomic(using=DB):
        row = _locked(volume_id)
        if facts is None or facts.status == "success":
            volume_outcomes.bury(row)
        else:
            row.status = "ERROR"
            row.save(update_fields=["status"])


def _begin_purge(volume: Volume) -> None:
    """Ask a cluster that has such storage; every one reaches the same."""
    template, _provider = placement.template_of(volume.volume_type.disk_template)
    online = Cluster.objects.filter(offline=False).order_by("drained", "id")
    fit = [one for one in online if template in (one.disk_templates or [template])]
    if not fit:
        raise ServiceUnavailable("No cluster with such storage is online.")
    settings = conf.of(CycladesSettings)
    helper = f"{settings.backend_prefix_id}{_HELPER}-{volume.id}"
    job = clusters.engine_of(fit[0]).compute.purge_disk(helper, _disk(volume))
    PURGE.later(volume_id=volume.id, cluster_id=fit[0].id, job=job, delay=_POLL)
