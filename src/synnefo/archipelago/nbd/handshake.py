"""The conversation before the data: fixed newstyle negotiation."""

import socket
import struct
from dataclasses import dataclass

from synnefo.archipelago.nbd import protocol
from synnefo.archipelago.nbd.protocol import Answer, Export, Fact, Handshake, Option

_INFO_HEAD = struct.Struct(">I")


@dataclass(frozen=True)
class Exported:
    """What is offered: a size in bytes, the abilities, the names it answers to."""

    size: int
    flags: Export
    names: tuple[str, ...]


class Refused(Exception):
    """The client went away or does not speak the protocol."""


def negotiate(client: socket.socket, exported: Exported) -> bool:
    """Lead a new client to the data; False when it leaves in good order."""
    offered = Handshake.FIXED_NEWSTYLE | Handshake.NO_ZEROES
    client.sendall(protocol.INIT_MAGIC + protocol.OPTION_MAGIC + struct.pack(">H", offered))
    (wanted,) = struct.unpack(">I", receive(client, 4))
    if not wanted & Handshake.FIXED_NEWSTYLE or wanted & ~offered:
        raise Refused("The client does not speak the fixed newstyle negotiation.")
    while True:
        option, payload = _next_option(client)
        if option == Option.EXPORT_NAME:
            return _export_name(client, payload, exported, zeroes=not wanted & Handshake.NO_ZEROES)
        if option == Option.ABORT:
            _answer(client, option, Answer.ACK)
            return False
        if _reply(client, option, payload, exported):
            return True


def receive(client: socket.socket, count: int) -> bytes:
    """Read exactly so many bytes."""
    data = b""
    while len(data) < count:
        piece = client.recv(count - len(data))
        if not piece:
            raise Refused("The client went away during the negotiation.")
        data += piece
    return data


def _next_option(client: socket.socket) -> tuple[int, bytes | None]:
    """Read one option; None as payload when it was too long to be sensible."""
    magic, option, length = protocol.OPTION.unpack(receive(client, protocol.OPTION.size))
    if magic != protocol.OPTION_MAGIC:
        raise Refused("The client sent something that is no option.")
    if length <= protocol.MAX_OPTION:
        return option, receive(client, length)
    if length > protocol.MAX_PAYLOAD:
        raise Refused("The client sent an option longer than any can be.")
    while length:
        length -= len(receive(client, min(length, 65536)))
    return option, None


def _reply(client: socket.socket, option: int, payload: bytes | None, exported: Exported) -> bool:
    """Answer an option; True when the data phase follows."""
    if payload is None:
        _answer(client, option, Answer.ERR_TOO_BIG)
    elif option == Option.LIST:
        _list(client, payload, exported)
    elif option in {Option.INFO, Option.GO}:
        return _describe(client, option, payload, exported) and option == Option.GO
    else:
        _answer(client, option, Answer.ERR_UNSUPPORTED)
    return False


def _answer(client: socket.socket, option: int, answer: Answer, payload: bytes = b"") -> None:
    head = protocol.OPTION_REPLY.pack(protocol.REPLY_MAGIC, option, answer, len(payload))
    client.sendall(head + payload)


def _list(client: socket.socket, payload: bytes, exported: Exported) -> None:
    if payload:
        _answer(client, Option.LIST, Answer.ERR_INVALID)
        return
    name = exported.names[0].encode()
    _answer(client, Option.LIST, Answer.SERVER, _INFO_HEAD.pack(len(name)) + name)
    _answer(client, Option.LIST, Answer.ACK)


def _describe(client: socket.socket, option: int, payload: bytes, exported: Exported) -> bool:
    """Answer INFO and GO; False when the export is not known or the question makes no sense."""
    name = _name_in(payload)
    if name is None:
        _answer(client, option, Answer.ERR_INVALID)
        return False
    if name not in exported.names:
        _answer(client, option, Answer.ERR_UNKNOWN, b"There is no such export here.")
        return False
    facts = struct.pack(">HQH", Fact.EXPORT, exported.size, exported.flags)
    _answer(client, option, Answer.INFO, facts)
    sizes = struct.pack(
        ">HIII", Fact.BLOCK_SIZE, 1, protocol.PREFERRED_BLOCK, protocol.MAX_PAYLOAD
    )
    _answer(client, option, Answer.INFO, sizes)
    _answer(client, option, Answer.ACK)
    return True


def _name_in(payload: bytes) -> str | None:
    """Take the export's name out of an INFO or GO question; None when it is malformed."""
    if len(payload) < 6:
        return None
    (length,) = _INFO_HEAD.unpack_from(payload)
    if len(payload) < 6 + length:
        return None
    (questions,) = struct.unpack_from(">H", payload, 4 + length)
    if len(payload) != 6 + length + 2 * questions:
        return None
    return payload[4 : 4 + length].decode(errors="replace")


def _export_name(
    client: socket.socket, payload: bytes | None, exported: Exported, *, zeroes: bool
) -> bool:
    """Answer the oldest way to ask; an unknown name can only be refused by hanging up."""
    if payload is None or payload.decode(errors="replace") not in exported.names:
        raise Refused("The client asked for an export that is not here.")
    padding = bytes(124) if zeroes else b""
    client.sendall(protocol.EXPORT.pack(exported.size, exported.flags) + padding)
    return True
