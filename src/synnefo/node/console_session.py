"""One console: a websocket on one side, a VNC server on the other, bytes in between."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qs, urlsplit

import msgspec
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from synnefo.kit import clock
from synnefo.kit.logs import get_logger
from synnefo.kit.units import KIB, MIB
from synnefo.node.console_tickets import Ticket, Tickets
from synnefo.node.rfb import HandshakeFailed, Link, Viewer, enter

log = get_logger(__name__)

CHUNK = 64 * KIB
LEAVING, CROWDED, BAD_TICKET, IDLE, GONE, UNREACHABLE = 1001, 1013, 4401, 4408, 4410, 4503
Screen = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_DATA = (Opcode.BINARY, Opcode.TEXT, Opcode.CONT)

# The library would write request lines, and so tickets, at level DEBUG.
_quiet = logging.getLogger("synnefo.node.console_session.wire")
_quiet.setLevel(logging.WARNING)


class Limits(msgspec.Struct, frozen=True):
    """How patient a session is, in seconds."""

    handshake: float = 10.0
    connect: float = 10.0
    idle: float = 3600.0
    """Without a key, a mouse movement or a change on the screen."""
    silence: float = 90.0
    """Without any sign of life from the browser, not even an answer to a ping."""
    ping: float = 20.0
    farewell: float = 2.0


class Ending(msgspec.Struct, frozen=True):
    """Why a session ended, as the browser is told."""

    code: int
    reason: str


_CLIENT_LEFT = Ending(1000, "")


class Wire:
    """The websocket side: frames in, frames out, never more than a chunk ahead of its reader."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = ServerProtocol(
            select_subprotocol=_choose_binary, max_size=MIB, logger=_quiet
        )
        self._last_heard = clock.monotonic()

    @property
    def last_heard(self) -> float:
        """Tell when the browser gave its last sign of life."""
        return self._last_heard

    async def handshake(self, head: bytes) -> Request | None:
        """Answer the opening request, of which `head` was read already; None when it is none."""
        request = self._first_request(head) if head else None
        while request is None and self._protocol.state is State.CONNECTING:
            data = await self._reader.read(CHUNK)
            if not data:
                return None
            request = self._first_request(data)
        if request is not None:
            self._protocol.send_response(self._protocol.accept(request))
            await self.flush()
        return request if self._protocol.state is State.OPEN else None

    def _first_request(self, data: bytes) -> Request | None:
        self._protocol.receive_data(data)
        events = self._protocol.events_received()
        return next((event for event in events if isinstance(event, Request)), None)

    async def receive(self) -> bytes | None:
        """Wait for what the browser sends; empty for a mere sign of life, None at the end."""
        data = await self._reader.read(CHUNK)
        self._last_heard = clock.monotonic()
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        payload = b"".join(
            event.data
            for event in self._protocol.events_received()
            if isinstance(event, Frame) and event.opcode in _DATA
        )
        await self.flush()
        is_over = self._protocol.state is not State.OPEN
        return None if is_over and not payload else payload

    async def send(self, data: bytes) -> None:
        """Send one binary message and wait until the browser keeps up."""
        self._protocol.send_binary(data)
        await self.flush()

    async def ping(self) -> None:
        """Ask the browser for a sign of life."""
        self._protocol.send_ping(b"")
        await self.flush()

    async def flush(self) -> None:
        """Write out what the protocol wants to say."""
        for data in self._protocol.data_to_send():
            if data:
                self._writer.write(data)
            elif self._writer.can_write_eof():
                self._writer.write_eof()
        await self._writer.drain()

    async def close(self, ending: Ending, patience: float) -> None:
        """Say why, let the browser answer for `patience` seconds, and hang up."""
        try:
            async with asyncio.timeout(patience):
                if self._protocol.state is State.OPEN:
                    self._protocol.send_close(ending.code, ending.reason)
                await self.flush()
                while self._protocol.state is State.CLOSING:
                    await self.receive()
        except (OSError, TimeoutError, InvalidState):
            pass
        finally:
            self._writer.close()


async def show(wire: Wire, ticket: Ticket, limits: Limits) -> Ending:
    """Show a screen to a browser until one side ends; answer why.

    A screen without a password is left to talk with the browser from the first byte on. One with
    a password is opened here, and the browser, who knows none, is told that there is none.
    """
    screen: Screen | None = None
    try:
        async with asyncio.timeout(limits.connect):
            screen = await dial(ticket.target)
            link: Link = wire
            if ticket.password:
                await enter(*screen, ticket.password)
                link = viewer = Viewer(wire)
                await viewer.admit("")
        return await relay(link, screen, limits)
    except (OSError, TimeoutError, ValueError, HandshakeFailed) as error:
        log.info("screen unreachable", server=ticket.server, reason=str(error))
        return Ending(UNREACHABLE, "The screen of this machine cannot be reached.")
    finally:
        if screen is not None:
            screen[1].close()


async def relay(link: Link, screen: Screen, limits: Limits) -> Ending:
    """Carry bytes both ways until one side ends or nothing happens for long."""
    return await _Relay(link, limits).run(*screen)


class _Relay:
    """A session between a viewer and a screen."""

    def __init__(self, link: Link, limits: Limits) -> None:
        self._link = link
        self._limits = limits
        self._last_use = clock.monotonic()

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Ending:
        jobs = [
            asyncio.ensure_future(self._to_screen(writer)),
            asyncio.ensure_future(self._from_screen(reader)),
            asyncio.ensure_future(self._watch()),
        ]
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
        return _ending_of(done)

    async def _to_screen(self, writer: asyncio.StreamWriter) -> Ending:
        while (data := await self._link.receive()) is not None:
            if data:
                self._last_use = clock.monotonic()
                try:
                    writer.write(data)
                    await writer.drain()
                except OSError:
                    return _screen_gone()
        return _CLIENT_LEFT

    async def _from_screen(self, reader: asyncio.StreamReader) -> Ending:
        while True:
            try:
                data = await reader.read(CHUNK)
            except OSError:
                data = b""
            if not data:
                return _screen_gone()
            self._last_use = clock.monotonic()
            await self._link.send(data)

    async def _watch(self) -> Ending:
        """Ping the viewer, and end a session that nobody uses."""
        while True:
            await asyncio.sleep(min(self._limits.ping, self._limits.idle))
            now = clock.monotonic()
            if now - self._last_use > self._limits.idle:
                return Ending(IDLE, "Closed because nothing happened for a long time.")
            if now - self._link.last_heard > self._limits.silence:
                return Ending(LEAVING, "The browser does not answer.")
            await self._link.ping()


def _screen_gone() -> Ending:
    return Ending(GONE, "The machine was switched off.")


def _ending_of(done: Iterable[asyncio.Future[Ending]]) -> Ending:
    """Prefer a reason over a broken connection, which is the browser having left."""
    endings = [job.result() for job in done if job.exception() is None]
    return endings[0] if endings else _CLIENT_LEFT


async def dial(target: str) -> Screen:
    """Connect to a VNC server: `unix:/path` or `host:port`."""
    if target.startswith("unix:"):
        return await asyncio.open_unix_connection(target.removeprefix("unix:"))
    host, _, port = target.rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port))


async def open_console(
    wire: Wire, head: bytes, tickets: Tickets, limits: Limits
) -> Ticket | Ending:
    """Shake hands and take the ticket, or tell why the browser is turned away."""
    try:
        async with asyncio.timeout(limits.handshake):
            request = await wire.handshake(head)
    except (OSError, TimeoutError):
        request = None
    if request is None:
        return _CLIENT_LEFT
    reason = "This address was used before or has expired. Open the console again."
    return tickets.redeem(_token_of(request.path)) or Ending(BAD_TICKET, reason)


def _token_of(path: str) -> str:
    return parse_qs(urlsplit(path).query).get("token", [""])[0]


def _choose_binary(
    _protocol: ServerProtocol, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    """Speak `binary` with who offers it, and nothing special with who offers nothing."""
    return Subprotocol("binary") if "binary" in offered else None
