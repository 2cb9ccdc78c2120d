"""DHCPv4 as guests speak it: requests read, answers written. Spec: images-and-nodes 4.4."""

import ipaddress
import struct
from enum import IntEnum

import msgspec

from synnefo.node.dhcp import frames
from synnefo.node.dhcp.binding import Binding
from synnefo.node.dhcp.frames import Frame
from synnefo.node.dhcp.settings import Config

SERVER_PORT, CLIENT_PORT = 67, 68
_COOKIE = bytes([99, 130, 83, 99])
_FIXED = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")
_BROADCAST_FLAG = 0x8000
_NOWHERE = bytes(4)
_EVERYBODY = "255.255.255.255"


class Kind(IntEnum):
    """Message types."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NAK = 6
    RELEASE = 7
    INFORM = 8


class Option(IntEnum):
    """Options that are read or written."""

    PAD = 0
    NETMASK = 1
    ROUTER = 3
    NAME_SERVERS = 6
    HOSTNAME = 12
    DOMAIN = 15
    MTU = 26
    BROADCAST = 28
    REQUESTED = 50
    LEASE = 51
    KIND = 53
    SERVER = 54
    RENEWAL = 58
    END = 255


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest asks."""

    transaction: int
    flags: int
    client: bytes
    """`ciaddr`: the address that it says it has."""
    relay: bytes
    hardware: bytes
    options: dict[int, bytes]

    @property
    def kind(self) -> int:
        """Answer the message type, 0 where there is none."""
        return int.from_bytes(self.options.get(Option.KIND, b"\0"), "big")

    @property
    def wish(self) -> bytes:
        """Answer the address that it asks for, zeros when none."""
        return self.options.get(Option.REQUESTED, self.client)


def decode(payload: bytes) -> Request | None:
    """Read a request; None when it is none."""
    if len(payload) < _FIXED.size + 4 or payload[_FIXED.size :][:4] != _COOKIE:
        return None
    fields = _FIXED.unpack_from(payload)
    if fields[0] != 1 or fields[2] != 6:
        return None
    return Request(
        transaction=fields[4],
        flags=fields[6],
        client=fields[7],
        relay=fields[10],
        hardware=fields[11],
        options=_options(payload[_FIXED.size + 4 :]),
    )


def _options(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at + 1 < len(data) and data[at] != Option.END:
        if data[at] == Option.PAD:
            at += 1
            continue
        size = data[at + 1]
        found[data[at]] = data[at + 2 : at + 2 + size]
        at += 2 + size
    return found


def answer(binding: Binding, config: Config, request: Request, own_mac: str) -> bytes | None:
    """Write the frame that answers a request of a guest; None when nothing is to be said."""
    kind = _answer_kind(binding, request)
    if kind is None or binding.ipv4 is None:
        return None
    server = server_address(binding, config)
    options = _told(binding, config, request, kind)
    options[Option.SERVER] = ipaddress.IPv4Address(server).packed
    gives = kind is not Kind.NAK and request.kind != Kind.INFORM
    own = binding.ipv4.packed if gives else _NOWHERE
    target = _target(request, own, kind)
    return frames.encode(
        Frame(
            source_mac=own_mac,
            target_mac=frames.BROADCAST if target == _EVERYBODY else binding.mac,
            source=server,
            target=target,
            protocol=frames.UDP,
            source_port=SERVER_PORT,
            target_port=CLIENT_PORT,
            payload=_encode(request, own, kind, options),
        )
    )


def _answer_kind(binding: Binding, request: Request) -> Kind | None:
    if request.kind == Kind.DISCOVER:
        return Kind.OFFER
    if request.kind == Kind.INFORM:
        return Kind.ACK
    if request.kind != Kind.REQUEST or binding.ipv4 is None:
        return None
    fits = request.wish in {_NOWHERE, binding.ipv4.packed}
    return Kind.ACK if fits else Kind.NAK


def server_address(binding: Binding, config: Config) -> str:
    """Tell which address the answers come from."""
    if not config.server_on_link:
        return config.server_ip
    network = binding.network
    return binding.gateway or (str(network[1]) if network is not None else config.server_ip)


def _told(binding: Binding, config: Config, request: Request, kind: Kind) -> dict[int, bytes]:
    if kind is Kind.NAK:
        return {}
    told: dict[int, bytes] = {}
    host, _, rest = binding.hostname.partition(".")
    domain = config.domain or rest
    if host:
        told[Option.HOSTNAME] = host.encode()[:255]
    if domain:
        told[Option.DOMAIN] = domain.encode()[:255]
    if config.nameservers:
        packed = [ipaddress.IPv4Address(one).packed for one in config.nameservers]
        told[Option.NAME_SERVERS] = b"".join(packed)
    return told if request.kind == Kind.INFORM else told | _placing(binding, config)


def _placing(binding: Binding, config: Config) -> dict[int, bytes]:
    told: dict[int, bytes] = {
        Option.LEASE: struct.pack("!I", config.lease_lifetime),
        Option.RENEWAL: struct.pack("!I", config.lease_renewal),
    }
    network = binding.network
    if network is not None:
        told[Option.NETMASK] = network.netmask.packed
        told[Option.BROADCAST] = network.broadcast_address.packed
    if binding.gateway and not binding.private:
        told[Option.ROUTER] = ipaddress.IPv4Address(binding.gateway).packed
    if binding.mtu:
        told[Option.MTU] = struct.pack("!H", binding.mtu)
    return told


def _target(request: Request, own: bytes, kind: Kind) -> str:
    if request.kind == Kind.INFORM and request.client != _NOWHERE:
        return str(ipaddress.IPv4Address(request.client))
    if kind is Kind.NAK or request.flags & _BROADCAST_FLAG:
        return _EVERYBODY
    return str(ipaddress.IPv4Address(own))


def _encode(request: Request, own: bytes, kind: Kind, options: dict[int, bytes]) -> bytes:
    is_ack = kind is Kind.ACK
    fixed = _FIXED.pack(
        *(2, 1, 6, 0, request.transaction, 0, request.flags),
        request.client if is_ack else _NOWHERE,
        own,
        _NOWHERE if kind is Kind.NAK else options[Option.SERVER],
        request.relay,
        request.hardware,
        *(b"", b""),
    )
    told = {Option.KIND: bytes([kind]), **options}
    body = b"".join(bytes([code, len(value)]) + value for code, value in told.items())
    return (fixed + _COOKIE + body + bytes([Option.END])).ljust(300, b"\0")
