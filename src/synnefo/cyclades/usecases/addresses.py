"""Giving out addresses and taking them back, always inside the caller's transaction.

Locks are taken in order: network, then its pools by id, then addresses. Spec: network 7, 18.2.
"""

from collections.abc import Iterable

import msgspec

from synnefo.cyclades.domain import addressing
from synnefo.cyclades.domain.network_states import NetworkAction
from synnefo.cyclades.domain.pools import PoolEmptyError, ValueOutsideError, ValueTakenError
from synnefo.cyclades.models import IPAddress, IPAddressHistory, IPPool, Network, Port
from synnefo.kit.faults import BadRequest, Conflict
from synnefo.kit.logs import get_logger
from synnefo.serve.http import Caller

log = get_logger(__name__)


def lock_network(network_id: int) -> Network:
    """Hold a network so that nobody deletes it or takes from its pools meanwhile."""
    return Network.objects.select_for_update(of=("self",)).get(id=network_id)


class Taken(msgspec.Struct, frozen=True):
    """An address that was taken from its pool and has no row yet."""

    network_id: int
    subnet_id: int
    address: str


def take(
    network: Network, *, userid: str | None, address: str | None = None, port: Port | None = None
) -> IPAddress:
    """Give out an address of a locked network, the lowest free one unless told which.

    Conflict when it is taken or none is left, BadRequest when it lies in no pool.
    """
    return keep(draw(network, address), userid=userid, port=port)


def keep(taken: Taken, *, userid: str | None, port: Port | None = None) -> IPAddress:
    """Record an address that was drawn from its pool in this transaction."""
    return IPAddress.objects.create(
        network_id=taken.network_id,
        subnet_id=taken.subnet_id,
        userid=userid,
        address=taken.address,
        port=port,
    )


def draw(network: Network, address: str | None = None) -> Taken:
    """Take an address of a locked network out of its pool; `take` says what may be raised."""
    if network.action == NetworkAction.DESTROY:
        raise Conflict(f"The network '{network.name}' is being deleted.")
    if network.drained:
        raise Conflict(f"The network '{network.name}' takes no new addresses now.")
    pools = IPPool.objects.select_for_update(of=("self",)).filter(
        subnet__network=network, subnet__deleted=False
    )
    for row in pools:
        taken = _take_from(row, address)
        if taken is not None:
            return Taken(network.id, row.subnet_id, taken)
    if address is not None:
        raise BadRequest(f"{address} is in no allocation pool of '{network.name}'.")
    raise Conflict(
        f"No address is left on the network '{network.name}'.",
        details="IpAddressGenerationFailure",
    )


def _take_from(row: IPPool, address: str | None) -> str | None:
    try:
        wanted = None if address is None else addressing.index_of(row.base, row.offset, address)
        pool, index = row.read().take(wanted)
    except (PoolEmptyError, ValueOutsideError):
        return None
    except ValueTakenError as error:
        raise Conflict(f"The address {address} is in use.", details="IpAddressInUse") from error
    row.write(pool)
    return addressing.address_at(row.base, row.offset, index)


def has_free(network: Network) -> bool:
    """Tell, without a lock, whether an address could be had. Spec: network 18.7."""
    return bool(free_count(network))


def free_count(network: Network) -> int | None:
    """Count, without a lock, the free addresses; None when the network has no IPv4 subnet."""
    pools = list(IPPool.objects.filter(subnet__network=network, subnet__deleted=False))
    return sum(row.read().count_available() for row in pools) if pools else None


def put_back(ip: IPAddress) -> None:
    """Return an address to its pool and forget it; its network is locked by the caller."""
    if ip.ipversion == 4:
        _give(ip)
    ip.delete()


def _give(ip: IPAddress) -> None:
    pools = IPPool.objects.select_for_update(of=("self",)).filter(subnet_id=ip.subnet_id)
    for row in pools:
        try:
            index = addressing.index_of(row.base, row.offset, ip.address)
            row.write(row.read().put(index))
        except ValueOutsideError:
            continue
        return
    log.error("address-in-no-pool", address=ip.address, network=ip.network_id)


def release_port(port: Port, *, reason: str = "") -> None:
    """Take every address off a port; floating ones stay with their user."""
    for ip in port.addresses.select_for_update(of=("self",)).order_by("id"):
        told = reason or f"remove ip from port {port.id}"
        remember(ip, port.server_id, "disassociate", told)
        if ip.floating_ip:
            ip.port = None
            ip.save(update_fields=["port", "updated"])
        else:
            put_back(ip)


def remember(ip: IPAddress, server_id: int | None, action: str, reason: str) -> None:
    """Write who had a public address, for those who ask later. Spec: network 2.6."""
    if server_id is not None and ip.network.public:
        IPAddressHistory.objects.create(
            address=ip.address,
            server_id=server_id,
            network_id=ip.network_id,
            user_id=ip.userid,
            action=action,
            action_reason=reason[:1024],
        )


def free_floating(caller: Caller, network_id: int, *, address: str | None = None) -> IPAddress:
    """Find a floating IP of the caller that no port has; Conflict when there is none."""
    found = IPAddress.objects.visible_to(caller).live().floating().filter(network_id=network_id)
    if address is not None:
        found = found.filter(address=address)
    ip = found.filter(port=None).first()
    if ip is None:
        wanted = f"The address {address}" if address else "None of your floating IPs there"
        raise Conflict(
            f"{wanted} is free. Reserve a floating IP of the network {network_id} first."
        )
    return ip


def claim_floating(ip_id: int, port: Port) -> IPAddress:
    """Put a floating IP on a port; Conflict when somebody was quicker."""
    ip = IPAddress.objects.select_for_update(of=("self",)).get(id=ip_id)
    if ip.port_id is not None or ip.deleted:
        raise Conflict(f"The floating IP {ip.address} is in use.", details="IpAddressInUse")
    ip.port = port
    ip.save(update_fields=["port", "updated"])
    return ip


def counts(network_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Count (free, all) IPv4 addresses of each network."""
    found: dict[int, tuple[int, int]] = {}
    pools = IPPool.objects.filter(subnet__network__in=list(network_ids), subnet__deleted=False)
    for row in pools.select_related("subnet"):
        pool = row.read()
        free, size = found.get(row.subnet.network_id, (0, 0))
        found[row.subnet.network_id] = (
            free + pool.count_available(),
            size + pool.size - pool.count_reserved(),
        )
    return found


def mark_outside(network: Network, address: str, *, reserved: bool) -> None:
    """Say that an address of a locked network is used, or not, by things that we do not run."""
    pools = IPPool.objects.select_for_update(of=("self",)).filter(
        subnet__network=network, subnet__deleted=False
    )
    for row in pools:
        try:
            index = addressing.index_of(row.base, row.offset, addressing.read_ipv4(address))
            pool = row.read()
            row.write(pool.reserve(index) if reserved else pool.put(index, external=True))
        except ValueOutsideError:
            continue
        return
    raise BadRequest(f"{address} is in no allocation pool of '{network.name}'.")
