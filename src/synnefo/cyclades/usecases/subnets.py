"""Subnets: the addresses of a network that no cluster has yet. Spec: network 5.3."""

from django.db import transaction

from synnefo.cyclades.domain import pools as arithmetic
from synnefo.cyclades.domain import subnets as rules
from synnefo.cyclades.domain.subnets import SubnetOrder, SubnetPlan
from synnefo.cyclades.models import IPPool, Network, Subnet
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.usecases import addresses
from synnefo.cyclades.usecases.port_plans import find_network
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, ItemNotFound
from synnefo.serve.http import Caller


def visible(caller: Caller, subnet_id: str) -> Subnet:
    """Find a living subnet that the caller may see; ItemNotFound else."""
    found = None
    if subnet_id.isascii() and subnet_id.isdigit() and len(subnet_id) < 19:
        found = Subnet.objects.visible_to(caller).live().filter(id=int(subnet_id)).first()
    if found is None:
        raise ItemNotFound(f"There is no subnet '{subnet_id}'.", details="SubnetNotFound")
    return found


def create(caller: Caller, network_id: str, order: SubnetOrder) -> Subnet:
    """Give a network its addresses of one IP version."""
    plan = rules.plan(order, shortest_prefix=conf.of(NetworkSettings).max_cidr_block)
    with transaction.atomic("cyclades"):
        network = addresses.lock_network(find_network(caller, network_id).id)
        _check_owner(caller, network)
        if network.on_clusters.exists():
            raise BadRequest("The network is in use already: subnets come before its first port.")
        if network.subnets.live().filter(ipversion=plan.ip_version).exists():
            raise BadRequest(f"The network has an IPv{plan.ip_version} subnet already.")
        return _record(network, plan)


def _check_owner(caller: Caller, network: Network) -> None:
    if network.userid != caller.user_id and not caller.is_admin:
        raise Forbidden("Only the owner of a network may change its subnets.")


def _record(network: Network, plan: SubnetPlan) -> Subnet:
    subnet = Subnet.objects.create(
        network=network,
        userid=network.userid,
        public=network.public,
        name=plan.name,
        ipversion=plan.ip_version,
        cidr=plan.cidr,
        gateway=plan.gateway,
        dhcp=plan.dhcp,
        dns_nameservers=list(plan.dns_nameservers),
        host_routes=list(plan.host_routes),
    )
    for shape in plan.pools:
        row = IPPool(subnet=subnet, base=plan.cidr, offset=shape.offset, size=shape.size)
        available, reserved = arithmetic.fresh(shape.size, shape.reserved).texts()
        row.available_map, row.reserved_map = available, reserved
        row.save()
    return subnet


def rename(
    caller: Caller, subnet_id: str, *, name: str | None = None, description: str | None = None
) -> Subnet:
    """Change a subnet's name or description; nothing else of one ever changes."""
    subnet = visible(caller, subnet_id)
    _check_owner(caller, subnet.network)
    if name is not None:
        rules.check_name(name)
        subnet.name = name
    if description is not None:
        subnet.description = description[:255]
    subnet.save(update_fields=["name", "description", "updated"])
    return subnet


def delete(caller: Caller, subnet_id: str) -> None:
    """Remove a subnet that is not in use; later it goes with its network only."""
    with transaction.atomic("cyclades"):
        subnet = visible(caller, subnet_id)
        network = addresses.lock_network(subnet.network_id)
        _check_owner(caller, network)
        if network.on_clusters.exists() or subnet.addresses.exists():
            raise Conflict(
                "The subnet is in use and goes with its network only. Delete the network.",
                details="SubnetInUse",
            )
        subnet.pools.all().delete()
        subnet.deleted = True
        subnet.save(update_fields=["deleted", "updated"])


def reserve_addresses(network_id: int, wanted: tuple[str, ...], *, release: bool = False) -> None:
    """Keep addresses of a network from being given out, or let them go again."""
    with transaction.atomic("cyclades"):
        network = addresses.lock_network(network_id)
        for address in wanted:
            addresses.mark_outside(network, address, reserved=not release)
