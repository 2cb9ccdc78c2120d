"""Stateless DHCPv6: name servers and domains for who asks. Spec: images-and-nodes 4.4."""

import ipaddress
import struct

from synnefo.node.dhcp import frames
from synnefo.node.dhcp.frames import Frame
from synnefo.node.dhcp.neighbours import link_local
from synnefo.node.dhcp.settings import Config

SERVER_PORT, CLIENT_PORT = 547, 546
REPLY, INFORMATION_REQUEST = 7, 11
_CLIENT_ID, _SERVER_ID, _NAME_SERVERS, _DOMAINS = 1, 2, 23, 24
_ETHERNET = 1
_LINK_LAYER_TIME = 1


def answer(frame: Frame, config: Config, own_mac: str) -> bytes | None:
    """Write the reply to an information request; None for anything else."""
    if len(frame.payload) < 4 or frame.payload[0] != INFORMATION_REQUEST:
        return None
    asked = _options(frame.payload[4:])
    told = _option(_CLIENT_ID, asked[_CLIENT_ID]) if _CLIENT_ID in asked else b""
    told += _option(_SERVER_ID, _duid(own_mac))
    if config.nameservers6:
        packed = [ipaddress.IPv6Address(one).packed for one in config.nameservers6]
        told += _option(_NAME_SERVERS, b"".join(packed))
    if config.domains6:
        told += _option(_DOMAINS, b"".join(_labels(domain) for domain in config.domains6))
    return frames.encode(
        Frame(
            source_mac=own_mac,
            target_mac=frame.source_mac,
            source=str(link_local(own_mac)),
            target=frame.source,
            protocol=frames.UDP,
            source_port=SERVER_PORT,
            target_port=CLIENT_PORT,
            payload=bytes([REPLY]) + frame.payload[1:4] + told,
        )
    )


def _options(data: bytes) -> dict[int, bytes]:
    found = {}
    at = 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from("!HH", data, at)
        found[code] = data[at + 4 : at + 4 + size]
        at += 4 + size
    return found


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("!HH", code, len(value)) + value


def _duid(mac: str) -> bytes:
    """Name the server by its MAC address; its time is always the same, for it keeps no state."""
    return struct.pack("!HHI", _LINK_LAYER_TIME, _ETHERNET, 0) + frames.mac_bytes(mac)


def _labels(domain: str) -> bytes:
    parts = [part.encode() for part in domain.strip(".").split(".")]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
