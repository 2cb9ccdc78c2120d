"""Ethernet frames that carry UDP or ICMPv6: read and written."""

import ipaddress
import struct

import msgspec

IPV4, IPV6 = 0x0800, 0x86DD
ICMPV6, UDP = 58, 17
BROADCAST = "ff:ff:ff:ff:ff:ff"


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A packet with its addresses; `payload` is what UDP or ICMPv6 carries."""

    source_mac: str
    target_mac: str
    source: str
    target: str
    protocol: int
    source_port: int = 0
    target_port: int = 0
    hops: int = 64
    payload: bytes = b""


def mac_bytes(mac: str) -> bytes:
    """Write a MAC address as six bytes."""
    return bytes.fromhex(mac.replace(":", ""))


def mac_text(raw: bytes) -> str:
    """Write six bytes as a MAC address."""
    return raw.hex(":")


def checksum(data: bytes) -> int:
    """Add up the Internet checksum."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def decode(raw: bytes) -> Frame | None:
    """Read a frame that carries UDP or ICMPv6; None for any other, and for broken ones."""
    try:
        (kind,) = struct.unpack_from("!H", raw, 12)
        if kind == IPV4:
            return _decode_ipv4(raw)
        return _decode_ipv6(raw) if kind == IPV6 else None
    except (struct.error, IndexError):
        return None


def _decode_ipv4(raw: bytes) -> Frame | None:
    length = (raw[14] & 0xF) * 4
    if raw[23] != UDP or length < 20:
        return None
    (total,) = struct.unpack_from("!H", raw, 16)
    at = 14 + length
    source_port, target_port, size = struct.unpack_from("!HHH", raw, at)
    if size < 8 or at + size > len(raw) or length + size > total:
        return None
    return Frame(
        source_mac=mac_text(raw[6:12]),
        target_mac=mac_text(raw[:6]),
        source=str(ipaddress.IPv4Address(raw[26:30])),
        target=str(ipaddress.IPv4Address(raw[30:34])),
        protocol=UDP,
        source_port=source_port,
        target_port=target_port,
        payload=raw[at + 8 : at + size],
    )


def _decode_ipv6(raw: bytes) -> Frame | None:
    (size,) = struct.unpack_from("!H", raw, 18)
    protocol, hops = raw[20], raw[21]
    body = raw[54 : 54 + size]
    if len(body) < size or size < 8 or protocol not in {UDP, ICMPV6}:
        return None
    ports = struct.unpack_from("!HH", body) if protocol == UDP else (0, 0)
    return Frame(
        source_mac=mac_text(raw[6:12]),
        target_mac=mac_text(raw[:6]),
        source=str(ipaddress.IPv6Address(raw[22:38])),
        target=str(ipaddress.IPv6Address(raw[38:54])),
        protocol=protocol,
        source_port=ports[0],
        target_port=ports[1],
        hops=hops,
        payload=body[8:] if protocol == UDP else body,
    )


def encode(frame: Frame) -> bytes:
    """Write a frame with its lengths and checksums."""
    source, target = ipaddress.ip_address(frame.source), ipaddress.ip_address(frame.target)
    head = mac_bytes(frame.target_mac) + mac_bytes(frame.source_mac)
    if isinstance(source, ipaddress.IPv4Address):
        body = _udp(frame, source.packed + target.packed)
        return head + struct.pack("!H", IPV4) + _ipv4_head(frame, source, target, len(body)) + body
    pair = source.packed + target.packed
    body = _udp(frame, pair) if frame.protocol == UDP else _icmp(frame, pair)
    fixed = struct.pack("!IHBB", 6 << 28, len(body), frame.protocol, frame.hops)
    return head + struct.pack("!H", IPV6) + fixed + pair + body


def _ipv4_head(frame: Frame, source: object, target: object, size: int) -> bytes:
    pair = ipaddress.IPv4Address(str(source)).packed + ipaddress.IPv4Address(str(target)).packed
    fixed = struct.pack("!BBHHHBB", 0x45, 0, 20 + size, 0, 0, frame.hops, UDP)
    total = checksum(fixed + b"\0\0" + pair)
    return fixed + struct.pack("!H", total) + pair


def _pseudo(frame: Frame, pair: bytes, size: int) -> bytes:
    if len(pair) == 8:
        return pair + struct.pack("!BBH", 0, frame.protocol, size)
    return pair + struct.pack("!IHBB", size, 0, 0, frame.protocol)


def _udp(frame: Frame, pair: bytes) -> bytes:
    size = 8 + len(frame.payload)
    head = struct.pack("!HHH", frame.source_port, frame.target_port, size)
    total = checksum(_pseudo(frame, pair, size) + head + b"\0\0" + frame.payload)
    return head + struct.pack("!H", total or 0xFFFF) + frame.payload


def _icmp(frame: Frame, pair: bytes) -> bytes:
    """Write an ICMPv6 message, whose payload has zeros where the checksum goes."""
    total = checksum(_pseudo(frame, pair, len(frame.payload)) + frame.payload)
    return frame.payload[:2] + struct.pack("!H", total) + frame.payload[4:]
