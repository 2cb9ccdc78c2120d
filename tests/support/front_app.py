"""A WSGI application that shows what a web server made of a request, and behaves in odd ways.

`GET /sleep?0.5` takes its time, `/stream` answers piece by piece, `/short` breaks its promise,
`/big` sends more than fits together, `/ignore` reads no body, `/fail` has a bug.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

SHOWN = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "RAW_URI", "SERVER_PROTOCOL")
ALSO = ("CONTENT_LENGTH", "CONTENT_TYPE", "wsgi.url_scheme", "SCRIPT_NAME", "REMOTE_ADDR")
BIG = b"b" * 16_000_000
CANNED: dict[str, tuple[str, list[tuple[str, str]], list[bytes]]] = {
    "/stream": ("200 OK", [("Content-Type", "text/plain")], []),
    "/short": ("200 OK", [("Content-Length", "10")], [b"short"]),
    "/big": ("200 OK", [("Content-Length", str(len(BIG)))], [BIG]),
    "/split": ("200 OK", [("X-Evil", "a\r\nSet-Cookie: b=c")], [b"never"]),
    "/ignore": ("200 OK", [("Content-Length", "7")], [b"ignored"]),
    "/nothing": ("204 No Content", [("Content-Length", "0")], [b""]),
}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request."""
    path = environ["PATH_INFO"]
    if path == "/fail":
        raise LookupError("a bug")
    if path == "/sleep":
        time.sleep(float(environ["QUERY_STRING"] or "0.2"))
    if path not in CANNED:
        return _echo(environ, start_response)
    status, headers, body = CANNED[path]
    start_response(status, headers)
    return body or _pieces()


def _pieces() -> Iterator[bytes]:
    for number in range(3):
        yield b"piece %d\n" % number
        time.sleep(0.01)


def _echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    told = {name: environ.get(name) for name in (*SHOWN, *ALSO)}
    told |= {name: value for name, value in environ.items() if name.startswith("HTTP_")}
    told |= {"size": len(body), "body": body[:64].decode("latin-1")}
    data = json.dumps(told, sort_keys=True).encode()
    start_response("200 OK", [("Content-Length", str(len(data))), ("X-Size", str(len(body)))])
    return [data]
