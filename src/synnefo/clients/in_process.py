"""Calls to a service in this very process: the HTTP contract without a socket.

A web process that carries several bricks mounts its own WSGI application under the public
address; a call to that address then runs in the calling thread. Bodies stream both ways.
"""

import contextvars
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import httpx2

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_mounts: dict[str, WsgiApp] = {}
_PORTS = {"http": 80, "https": 443}
_BARE = {"CONTENT_TYPE", "CONTENT_LENGTH"}
_CONSTANT: dict[str, Any] = {
    "wsgi.version": (1, 0),
    "wsgi.input_terminated": True,
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "SCRIPT_NAME": "",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1",
}


def mount(prefix: str, app: WsgiApp) -> None:
    """Answer every address under `prefix` (`http://host:port/path`) with a local application."""
    _mounts[prefix.rstrip("/")] = app


def unmount(prefix: str) -> None:
    """Send calls to `prefix` through the network again."""
    _mounts.pop(prefix.rstrip("/"), None)


def mounted(url: str) -> WsgiApp | None:
    """Answer the application that serves an address in this process, if one does."""
    for prefix, app in _mounts.items():
        if url.startswith(prefix) and url[len(prefix) : len(prefix) + 1] in {"", "/", "?"}:
            return app
    return None


class StreamInput(io.RawIOBase):
    """A request's body, read piece by piece as the application asks for it."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        """Tell that bytes can be taken from here."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next; 0 at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = self._rest[: len(buffer)]
        self._rest = self._rest[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)


def ask(app: WsgiApp, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    """Run one request whose body is at hand, and read its answer whole.

    What the application sets in its context stays there.
    """
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc: Any = None) -> object:
        if exc and exc[1] is not None:
            raise exc[1]
        started.append((status, headers))
        return lambda _data: None

    def run() -> bytes:
        pieces = app(environ, start_response)
        try:
            return b"".join(pieces)
        finally:
            getattr(pieces, "close", _nothing)()

    body = contextvars.copy_context().run(run)
    status, headers = started[-1]
    return int(status.split(" ", 1)[0]), headers, body


def _nothing() -> None:
    """Tidy nothing up."""


class InProcess(httpx2.BaseTransport):
    """Run a request through a WSGI application in this thread."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request; what the application sets in its context stays there."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc: Any = None) -> object:
            if exc and exc[1] is not None:
                raise exc[1]
            started.append((status, headers))
            return lambda _data: None

        pieces = contextvars.copy_context().run(self._app, _environ(request), start_response)
        stream = _Pieces(pieces, started)
        status, headers = started[-1]
        return httpx2.Response(
            int(status.split()[0]),
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            stream=stream,
        )


class _Pieces(httpx2.SyncByteStream):
    """An application's answer; its first piece is fetched early so that the status is known."""

    def __init__(self, pieces: Iterable[bytes], started: list[Any]) -> None:
        self._close = getattr(pieces, "close", None)
        self._iterator = iter(pieces)
        self._first: bytes | None = None
        if not started:
            self._first = next(self._iterator, None)

    def __iter__(self) -> Iterator[bytes]:
        if self._first is not None:
            yield self._first
        yield from self._iterator

    def close(self) -> None:
        """Let the application tidy up after its answer."""
        if self._close is not None:
            self._close()


def _environ(request: httpx2.Request) -> dict[str, Any]:
    url = request.url
    environ = {
        **_CONSTANT,
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BufferedReader(StreamInput(request.stream)),  # type: ignore[arg-type]
        "REQUEST_METHOD": request.method,
        "PATH_INFO": url.path.encode("utf-8").decode("latin-1"),
        "RAW_URI": url.raw_path.decode("ascii"),
        "QUERY_STRING": url.query.decode("ascii"),
        "SERVER_NAME": url.host,
        "SERVER_PORT": str(url.port or _PORTS[url.scheme]),
    }
    return _with_headers(
        environ,
        [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
    )


def environ_of(
    method: str, url: str, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> dict[str, Any]:
    """Describe a request whose address is written as it travels, and whose body is at hand."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", str(parts.port or _PORTS[parts.scheme])
    environ = {
        **_CONSTANT,
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "RAW_URI": f"{parts.path}?{parts.query}" if parts.query else parts.path,
        "QUERY_STRING": parts.query,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "HTTP_HOST": parts.netloc.rpartition("@")[2],
        "CONTENT_LENGTH": str(len(body)),
    }
    return _with_headers(
        environ, [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    )


def _with_headers(environ: dict[str, Any], headers: Iterable[tuple[str, str]]) -> dict[str, Any]:
    for name, value in headers:
        key = name.upper().replace("-", "_")
        environ[key if key in _BARE else f"HTTP_{key}"] = value
    return environ
