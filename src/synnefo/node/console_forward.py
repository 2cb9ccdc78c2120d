"""The classic console: a port of its own for one VNC client. Spec: images-and-nodes 5.1, 5.2."""

import asyncio
import contextlib
import random
import socket

import msgspec

from synnefo.kit import clock
from synnefo.kit.faults import ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.node.console_session import CHUNK, Limits, dial, relay
from synnefo.node.console_tickets import Ticket
from synnefo.node.rfb import HandshakeFailed, Viewer, enter

log = get_logger(__name__)

FIRST_PORT, LAST_PORT = 25000, 30000
CLIENT_PATIENCE = 30.0
ATTEMPTS, RETRY_WAIT = 3, 0.1


class Order(msgspec.Struct, frozen=True):
    """One forwarding: what to show, and the password that opens it."""

    ticket: Ticket
    password: str
    address: str = "127.0.0.1"
    """Where to listen."""


class TcpLink:
    """A VNC client on plain TCP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def last_heard(self) -> float:
        """Claim life: TCP knows no ping, its end tells."""
        return clock.monotonic()

    async def receive(self) -> bytes | None:
        """Wait for bytes."""
        return await self._reader.read(CHUNK) or None

    async def send(self, data: bytes) -> None:
        """Send, and wait until the client keeps up."""
        self._writer.write(data)
        await self._writer.drain()

    async def ping(self) -> None:
        """Do nothing."""


class Forwarding:
    """A port that waits for its one client, then shows the screen."""

    def __init__(self, order: Order, limits: Limits) -> None:
        self._order = order
        self._limits = limits
        self._listener = _free_listener(order.address)
        self.port = int(self._listener.getsockname()[1])
        self._screen: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def prepare(self) -> None:
        """Reach the screen first, so that whoever asked learns if that fails."""
        for attempt in range(ATTEMPTS):
            try:
                async with asyncio.timeout(self._limits.connect):
                    self._screen = await dial(self._order.ticket.target)
                    await enter(*self._screen, self._order.ticket.password)
                    return
            except (OSError, TimeoutError, HandshakeFailed, ValueError) as error:
                self._hang_up()
                if attempt == ATTEMPTS - 1:
                    self._listener.close()
                    told = f"The screen cannot be reached: {error}"
                    raise ServiceUnavailable(told) from error
            await asyncio.sleep(RETRY_WAIT)

    async def run(self) -> None:
        """Wait for the client, check its password, relay until one side ends."""
        try:
            client = await self._wait_for_client()
            if client is not None and self._screen is not None:
                await self._serve(client, self._screen)
        finally:
            self._listener.close()
            self._hang_up()

    async def _wait_for_client(self) -> socket.socket | None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CLIENT_PATIENCE):
                client, _ = await loop.sock_accept(self._listener)
        except (OSError, TimeoutError):
            return None
        finally:
            self._listener.close()
        return client

    async def _serve(
        self, client: socket.socket, screen: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> None:
        reader, writer = await asyncio.open_connection(sock=client)
        viewer = Viewer(TcpLink(reader, writer))
        try:
            async with asyncio.timeout(self._limits.connect):
                await viewer.admit(self._order.password)
            ending = await relay(viewer, screen, self._limits)
            log.info("forwarding ended", server=self._order.ticket.server, code=ending.code)
        except (OSError, TimeoutError, HandshakeFailed) as error:
            log.info("viewer refused", server=self._order.ticket.server, reason=str(error))
        finally:
            with contextlib.suppress(OSError):
                await writer.drain()
            writer.close()

    def _hang_up(self) -> None:
        if self._screen is not None:
            self._screen[1].close()
            self._screen = None


def _free_listener(address: str) -> socket.socket:
    """Listen on a port of the pool that nobody uses."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in random.sample(range(FIRST_PORT, LAST_PORT), 64):
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.bind((address, port))
        except OSError:
            listener.close()
            continue
        listener.listen(1)
        listener.setblocking(False)
        return listener
    raise ServiceUnavailable("No port is free for another console. Try again in a minute.")
