"""The opening words of VNC, on both sides of the gateway. Spec: images-and-nodes 5.2."""

import asyncio
import hmac
import secrets
from typing import Protocol

from synnefo.node.vnc_password import response

VERSION = b"RFB 003.008\n"
_OLD = b"RFB 003.003\n"
_NONE, _PASSWORD = 1, 2


class HandshakeFailed(Exception):
    """The two sides do not get together; the message says why."""


class Link(Protocol):
    """A viewer's side of a session, over a websocket or plain TCP."""

    @property
    def last_heard(self) -> float:
        """Tell when the viewer gave its last sign of life."""

    async def receive(self) -> bytes | None:
        """Wait for what the viewer sends; None at the end."""

    async def send(self, data: bytes) -> None:
        """Send, and wait until the viewer keeps up."""

    async def ping(self) -> None:
        """Ask for a sign of life, if there is a way."""


async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, password: str) -> None:
    """Pass a VNC server's check, with its password if it has one."""
    try:
        version = await reader.readexactly(12)
        if version not in {VERSION, _OLD}:
            raise HandshakeFailed(f"The VNC server speaks {version!r}.")
        writer.write(version)
        kind = await _kind_of(reader, writer, version, password)
        if kind == _PASSWORD:
            writer.write(response(await reader.readexactly(16), password))
        has_verdict = kind == _PASSWORD or version == VERSION
        if has_verdict and await reader.readexactly(4) != bytes(4):
            raise HandshakeFailed("The VNC server refuses the password.")
    except asyncio.IncompleteReadError as error:
        raise HandshakeFailed("The VNC server broke off.") from error


async def _kind_of(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: bytes, password: str
) -> int:
    """Choose among the checks that the server offers; an old server decides by itself."""
    if version == _OLD:
        offered = {int.from_bytes(await reader.readexactly(4), "big")}
    else:
        offered = set(await reader.readexactly((await reader.readexactly(1))[0]))
    usable = [_NONE, *([_PASSWORD] if password else [])]
    kind = next((one for one in usable if one in offered), None)
    if kind is None:
        raise HandshakeFailed("The VNC server asks for something that the cloud does not know.")
    if version != _OLD:
        writer.write(bytes([kind]))
    return kind


class Viewer:
    """Reads exact lengths from a link, and gives what is left over to who reads on."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._left = b""

    @property
    def last_heard(self) -> float:
        """Tell when the viewer gave its last sign of life."""
        return self._link.last_heard

    async def exactly(self, size: int) -> bytes:
        """Wait for so many bytes."""
        while len(self._left) < size:
            data = await self._link.receive()
            if data is None:
                raise HandshakeFailed("The viewer left.")
            self._left += data
        data, self._left = self._left[:size], self._left[size:]
        return data

    async def receive(self) -> bytes | None:
        """Answer what is left over, then what comes."""
        if self._left:
            data, self._left = self._left, b""
            return data
        return await self._link.receive()

    async def send(self, data: bytes) -> None:
        """Send."""
        await self._link.send(data)

    async def ping(self) -> None:
        """Ask for a sign of life."""
        await self._link.ping()

    async def admit(self, password: str) -> None:
        """Play the server up to its check: with a password, or none for an empty one."""
        await self.send(VERSION)
        version = await self.exactly(12)
        if not version.startswith(b"RFB 003."):
            raise HandshakeFailed("The viewer speaks no VNC.")
        is_new = version >= b"RFB 003.007\n"
        kind = _PASSWORD if password else _NONE
        await self.send(bytes([1, kind]) if is_new else kind.to_bytes(4, "big"))
        if is_new and await self.exactly(1) != bytes([kind]):
            raise HandshakeFailed("The viewer wants another check.")
        if password:
            await self._check(password, tells_why=version >= VERSION)
        elif version >= VERSION:
            await self.send(bytes(4))

    async def _check(self, password: str, *, tells_why: bool) -> None:
        challenge = secrets.token_bytes(16)
        await self.send(challenge)
        if hmac.compare_digest(await self.exactly(16), response(challenge, password)):
            await self.send(bytes(4))
            return
        reason = b"Wrong password."
        why = len(reason).to_bytes(4, "big") + reason if tells_why else b""
        await self.send((1).to_bytes(4, "big") + why)
        raise HandshakeFailed("The viewer gave a wrong password.")
