"""`snf-vnc-gateway`: lets browsers see the screens of machines. Spec: images-and-nodes 5.

Its unix socket speaks lines of JSON, one request and one answer for each connection:

* `{"op": "register", "token", "target", "lifetime" (seconds) or "expires" (Unix time), "server"}`
  keeps a ticket; `target` is `unix:/path` or `host:port`, `vnc_password` what it asks for;
* `{"op": "forward", "target", "password", "server"}` opens a port for one plain VNC client, who
  needs that password; the answer has `source_port` and `proxy_address`;
* `{"op": "close", "server"}` ends the sessions of a server and forgets its tickets;
* `{"op": "status"}` tells how many sessions there are;
* `{"op": "handover", "head": base64}` with a connected socket in its ancillary data: the web
  server gives away a client that asked for a websocket, and what it read of it.

Answers are `{"status": "OK", …}` or `{"status": "FAILED", "reason"}`.
"""

import asyncio
import contextlib
import os
import signal
import socket
from pathlib import Path

import click
import msgspec

from synnefo.kit import clock, logs
from synnefo.kit.faults import BadRequest, Fault, ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.kit.units import KIB
from synnefo.node.console_forward import Forwarding, Order
from synnefo.node.console_session import (
    CROWDED,
    LEAVING,
    Ending,
    Limits,
    Wire,
    open_console,
    show,
)
from synnefo.node.console_tickets import Ticket, Tickets

log = get_logger(__name__)

SOCKET_NAME = "vnc-gateway.sock"
MAX_REQUEST = 64 * KIB
DEFAULT_LIFETIME = 60.0
CONTROL_PATIENCE = 60.0


class Request(msgspec.Struct, frozen=True):
    """A line on the control socket."""

    op: str = "register"
    token: str = ""
    target: str = ""
    server: str = ""
    password: str = ""
    vnc_password: str = ""
    lifetime: float | None = None
    expires: float | None = None
    head: bytes = b""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The line in return."""

    status: str
    reason: str = ""
    sessions: int | None = None
    source_port: int = 0
    proxy_address: str = ""


class Gateway:
    """The sessions and tickets of one host."""

    def __init__(
        self, limits: Limits, *, proxy_address: str = "127.0.0.1", most_sessions: int = 256
    ) -> None:
        self.tickets = Tickets()
        self._proxy_address = proxy_address
        self._limits = limits
        self._most = most_sessions
        self._sessions: dict[asyncio.Task[None], str] = {}

    async def serve_client(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes = b""
    ) -> None:
        """Serve one browser from its handshake to its end."""
        wire = Wire(reader, writer)
        ending = Ending(LEAVING, "The console was closed by the cloud.")
        try:
            found = await open_console(wire, head, self.tickets, self._limits)
            ending = found if isinstance(found, Ending) else await self._run(wire, found)
        except asyncio.CancelledError:
            log.info("console ended by the cloud")
        finally:
            await wire.close(ending, self._limits.farewell)

    async def _run(self, wire: Wire, ticket: Ticket) -> Ending:
        task = asyncio.current_task()
        if task is None or len(self._sessions) >= self._most:
            return Ending(CROWDED, "Too many consoles are open. Try again later.")
        self._sessions[task] = ticket.server
        log.info("console opened", server=ticket.server, sessions=len(self._sessions))
        try:
            ending = await show(wire, ticket, self._limits)
            log.info("console ended", server=ticket.server, code=ending.code)
            return ending
        finally:
            del self._sessions[task]

    async def answer(self, request: Request) -> Answer:
        """Do what a line on the control socket asks for."""
        ticket = Ticket(request.target, request.server, request.vnc_password)
        match request.op:
            case "register":
                self.tickets.issue(request.token, ticket, _lifetime(request))
            case "forward":
                return await self._forward(ticket, request.password)
            case "close":
                self._close(request.server)
            case "status":
                pass
            case _:
                raise BadRequest(f"Unknown operation '{request.op}'.")
        return Answer("OK", sessions=len(self._sessions))

    async def _forward(self, ticket: Ticket, password: str) -> Answer:
        if not password or not ticket.target:
            raise BadRequest("A forwarding needs a target and a password.")
        if len(self._sessions) >= self._most:
            raise ServiceUnavailable("Too many consoles are open. Try again later.")
        forwarding = Forwarding(Order(ticket, password, self._proxy_address), self._limits)
        await forwarding.prepare()
        task = asyncio.create_task(forwarding.run())
        self._sessions[task] = ticket.server
        task.add_done_callback(self._sessions.pop)
        shown = self._proxy_address
        if shown in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
            shown = socket.getfqdn()
        return Answer("OK", source_port=forwarding.port, proxy_address=shown)

    def _close(self, server: str) -> None:
        self.tickets.revoke(server)
        for task, owner in self._sessions.items():
            if owner == server:
                task.cancel()

    async def end_all(self) -> None:
        """Say good-bye to everybody."""
        tasks = list(self._sessions)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _lifetime(request: Request) -> float:
    if request.lifetime is not None:
        return request.lifetime
    if request.expires is not None:
        return request.expires - clock.now().timestamp()
    return DEFAULT_LIFETIME


class ControlSocket:
    """The unix socket by which the cloud speaks to the gateway and hands clients over."""

    def __init__(self, path: Path, gateway: Gateway) -> None:
        self._path = path
        self._gateway = gateway
        self._listener = _listen(path)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Accept until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                peer, _ = await loop.sock_accept(self._listener)
                task = asyncio.create_task(self._serve(peer))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            self._listener.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, peer: socket.socket) -> None:
        client: socket.socket | None = None
        head: bytes | None = None
        with peer:
            try:
                async with asyncio.timeout(CONTROL_PATIENCE):
                    line, client = await _receive(peer)
                    request = msgspec.json.decode(line, type=Request)
                    if request.op == "handover":
                        head = request.head
                    else:
                        await _reply(peer, await self._gateway.answer(request))
            except Fault as fault:
                await _reply(peer, Answer("FAILED", fault.message))
            except msgspec.MsgspecError:
                await _reply(peer, Answer("FAILED", "The request is not what was expected."))
            except (OSError, TimeoutError):
                head = None
        if client is not None and head is not None:
            await self._take_over(client, head)
        elif client is not None:
            client.close()

    async def _take_over(self, client: socket.socket, head: bytes) -> None:
        try:
            reader, writer = await asyncio.open_connection(sock=client)
        except OSError:
            client.close()
            return
        await self._gateway.serve_client(reader, writer, head)


def _listen(path: Path) -> socket.socket:
    """Listen on a unix socket of ours, in the place of one that a dead gateway left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(path))
        raise click.ClickException(f"Another gateway listens on {path}.")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(128)
    listener.setblocking(False)
    return listener


async def _receive(peer: socket.socket) -> tuple[bytes, socket.socket | None]:
    """Read one line, and the socket that may come with it."""
    peer.setblocking(False)
    line, client = b"", None
    while not line.endswith(b"\n") and len(line) < MAX_REQUEST:
        await _readable(peer)
        data, handles, _, _ = socket.recv_fds(peer, MAX_REQUEST, 4)
        for handle in handles:
            if client is not None:
                client.close()
            client = socket.socket(fileno=handle)
        if not data:
            break
        line += data
    return line, client


async def _readable(peer: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(peer, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(peer)


async def _reply(peer: socket.socket, answer: Answer) -> None:
    with contextlib.suppress(OSError):
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(peer, msgspec.json.encode(answer) + b"\n")


async def serve(path: Path, listen: str, gateway: Gateway) -> None:
    """Run a gateway until SIGTERM or SIGINT."""
    control = asyncio.create_task(ControlSocket(path, gateway).run())
    server = await _listen_for_browsers(listen, gateway) if listen else None
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    log.info("gateway ready", control=str(path), listen=listen or "none")
    await asyncio.wait(
        {control, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED
    )
    if server is not None:
        server.close()
    control.cancel()
    await asyncio.gather(control, return_exceptions=True)
    await gateway.end_all()


async def _listen_for_browsers(listen: str, gateway: Gateway) -> asyncio.Server:
    host, _, port = listen.rpartition(":")
    return await asyncio.start_server(gateway.serve_client, host.strip("[]") or None, int(port))


@click.command("snf-vnc-gateway")
@click.option(
    "--run", "folder", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the control socket.",
)  # fmt: skip
@click.option(
    "--listen", default="", metavar="ADDRESS:PORT",
    help="Take websockets here as well, behind a front end such as nginx.",
)  # fmt: skip
@click.option(
    "--idle-timeout", default=3600.0, show_default=True,
    help="End a console after so many seconds in which nothing happens.",
)  # fmt: skip
@click.option(
    "--proxy-listen-address", default="127.0.0.1", show_default=True,
    help="Where plain VNC clients may connect.",
)  # fmt: skip
def command(folder: Path, listen: str, idle_timeout: float, proxy_listen_address: str) -> None:
    """Let browsers see the screens of machines."""
    logs.configure("snf-vnc-gateway")
    gateway = Gateway(Limits(idle=idle_timeout), proxy_address=proxy_listen_address)
    asyncio.run(serve(folder / SOCKET_NAME, listen, gateway))
