"""Gives websockets for consoles away to the gateway, so that one port serves all.

The web server has read the head of the request. The client's socket and that head go to the
gateway over its unix socket; then the web server is left with a dead socket in the client's
place and told that the client broke off, so it writes nothing and counts right.
Behind a front end that ends TLS the gateway's own listener is used instead.
"""

import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from synnefo.kit import conf
from synnefo.kit.logs import get_logger
from synnefo.serve.settings import ServeSettings
from synnefo.webproject.settings import WebprojectSettings

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = get_logger(__name__)

PATH = "/console/ws"
PATIENCE = 5.0


class HandedOver(BrokenPipeError):
    """The client is not ours any more; the web server takes it for one that has left."""


class ConsoleUpgrade:
    """A WSGI application in front of another."""

    def __init__(self, application: "WSGIApplication", gateway: Path | None = None) -> None:
        self._application = application
        self._gateway = gateway

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Hand consoles over; let everything else pass."""
        if environ.get("PATH_INFO") != PATH:
            return self._application(environ, start_response)
        head = _head(environ)
        environ["RAW_URI"], environ["QUERY_STRING"] = PATH, ""  # the ticket is for no log
        if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
            return _refuse(start_response, "426 Upgrade Required", "This address is a websocket.")
        client = environ.get("gunicorn.socket")
        if not isinstance(client, socket.socket) or isinstance(client, ssl.SSLSocket):
            reason = "Consoles need a front end that leads /console/ws to the console gateway."
            return _refuse(start_response, "501 Not Implemented", reason)
        try:
            _give_away(client, head, self._gateway or gateway_socket())
        except OSError as error:
            log.warning("console gateway unreachable", reason=str(error))
            return _refuse(
                start_response, "503 Service Unavailable", "Consoles are down. Try later."
            )
        raise HandedOver(errno.EPIPE, "handed over to the console gateway")


def gateway_socket() -> Path:
    """Tell where the gateway listens, by the settings."""
    named = conf.of(WebprojectSettings).console_gateway_socket
    if named:
        return Path(named)
    return Path(conf.of(ServeSettings).synnefo_data_dir) / "run" / "vnc-gateway.sock"


def _give_away(client: socket.socket, head: bytes, gateway: Path) -> None:
    """Pass the client on and put a dead socket into its place."""
    message = msgspec.json.encode({"op": "handover", "head": head}) + b"\n"
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(PATIENCE)
        control.connect(str(gateway))
        sent = socket.send_fds(control, [message], [client.fileno()])
        # From here on the client is the gateway's, whatever happens to the rest of the line.
        with contextlib.suppress(OSError):
            control.sendall(message[sent:])
    ours, theirs = socket.socketpair()
    with ours, theirs:
        os.dup2(ours.fileno(), client.fileno())


def _head(environ: "WSGIEnvironment") -> bytes:
    """Write the request's head anew."""
    target = environ.get("RAW_URI") or f"{PATH}?{environ.get('QUERY_STRING', '')}"
    lines = [f"{environ['REQUEST_METHOD']} {target} HTTP/1.1"]
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            lines.append(f"{name[5:].replace('_', '-').title()}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _refuse(start_response: "StartResponse", status: str, reason: str) -> Iterable[bytes]:
    body = f"{reason}\n".encode()
    head = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    if status.startswith("426"):
        head.append(("Upgrade", "websocket"))
    start_response(status, head)
    return [body]
