"""A server's screen and the log of its serial port. Spec: compute 18."""

import secrets
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from synnefo.cyclades.domain import names
from synnefo.cyclades.domain.instances import VncPoint
from synnefo.cyclades.domain.server_states import Action, WrongState, check
from synnefo.cyclades.engines import console as gateway
from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.models import Server
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import reconcile, servers
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.kit import conf, ids
from synnefo.kit.faults import ServiceUnavailable
from synnefo.serve.http import Caller
from synnefo.serve.settings import ServeSettings

LOG_BYTES = 256 * 1024


class OpenedConsole(msgspec.Struct, frozen=True, kw_only=True):
    """Where a console can be seen, once."""

    token: str
    page_url: str
    websocket_url: str
    host: str
    port: int


class PlainConsole(msgspec.Struct, frozen=True, kw_only=True):
    """Where one plain VNC client may connect within half a minute."""

    host: str
    port: int
    password: str


def open_for(caller: Caller, server_id: str) -> OpenedConsole:
    """Issue a ticket for a running server's screen; its cluster is asked, not the database."""
    server, point = _running(caller, server_id)
    token = ids.new_token()
    lifetime = conf.of(CycladesSettings).cyclades_console_lifetime
    try:
        gateway.register(_gateway(), token, point, server=str(server.id), lifetime=lifetime)
    except EngineError as error:
        raise ServiceUnavailable(str(error)) from error
    return _opened(token)


def open_plain(caller: Caller, server_id: str) -> PlainConsole:
    """Open a port for one VNC client, with a password of its own. Spec: images-and-nodes 5.2."""
    server, point = _running(caller, server_id)
    password = secrets.token_urlsafe(6)  # VNC looks at eight characters
    try:
        host, port = gateway.forward(_gateway(), password, point, server=str(server.id))
    except EngineError as error:
        raise ServiceUnavailable(str(error)) from error
    return PlainConsole(host=host, port=port, password=password)


def _running(caller: Caller, server_id: str) -> tuple[Server, VncPoint]:
    server = servers.show(caller, server_id, deleted=False)
    check(Action.CONSOLE, server.standing, admin=caller.is_admin)
    return server, _screen(server)


def _gateway() -> Path:
    named = conf.of(CycladesSettings).cyclades_console_socket
    folder = Path(conf.of(ServeSettings).synnefo_data_dir)
    return Path(named) if named else folder / "run" / "vnc-gateway.sock"


def _screen(server: Server) -> VncPoint:
    if server.cluster is None:
        raise WrongState("The server's cluster is no longer known.")
    engine = engine_of(server.cluster)
    name = names.instance(conf.of(CycladesSettings).backend_prefix_id, server.id)
    try:
        facts = engine.compute.instance(name)
        point = engine.cluster.vnc(name) if facts is not None and facts.running else None
    except EngineError as error:
        raise ServiceUnavailable(str(error)) from error
    if facts is None or not facts.running:
        reconcile.saw_stopped(server)
        raise WrongState("The server does not run. Start it to open its console.")
    if point is None:
        raise WrongState("This server has no screen.")
    return point


def _opened(token: str) -> OpenedConsole:
    settings = conf.of(CycladesSettings)
    base = urlsplit(settings.cyclades_base_url)
    page = settings.cyclades_console_url or f"{base.scheme}://{base.netloc}/ui/console"
    scheme = "wss" if base.scheme == "https" else "ws"
    return OpenedConsole(
        token=token,
        page_url=f"{page}?token={token}",
        websocket_url=f"{scheme}://{base.netloc}/console/ws?token={token}",
        host=base.hostname or "",
        port=base.port or (443 if base.scheme == "https" else 80),
    )


def log_of(caller: Caller, server_id: str, *, lines: int | None = None) -> str:
    """Answer what the guest wrote to its serial port, the last `lines` or all that is kept."""
    server = servers.show(caller, server_id, deleted=False)
    if server.cluster is None:
        return ""
    name = names.instance(conf.of(CycladesSettings).backend_prefix_id, server.id)
    try:
        data = engine_of(server.cluster).cluster.console_log(name, length=LOG_BYTES)
    except EngineError as error:
        raise ServiceUnavailable(str(error)) from error
    text = data.decode("utf-8", "replace")
    if lines is None:
        return text
    return "\n".join(text.splitlines()[-lines:]) if lines else ""
