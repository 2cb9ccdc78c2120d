"""Tells the network beyond the node where an address lives. Spec: images-and-nodes 3.4, 3.5."""

import contextlib
import ipaddress
import socket
import struct

from synnefo.node.dhcp import frames, neighbours, taps

_ARP = 0x0806
_REQUEST, _REPLY = 1, 2


def of_ipv4(address: str, uplink: str) -> None:
    """Send a gratuitous ARP request and reply on an uplink."""
    mac = taps.mac_of(uplink)
    if mac is not None:
        _send(uplink, [gratuitous(address, mac, kind) for kind in (_REQUEST, _REPLY)])


def of_ipv6(address: str, uplink: str) -> None:
    """Send an unsolicited neighbour advertisement on an uplink."""
    mac = taps.mac_of(uplink)
    if mac is not None:
        _send(uplink, [neighbours.unsolicited(address, mac)])


def gratuitous(address: str, mac: str, kind: int) -> bytes:
    """Write an ARP packet in which an address asks for, or answers about, itself."""
    own, packed = frames.mac_bytes(mac), ipaddress.IPv4Address(address).packed
    head = frames.mac_bytes(frames.BROADCAST) + own + struct.pack("!H", _ARP)
    body = struct.pack("!HHBBH", 1, frames.IPV4, 6, 4, kind)
    about = bytes(6) if kind == _REQUEST else frames.mac_bytes(frames.BROADCAST)
    return head + body + own + packed + about + packed


def _send(device: str, packets: list[bytes]) -> None:
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as made,
    ):
        made.bind((device, 0))
        for packet in packets:
            made.send(packet)
