"""Exact arithmetic on IP addresses. Spec: network 5.3, 8.2 and 11."""

import ipaddress
import itertools
from collections.abc import Sequence

import msgspec

from synnefo.cyclades.domain.pools import ValueOutsideError
from synnefo.kit.faults import BadRequest, Conflict

Network4 = ipaddress.IPv4Network
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AddressRange(msgspec.Struct, frozen=True):
    """Addresses from `start` to `end`, both included, as numbers."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """Count the addresses."""
        return self.end - self.start + 1


class PoolShape(msgspec.Struct, frozen=True):
    """Where a pool of addresses lies: first address minus network address, and how many."""

    offset: int
    size: int
    reserved: tuple[int, ...]


def read_cidr(text: str, version: int) -> Network:
    """Read a network of that IP version, without host bits."""
    kind = ipaddress.IPv4Network if version == 4 else ipaddress.IPv6Network
    try:
        return kind(text)
    except ValueError as error:
        raise BadRequest(
            f"'{text}' is not an IPv{version} network. Write the network address and the"
            " prefix length, such as 192.168.1.0/24."
        ) from error


def read_ipv4(text: object) -> str:
    """Read one IPv4 address and write it in its usual form."""
    if not isinstance(text, str):
        raise BadRequest("An address must be a text such as 192.168.1.5.")
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise BadRequest(f"'{text}' is not an IPv4 address.") from error


def read_gateway(text: str, network: Network) -> str:
    """Read a gateway, which must lie inside its network."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise BadRequest(f"'{text}' is not an address.") from error
    if address not in network:
        raise BadRequest(f"The gateway {text} is outside of {network}.")
    return str(address)


def first_address(network: Network) -> str:
    """Tell the gateway that a network has by default: its first address."""
    return str(network[1])


def read_ranges(pairs: Sequence[tuple[str, str]]) -> list[AddressRange]:
    """Read allocation pools, in order of their addresses."""
    ranges = []
    for start, end in pairs:
        first, last = _number(read_ipv4(start)), _number(read_ipv4(end))
        if first > last:
            raise Conflict(f"The allocation pool {start}-{end} ends before it starts.")
        ranges.append(AddressRange(first, last))
    return sorted(ranges, key=lambda r: (r.start, r.end))


def check_ranges(ranges: Sequence[AddressRange], network: Network4, gateway: str | None) -> None:
    """Refuse pools that leave the network, overlap or hold the gateway."""
    lowest, highest = int(network.network_address), int(network.broadcast_address)
    if ranges[0].start <= lowest or max(r.end for r in ranges) >= highest:
        raise Conflict(f"The allocation pools must lie inside of {network}.")
    if gateway is not None and any(r.start <= _number(gateway) <= r.end for r in ranges):
        raise Conflict(f"The gateway {gateway} is inside of an allocation pool.")
    for earlier, later in itertools.pairwise(ranges):
        if later.start <= earlier.end:
            raise Conflict("The allocation pools overlap.")


def default_ranges(network: Network4, gateway: str | None) -> list[AddressRange]:
    """Cover every host address of a network except its gateway."""
    first, last = int(network.network_address) + 1, int(network.broadcast_address) - 1
    if gateway is None or not first <= _number(gateway) <= last:
        return [AddressRange(first, last)]
    middle = _number(gateway)
    around = [AddressRange(first, middle - 1), AddressRange(middle + 1, last)]
    return [r for r in around if r.size > 0]


def shape_of(addresses: AddressRange, network: Network4, gateway: str | None) -> PoolShape:
    """Place a range as a pool; network, broadcast and gateway address stay reserved."""
    lowest = int(network.network_address)
    special = [lowest, int(network.broadcast_address)]
    if gateway is not None:
        special.append(_number(gateway))
    inside = sorted(
        {n - addresses.start for n in special if addresses.start <= n <= addresses.end}
    )
    return PoolShape(addresses.start - lowest, addresses.size, tuple(inside))


def address_at(base: str, offset: int, index: int) -> str:
    """Tell the address at a place of a pool; `base` is the text of the network."""
    start = int(ipaddress.IPv4Network(base).network_address)
    return str(ipaddress.IPv4Address(start + offset + index))


def index_of(base: str, offset: int, address: str) -> int:
    """Find the place of an address in a pool; ValueOutsideError when it lies before it."""
    start = int(ipaddress.IPv4Network(base).network_address)
    index = _number(address) - start - offset
    if index < 0:
        raise ValueOutsideError
    return index


def eui64(mac: str, cidr: str) -> str:
    """Derive the IPv6 address that a NIC gives itself in a /64. Spec: network 11."""
    network = ipaddress.IPv6Network(cidr)
    if network.prefixlen != 64:
        raise ValueError(f"{cidr} is no /64.")
    octets = [int(pair, 16) for pair in mac.split(":")]
    octets[0] ^= 2
    host = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    return str(network[int.from_bytes(host, "big")])


def _number(address: str) -> int:
    return int(ipaddress.ip_address(address))
