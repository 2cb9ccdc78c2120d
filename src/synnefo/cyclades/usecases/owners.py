"""Servers and networks that change hands. Spec: compute 16.3, network 14."""

from django.db import transaction

from synnefo.cyclades.domain import costs, network_costs
from synnefo.cyclades.models import IPAddress, Network, Port, Server, Volume
from synnefo.cyclades.usecases import addresses, commissions, volume_outcomes
from synnefo.kit import clock
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound

DB = "cyclades"


def hand_over(server_id: str, user: str, project: str | None = None) -> Server:
    """Give a server, its disks and its ports to another user, who is charged for it from now on.

    Floating IPs stay with the user who reserved them: Conflict while the server carries one.
    """
    server = Server.objects.select_related("flavor").filter(id=int(server_id)).first()
    if server is None or server.deleted:
        raise ItemNotFound(f"There is no server '{server_id}'.")
    _check(server)
    target = project or user
    disks = [*server.volumes.filter(deleted=False).values_list("userid", "project", "size")]
    held, whole = _held(server, 0), _held(server, sum(size for _user, _project, size in disks))
    wanted = [
        *commissions.provisions(server.userid, server.project, held, times=-1),
        *volume_outcomes.given_back(disks),
        *commissions.provisions(user, target, whole),
    ]
    before = (server.userid, server.project, server.operstate)
    with (
        commissions.reserve(wanted, f"client: manage, server {server.id}") as serial,
        transaction.atomic(using=DB),
    ):
        row = Server.objects.select_for_update(of=("self",)).get(id=server.id)
        if (row.userid, row.project, row.operstate) != before or row.task is not None:
            raise Conflict("The server changed in this moment. Look, and try again.")
        _write(row, user, target)
        if serial is not None:
            commissions.ledger().accept(serial)
    return row


def _check(server: Server) -> None:
    if server.task is not None:
        raise Conflict(f"The server {server.id} is busy. Try again shortly.")
    if IPAddress.objects.live().floating().filter(port__server=server).exists():
        raise Conflict("Detach the server's floating IPs first: they belong to its old owner.")


def _held(server: Server, disks: int) -> costs.Charge:
    size = costs.Size(cpu=server.flavor.cpu, ram=server.flavor.ram, disk=disks)
    return costs.of_existing(server.state, size)


def _write(row: Server, user: str, project: str) -> None:
    moment = clock.now()
    row.userid, row.project, row.updated = user, project, moment
    row.save(update_fields=["userid", "project", "updated"])
    volumes = Volume.objects.filter(server=row, deleted=False)
    volumes.update(userid=user, project=project, updated=moment)
    Port.objects.filter(server=row).update(userid=user)
    IPAddress.objects.live().filter(port__server=row).update(userid=user)


def hand_over_network(network_id: int, user: str) -> Network:
    """Give a private network to another user, who is charged for it from now on."""
    network = Network.objects.get(id=network_id)
    if network.public:
        raise BadRequest("A public network belongs to nobody.")
    charge = network_costs.of_network(public=False) if network.charged else {}
    wanted = [
        *commissions.provisions(network.userid or "", network.project or "", charge, times=-1),
        *commissions.provisions(user, user, charge),
    ]
    with (
        commissions.reserve(wanted, f"client: manage, network {network.id}") as serial,
        transaction.atomic(using=DB),
    ):
        row = addresses.lock_network(network.id)
        if row.deleted or row.userid != network.userid:
            raise Conflict("The network changed in this moment. Look, and try again.")
        row.userid, row.project = user, user
        row.save(update_fields=["userid", "project", "updated"])
        row.subnets.update(userid=user)
        if serial is not None:
            commissions.ledger().accept(serial)
    return row
