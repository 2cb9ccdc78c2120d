"""The RAPI over HTTP: a thread for each connection, basic auth, JSON both ways."""

import base64
import binascii
import hmac
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from synnefo.kit.logs import get_logger
from synnefo.node.solo.failures import JobFailure
from synnefo.node.solo.requests import Refusal
from synnefo.node.solo.resources import Plain, Request, Resources

log = get_logger(__name__)

_REALM = 'Basic realm="Ganeti Remote API"'
_MAX_BODY = 8 * 1024 * 1024
_IDLE_SECONDS = 75


class RapiServer:
    """A listening RAPI."""

    def __init__(
        self, address: tuple[str, int], resources: Resources, *, user: str, password: str
    ) -> None:
        credentials = f"{user}:{password}".encode()

        class Handler(_Exchange):
            """An exchange that knows this server's resources and credentials."""

        Handler.resources = resources
        Handler.credentials = credentials
        self._server = _Listener(address, Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="rapi", daemon=True
        )

    @property
    def port(self) -> int:
        """Tell the port, also when any free one was asked for."""
        return int(self._server.server_address[1])

    def secure(self, certificate: Path) -> None:
        """Speak HTTPS with a PEM file that holds key and certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests."""
        self._server.shutdown()
        self._server.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a connection broke", client=client_address, exc_info=True)


class _Exchange(BaseHTTPRequestHandler):
    resources: Resources
    credentials: bytes
    protocol_version = "HTTP/1.1"
    server_version = "snf-solo"
    sys_version = ""
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the access log out of the way; jobs are logged where they are queued."""

    def do_GET(self) -> None:
        """Answer a GET."""
        self._exchange()

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names of the library

    def _exchange(self) -> None:
        try:
            body = self._read_body()
            path = urlsplit(self.path)
            if path.path == "/healthz":
                self._send(200, {"status": "ok"})
                return
            self._check_credentials()
            request = Request(
                self.command,
                unquote(path.path),
                parse_qs(path.query, keep_blank_values=True),
                body,
            )
            self._send(200, self.resources.answer(request))
        except Refusal as refusal:
            self._send(refusal.status, refusal.body())
        except JobFailure as failure:
            self._send(400, Refusal(400, failure.message).body())
        except OSError:
            self.close_connection = True
        except Exception:
            log.exception("request broke", method=self.command, path=self.path)
            self._send(500, Refusal(500).body())

    def _read_body(self) -> bytes:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > _MAX_BODY:
            self.close_connection = True
            raise Refusal(400, "The body's length is missing or too large")
        return self.rfile.read(int(length))

    def _check_credentials(self) -> None:
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        try:
            told = base64.b64decode(given) if kind.lower() == "basic" else b""
        except binascii.Error:
            told = b""
        if not hmac.compare_digest(told, self.credentials):
            raise Refusal(401)

    def _send(self, status: int, answer: object) -> None:
        is_plain = isinstance(answer, Plain)
        content = answer.content if isinstance(answer, Plain) else msgspec.json.encode(answer)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if is_plain else "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 401:
            self.send_header("WWW-Authenticate", _REALM)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
