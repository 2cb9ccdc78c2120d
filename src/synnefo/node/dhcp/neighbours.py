"""IPv6 neighbour discovery: router and neighbour advertisements. Spec: images-and-nodes 4.4."""

import ipaddress
import struct

from synnefo.node.dhcp import frames
from synnefo.node.dhcp.binding import Binding
from synnefo.node.dhcp.frames import Frame
from synnefo.node.dhcp.settings import Config, Mode

ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT = 133, 134
NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 135, 136
ROUTER_LIFETIME = 14400
ALL_NODES, ALL_NODES_MAC = "ff02::1", "33:33:00:00:00:01"
_OTHER_CONFIG = 0x40
_ROUTER, _SOLICITED = 0x80, 0x40
_ON_LINK, _AUTONOMOUS, _ROUTER_ADDRESS = 0x80, 0x40, 0x20
_FOREVER = 0xFFFFFFFF
_UNSPECIFIED = "::"


def link_local(mac: str) -> ipaddress.IPv6Address:
    """Derive the link-local address of a MAC address."""
    raw = bytearray(frames.mac_bytes(mac))
    raw[0] ^= 2
    tail = bytes(raw[:3]) + b"\xff\xfe" + bytes(raw[3:])
    return ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + tail)


def advertisement(
    binding: Binding, config: Config, own_mac: str, *, to: Frame | None = None
) -> bytes:
    """Write a router advertisement: to one who asked, else to all behind the TAP."""
    flags = _OTHER_CONFIG if config.mode is Mode.BOTH else 0
    is_way_out = bool(binding.gateway6) and not binding.private
    lifetime = ROUTER_LIFETIME if is_way_out else 0
    head = struct.pack("!BBHBBHII", ROUTER_ADVERTISEMENT, 0, 0, 64, flags, lifetime, 0, 0)
    options = _source(own_mac) + _prefix(binding) + _name_servers(config) + _mtu(binding)
    asks_alone = to is not None and to.source != _UNSPECIFIED
    return frames.encode(
        Frame(
            source_mac=own_mac,
            target_mac=to.source_mac if to is not None and asks_alone else ALL_NODES_MAC,
            source=str(link_local(own_mac)),
            target=to.source if to is not None and asks_alone else ALL_NODES,
            protocol=frames.ICMPV6,
            hops=255,
            payload=head + options,
        )
    )


def _source(mac: str) -> bytes:
    return bytes([1, 1]) + frames.mac_bytes(mac)


def _prefix(binding: Binding) -> bytes:
    network = binding.network6
    if network is None:
        return b""
    flags = _ON_LINK | _AUTONOMOUS
    address = network.network_address
    if binding.gateway6:
        flags |= _ROUTER_ADDRESS
        address = ipaddress.IPv6Address(binding.gateway6)
    fixed = struct.pack("!BBBBIII", 3, 4, network.prefixlen, flags, _FOREVER, _FOREVER, 0)
    return fixed + address.packed


def _name_servers(config: Config) -> bytes:
    servers = [ipaddress.IPv6Address(one).packed for one in config.nameservers6]
    if not servers:
        return b""
    head = struct.pack("!BBHI", 25, 1 + 2 * len(servers), 0, 3 * config.ra_period)
    return head + b"".join(servers)


def _mtu(binding: Binding) -> bytes:
    return struct.pack("!BBHI", 5, 1, 0, binding.mtu) if binding.mtu else b""


def asked_for(frame: Frame) -> ipaddress.IPv6Address | None:
    """Read the address that a neighbour solicitation asks for."""
    if len(frame.payload) < 24 or frame.payload[0] != NEIGHBOUR_SOLICITATION:
        return None
    return ipaddress.IPv6Address(frame.payload[8:24])


def stands_for(binding: Binding, target: ipaddress.IPv6Address, own_mac: str) -> bool:
    """Tell whether the node answers for an address: any of the network but the guest's own."""
    if binding.eui64 and target == ipaddress.IPv6Address(binding.eui64):
        return False
    network = binding.network6
    return target == link_local(own_mac) or (network is not None and target in network)


def neighbour(frame: Frame, target: ipaddress.IPv6Address, own_mac: str) -> bytes | None:
    """Write the advertisement that leads to the node; None for a guest that looks for itself."""
    if frame.source == _UNSPECIFIED:
        return None
    head = struct.pack("!BBHI", NEIGHBOUR_ADVERTISEMENT, 0, 0, (_ROUTER | _SOLICITED) << 24)
    return frames.encode(
        Frame(
            source_mac=own_mac,
            target_mac=frame.source_mac,
            source=str(link_local(own_mac)),
            target=frame.source,
            protocol=frames.ICMPV6,
            hops=255,
            payload=head + target.packed + bytes([2, 1]) + frames.mac_bytes(own_mac),
        )
    )


def unsolicited(address: str, mac: str) -> bytes:
    """Write the advertisement that tells everybody where an address is now."""
    target = ipaddress.IPv6Address(address)
    head = struct.pack("!BBHI", NEIGHBOUR_ADVERTISEMENT, 0, 0, (_ROUTER | 0x20) << 24)
    return frames.encode(
        Frame(
            source_mac=mac,
            target_mac=ALL_NODES_MAC,
            source=str(link_local(mac)),
            target=ALL_NODES,
            protocol=frames.ICMPV6,
            hops=255,
            payload=head + target.packed + bytes([2, 1]) + frames.mac_bytes(mac),
        )
    )
