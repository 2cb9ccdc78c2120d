"""Ports: made with their server or alone, and released with it.

`allocate`, `release` and `fail` run inside the caller's transaction.
Spec: network 4.3, 5.4, 10 and 11.
"""

from collections.abc import Iterable, Sequence

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from synnefo.cyclades.domain import names
from synnefo.cyclades.domain.addressing import read_ipv4
from synnefo.cyclades.domain.firewall import FirewallProfile, tag_of
from synnefo.cyclades.domain.instances import NicSpec
from synnefo.cyclades.domain.ports import AddressFacts, Attachment, PortPlan, PortState, Source
from synnefo.cyclades.models import IPAddress, Network, Port, Server
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import addresses
from synnefo.cyclades.usecases.addresses import Taken
from synnefo.cyclades.usecases.port_plans import (
    check_usable,
    find_network,
    plan_for_server,
    private_plan,
)
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, ItemNotFound
from synnefo.serve.http import Caller

__all__ = [
    "addresses_of",
    "allocate",
    "create",
    "delete",
    "fail",
    "nics_of",
    "plan_for_server",
    "release",
    "rename",
]

DEVICE_OWNER = "vm"


def allocate(server: Server, plans: Sequence[PortPlan]) -> list[Port]:
    """Make a new server's ports with their addresses, in the order of the plans.

    Networks are locked in order of id, so that two creations never wait for each other.
    """
    if not plans:
        return []
    wanted = {n for plan in plans for n in (plan.network_id, *plan.others)}
    locked = Network.objects.select_for_update(of=("self",)).filter(id__in=wanted, deleted=False)
    networks = {network.id: network for network in locked.order_by("id")}
    return [_realise(server, plan, networks, index) for index, plan in enumerate(plans)]


def _realise(server: Server, plan: PortPlan, networks: dict[int, Network], index: int) -> Port:
    if plan.source is Source.EXISTING:
        return _plug_existing(server, plan, index)
    network, taken = _address_for(plan, networks)
    port = Port.objects.create(
        network=network,
        server=server,
        userid=server.userid,
        index=index,
        state=PortState.BUILD,
        public=network.public,
        device_owner=DEVICE_OWNER,
    )
    ip = None
    if plan.floating_ip_id is not None:
        ip = addresses.claim_floating(plan.floating_ip_id, port)
    elif taken is not None:
        ip = addresses.keep(taken, userid=server.userid, port=port)
    if ip is not None:
        ip.network = network
        addresses.remember(ip, server.id, "associate", f"associate port {port.id}")
    return port


def _plug_existing(server: Server, plan: PortPlan, index: int) -> Port:
    port = Port.objects.select_for_update(of=("self",)).filter(id=plan.port_id or 0).first()
    if port is None or port.server_id is not None:
        raise Conflict(f"The port {plan.port_id} is in use.", details="PortInUse")
    port.server, port.index, port.device_owner = server, index, DEVICE_OWNER
    port.state = PortState.BUILD
    port.save()
    for ip in port.addresses.select_related("network"):
        addresses.remember(ip, server.id, "associate", f"associate port {port.id}")
    return port


def _address_for(plan: PortPlan, networks: dict[int, Network]) -> tuple[Network, Taken | None]:
    """Take an address of the first network that still has one."""
    choices = [networks[n] for n in (plan.network_id, *plan.others) if n in networks]
    if not choices:
        raise Conflict("A network was deleted meanwhile. Choose another one.")
    if plan.source is not Source.POOL:
        return choices[0], None
    for network in choices[:-1]:
        try:
            return network, addresses.draw(network)
        except Conflict:
            continue
    return choices[-1], addresses.draw(choices[-1], plan.address)


def release(server: Server) -> None:
    """Give back every address of a server that is gone, and remove its ports.

    Spec: network 18.1. A port that its user made before the server dies with it here.
    """
    held = list(Port.objects.filter(server=server).order_by("id"))
    _lock_networks(port.network_id for port in held)
    for port in held:
        addresses.release_port(port)
        port.delete()


def fail(server: Server) -> None:
    """Mark the ports of a server that could not be built. Spec: network 4.3."""
    Port.objects.filter(server=server).exclude(state=PortState.ERROR).update(state=PortState.ERROR)


def _lock_networks(ids: Iterable[int]) -> None:
    rows = Network.objects.select_for_update(of=("self",)).filter(id__in=set(ids)).order_by("id")
    list(rows.values_list("id", flat=True))


def nics_of(server: Server) -> list[NicSpec]:
    """Describe a server's network cards for its cluster, in order of their index."""
    held = Port.objects.filter(server=server).select_related("network").order_by("index", "id")
    return [nic_of(port) for port in held.prefetch_related("addresses")]


def nic_of(port: Port) -> NicSpec:
    """Describe one network card for its cluster."""
    prefix = conf.of(CycladesSettings).backend_prefix_id
    ipv4 = [ip.address for ip in port.addresses.all() if ip.ipversion == 4]
    name = names.nic(prefix, port.id)
    profile = port.firewall_profile
    guarded = profile is not None and profile != FirewallProfile.DISABLED
    return NicSpec(
        name=name,
        network=names.network(prefix, port.network_id),
        ip=ipv4[0] if ipv4 else None,
        mac=port.mac,
        mode=port.network.mode,
        link=port.network.link,
        firewall=tag_of(FirewallProfile(profile), name) if guarded and profile else None,
        tags=tuple(tag for tag in (port.network.tags or "").split(",") if tag),
    )


_COLUMNS = (
    "server_id",
    "id",
    "network_id",
    "network__name",
    "public",
    "index",
    "mac",
    "state",
    "firewall_profile",
    "ssh_port",
    "addresses__address",
    "addresses__ipversion",
    "addresses__floating_ip",
)


def addresses_of(
    server_ids: "Iterable[int] | QuerySet[Server, int]",
) -> dict[int, list[Attachment]]:
    """Answer the ports of many servers with their addresses, in one query.

    The servers may be told as a query of their ids, which is cheaper for many.
    """
    chosen = server_ids if isinstance(server_ids, QuerySet) else list(server_ids)
    rows = Port.objects.filter(server_id__in=chosen).order_by("server_id", "index", "id")
    found: dict[int, list[Attachment]] = {}
    for server_id, *port, address, version, floating in rows.values_list(*_COLUMNS):
        held = found.setdefault(server_id, [])
        if not held or held[-1].port_id != port[0]:
            held.append(Attachment(*port))
        if address is not None:
            told = AddressFacts(address=address, version=version, floating=floating)
            held[-1] = msgspec.structs.replace(held[-1], addresses=(*held[-1].addresses, told))
    return found


def visible(caller: Caller, port_id: str) -> Port:
    """Find a port that the caller may see."""
    found = None
    if port_id.isascii() and port_id.isdigit() and len(port_id) < 19:
        found = Port.objects.visible_to(caller).filter(id=int(port_id)).first()
    if found is None:
        raise ItemNotFound(f"There is no port '{port_id}'.", details="PortNotFound")
    return found


def create(caller: Caller, network_id: str, *, address: str | None = None, name: str = "") -> Port:
    """Make a port that waits for a server. Spec: network 5.4."""
    if len(name) > 128:
        raise BadRequest("A port name has at most 128 characters.")
    wanted = None if address is None else read_ipv4(address)
    with transaction.atomic("cyclades"):
        network = addresses.lock_network(find_network(caller, network_id).id)
        check_usable(network)
        if network.public:
            return _floating_port(caller, network, wanted, name)
        plan = private_plan(network, wanted)
        port = _bare(caller, network, name)
        if plan.source is Source.POOL:
            addresses.take(network, userid=caller.user_id, address=wanted, port=port)
        return port


def _floating_port(caller: Caller, network: Network, address: str | None, name: str) -> Port:
    if address is None:
        raise BadRequest("A port of a public network needs the address of a floating IP of yours.")
    mine = IPAddress.objects.visible_to(caller).live().floating().filter(address=address)
    if not mine.exists():
        raise ItemNotFound(f"You have no floating IP {address}.")
    ip = addresses.free_floating(caller, network.id, address=address)
    port = _bare(caller, network, name)
    addresses.claim_floating(ip.id, port)
    return port


def _bare(caller: Caller, network: Network, name: str) -> Port:
    return Port.objects.create(
        network=network,
        userid=caller.user_id,
        name=name,
        state=PortState.DOWN,
        public=network.public,
    )


def rename(
    caller: Caller, port_id: str, *, name: str | None = None, description: str | None = None
) -> Port:
    """Change a port's name or description."""
    port = visible(caller, port_id)
    if name is not None:
        if len(name) > 128:
            raise BadRequest("A port name has at most 128 characters.")
        port.name = name
    if description is not None:
        port.description = description[:255]
    port.save(update_fields=["name", "description", "updated"])
    return port


def delete(caller: Caller, port_id: str) -> None:
    """Remove a port that no living server has, with its addresses. Spec: network 5.4."""
    with transaction.atomic("cyclades"):
        port = visible(caller, port_id)
        addresses.lock_network(port.network_id)
        port = Port.objects.select_for_update(of=("self",)).get(id=port.id)
        check_removable(caller, port)
        if port.server is not None and not port.server.deleted:
            raise Conflict(
                f"The port {port_id} is plugged into the server {port.server_id}.",
                details="PortInUse",
            )
        addresses.release_port(port)
        port.delete()


def check_removable(caller: Caller, port: Port) -> None:
    """Refuse to remove somebody's public port that carries no floating IP. Spec: network 5.4."""
    floating = port.addresses.filter(floating_ip=True).exists()
    if port.public and not floating and not caller.is_admin:
        raise Forbidden("The address of this port belongs to its server and stays with it.")
