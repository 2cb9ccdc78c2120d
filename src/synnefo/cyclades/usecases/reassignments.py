"""Servers and volumes move to another project, which pays for them from then on.

Spec: compute 14.3; identity 4.9.
"""

from django.db import transaction

from synnefo.cyclades.domain import costs
from synnefo.cyclades.domain.server_states import Action, WrongState, check
from synnefo.cyclades.models import FlavorAccess, ProjectCluster, Server, Volume
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.usecases import commissions, histories, server_actions, servers, volumes
from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest, Conflict, Forbidden
from synnefo.serve.http import Caller
from synnefo.wire.provisions import Provision

DB = "cyclades"
_AT_REST = frozenset({"AVAILABLE", "IN_USE", "ERROR"})


def move_server(
    caller: Caller, server_id: str, *, project: str, shared_to_project: bool
) -> Server:
    """Move a server and the volume that it boots from to another project, or share them.

    Its other volumes and its floating IPs stay where they are.
    """
    server = servers.show(caller, server_id)
    _check_mover(caller, server.userid, shared=shared_to_project)
    server_actions.check_lock(caller, server)
    check(Action.REASSIGN, server.standing, admin=caller.is_admin)
    if project != server.project:
        _check_target(server, project)
    root = _system_volume(server)
    with (
        commissions.reserve(
            _bill_of_server(server, root, project), f"client: api, reassign server {server.id}"
        ) as serial,
        transaction.atomic(using=DB),
    ):
        row = servers.locked(caller, server_id)
        if _facts(row, _system_volume(row, locked=True)) != _facts(server, root):
            raise Conflict("The server has changed in this moment. Look, and try again.")
        if serial is not None:
            commissions.ledger().accept(serial)
        for one in (row, root):
            _write(one, project, shared=shared_to_project)
        histories.began(caller, row, Action.REASSIGN.lower())
        histories.ended(row.id)
    return row


def _check_mover(caller: Caller, owner: str, *, shared: bool) -> None:
    if owner != caller.user_id and not caller.is_admin:
        raise Forbidden("Only its owner may move this to another project.")
    if shared and not conf.of(NetworkSettings).cyclades_shared_resources_enabled:
        raise Forbidden("Sharing with a project is switched off here.")


def _check_target(server: Server, project: str) -> None:
    """Refuse a project that could not have made this server where it is."""
    flavor, cluster = server.flavor, server.cluster
    opened = FlavorAccess.objects.filter(flavor=flavor, project=project)
    if not flavor.public and not opened.exists():
        raise Forbidden("That project may not use the flavor of this server.")
    mapped = ProjectCluster.objects.filter(cluster=cluster, project=project)
    if cluster is not None and not cluster.public and not mapped.exists():
        raise Forbidden("That project may not use the cluster on which this server is.")


def _system_volume(server: Server, *, locked: bool = False) -> Volume | None:
    rows = Volume.objects.filter(server=server, index=0, deleted=False)
    return (rows.select_for_update(of=("self",)) if locked else rows).first()


def _bill_of_server(server: Server, root: Volume | None, project: str) -> list[Provision]:
    size = costs.Size(cpu=server.flavor.cpu, ram=server.flavor.ram)
    bill = _bill(server, costs.of_existing(server.state, size), project)
    return bill if root is None else bill + _bill(root, costs.of_volumes(root.size), project)


def _bill(thing: Server | Volume, charge: costs.Charge, project: str) -> list[Provision]:
    """Write a charge off one project and onto another; nothing when they are the same."""
    if thing.project == project:
        return []
    return [
        *commissions.provisions(thing.userid, thing.project, charge, times=-1),
        *commissions.provisions(thing.userid, project, charge),
    ]


def _facts(server: Server, root: Volume | None) -> tuple[object, ...]:
    """Answer what a bill was written for."""
    if root is not None and root.status == "EXTENDING":
        raise WrongState("The disk of the server is growing. Try again shortly.")
    disk = None if root is None else (root.id, root.userid, root.project, root.size)
    return (
        server.userid,
        server.project,
        server.operstate,
        server.flavor_id,
        server.task,
        server.suspended,
        server.deleted,
        disk,
    )


def _write(thing: Server | Volume | None, project: str, *, shared: bool) -> None:
    if thing is not None:
        thing.project, thing.shared_to_project, thing.updated = project, shared, clock.now()
        thing.save(update_fields=["project", "shared_to_project", "updated"])


def move_volume(
    caller: Caller, volume_id: str, *, project: str, shared_to_project: bool
) -> Volume:
    """Move a volume to another project, or share it; one that boots goes with its server."""
    volume = volumes.visible(caller, volume_id)
    _check_mover(caller, volume.userid, shared=shared_to_project)
    _check_movable(caller, volume, volume.server)
    with (
        commissions.reserve(
            _bill(volume, costs.of_volumes(volume.size), project),
            f"client: api, reassign volume {volume.id}",
        ) as serial,
        transaction.atomic(using=DB),
    ):
        held, row = _locked(volume)
        if _facts_of_volume(row) != _facts_of_volume(volume):
            raise Conflict("The volume has changed in this moment. Look, and try again.")
        _check_movable(caller, row, held)
        if serial is not None:
            commissions.ledger().accept(serial)
        _write(row, project, shared=shared_to_project)
    return row


def _locked(volume: Volume) -> tuple[Server | None, Volume]:
    """Lock a volume, and before it the server that has it."""
    held = None
    if volume.server_id is not None:
        held = Server.objects.select_for_update(of=("self",)).get(id=volume.server_id)
    rows = Volume.objects.select_for_update(of=("self",)).select_related("volume_type")
    return held, rows.get(id=volume.id)


def _facts_of_volume(row: Volume) -> tuple[object, ...]:
    return row.userid, row.project, row.size, row.status, row.server_id, row.deleted


def _check_movable(caller: Caller, volume: Volume, server: Server | None) -> None:
    """Refuse a volume that something is being done to. Spec: compute 3.4, 5.2."""
    if volume.index == 0 and volume.server_id is not None:
        raise Conflict("The volume boots its server. Move the server: the volume goes with it.")
    if server is not None:
        check(Action.REASSIGN, server.standing, admin=caller.is_admin)
    if volume.status not in _AT_REST:
        raise BadRequest(f"The volume {volume.id} is {volume.status.lower()} right now.")
