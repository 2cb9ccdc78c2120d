"""What a subnet may look like. Spec: network 5.3."""

import ipaddress

import msgspec

from synnefo.cyclades.domain import addressing
from synnefo.cyclades.domain.addressing import PoolShape
from synnefo.kit.faults import BadRequest, Conflict, OverLimit

LONGEST_PREFIX = 29
NAME_LENGTH = 128


class SubnetOrder(msgspec.Struct, frozen=True):
    """What was asked for; an absent gateway means the first address, null means none."""

    cidr: str
    ip_version: int = 4
    gateway: str | msgspec.UnsetType | None = msgspec.UNSET
    dhcp: bool = True
    name: str = ""
    pools: tuple[tuple[str, str], ...] | None = None
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[str | dict[str, str], ...] = ()


class SubnetPlan(msgspec.Struct, frozen=True):
    """A subnet that keeps every rule, with its pools of addresses."""

    cidr: str
    ip_version: int
    gateway: str | None
    dhcp: bool
    name: str
    pools: tuple[PoolShape, ...]
    dns_nameservers: tuple[str, ...]
    host_routes: tuple[str | dict[str, str], ...]


def plan(order: SubnetOrder, *, shortest_prefix: int) -> SubnetPlan:
    """Check an order and place its pools."""
    check_name(order.name)
    if order.ip_version not in {4, 6}:
        raise BadRequest("The IP version must be 4 or 6.")
    network = addressing.read_cidr(order.cidr, order.ip_version)
    _check_size(network, shortest_prefix)
    gateway = _gateway(order, network)
    return SubnetPlan(
        cidr=str(network),
        ip_version=order.ip_version,
        gateway=gateway,
        dhcp=order.dhcp,
        name=order.name,
        pools=_pools(order, network, gateway),
        dns_nameservers=order.dns_nameservers,
        host_routes=order.host_routes,
    )


def check_name(name: str) -> None:
    """Refuse a name that does not fit."""
    if len(name) > NAME_LENGTH:
        raise BadRequest(f"A name has at most {NAME_LENGTH} characters.")


def _check_size(network: addressing.Network, shortest_prefix: int) -> None:
    if isinstance(network, ipaddress.IPv6Network):
        if network.prefixlen != 64:
            raise BadRequest("An IPv6 subnet must be a /64.")
    elif not shortest_prefix <= network.prefixlen <= LONGEST_PREFIX:
        raise OverLimit(
            f"Unsupported network size: the prefix length must lie between {shortest_prefix}"
            f" and {LONGEST_PREFIX}."
        )


def _gateway(order: SubnetOrder, network: addressing.Network) -> str | None:
    if order.gateway is None:
        return None
    if isinstance(order.gateway, msgspec.UnsetType):
        return addressing.first_address(network)
    return addressing.read_gateway(order.gateway, network)


def _pools(
    order: SubnetOrder, network: addressing.Network, gateway: str | None
) -> tuple[PoolShape, ...]:
    if isinstance(network, ipaddress.IPv6Network):
        if order.pools:
            raise Conflict("Allocation pools are for IPv4 subnets only.")
        return ()
    if order.pools:
        ranges = addressing.read_ranges(order.pools)
        addressing.check_ranges(ranges, network, gateway)
    else:
        ranges = addressing.default_ranges(network, gateway)
    return tuple(addressing.shape_of(r, network, gateway) for r in ranges)
