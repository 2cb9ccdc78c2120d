"""What goes back to the client: a status, headers, and bytes or an iterator of bytes."""

from collections.abc import Iterable, Iterator, Mapping
from email.header import Header
from http import HTTPStatus
from typing import Any

import msgspec

from synnefo.kit.faults import Fault, Unauthorized
from synnefo.serve.http.call import Reply, is_stream
from synnefo.serve.http.cookies import Cookie
from synnefo.serve.http.faults import FaultStyle

HTML = "text/html; charset=utf-8"
_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Answer:
    """An answer on its way out; its body is None where there is none."""

    __slots__ = ("body", "cookies", "headers", "status")

    def __init__(
        self, status: int, headers: dict[str, str], body: bytes | Iterable[bytes] | None = None
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.cookies: tuple[Cookie, ...] = ()

    @property
    def status_line(self) -> str:
        """Write the status as HTTP has it."""
        return _LINES.get(self.status) or f"{self.status} Unknown"

    @property
    def header_lines(self) -> list[tuple[str, str]]:
        """List the headers as a web server wants them, a line for each cookie."""
        lines = list(self.headers.items())
        return lines + [("Set-Cookie", cookie.line) for cookie in self.cookies]

    def drop_body(self) -> None:
        """Keep what a HEAD request is told: all but the body."""
        if isinstance(self.body, bytes):
            self.headers.setdefault("Content-Length", str(len(self.body)))
        else:
            self.close()
        self.body = b"" if isinstance(self.body, bytes) else None

    def close(self) -> None:
        """Free what a body holds that nobody will read to its end."""
        closer = getattr(self.body, "close", None)
        if closer is not None:
            closer()

    def pieces(self) -> Iterable[bytes]:
        """Answer the body piece by piece."""
        if isinstance(self.body, bytes):
            return (self.body,)
        return self.body if self.body is not None else ()


def encode(reply: Reply, status: int, more: Mapping[str, str]) -> Answer:
    """Make an answer of what a handler returned."""
    body: Any = reply.body
    headers: dict[str, str] = {}
    if isinstance(body, bytes | bytearray | memoryview):
        body, headers["Content-Type"] = bytes(body), HTML
    elif body is not None and (isinstance(body, msgspec.Struct) or not is_stream(body)):
        body, headers["Content-Type"] = msgspec.json.encode(body), "application/json"
    elif body is not None:
        headers["Content-Type"] = HTML
    headers.update(more)
    headers.update(reply.headers)
    return Answer(reply.status or status, _safe(headers), body)


def encode_fault(fault: Fault, style: FaultStyle, identity_url: str) -> Answer:
    """Make an answer of a fault."""
    body, kind = style(fault)
    headers = {"Content-Type": kind}
    if isinstance(fault, Unauthorized):
        headers["WWW-Authenticate"] = f'Keystone uri="{identity_url}"'
    headers.update(fault.headers)
    return Answer(fault.status, _safe(headers), body)


def _safe(headers: dict[str, str]) -> dict[str, str]:
    """Answer headers that can be sent; they are looked at together, for nearly all can be."""
    together = "".join(headers.values())
    if together.isascii() and together.isprintable():
        return headers
    return {name: _line(text) for name, text in headers.items()}


def _line(text: str) -> str:
    """Make a header's value one line of latin-1; what cannot be is written as MIME asks."""
    if "\n" in text or "\r" in text:
        raise ValueError("A header must be one line.")
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return Header(text, "utf-8", maxlinelen=10_000).encode()
    return text


class Closing:
    """A body that does something more when the server is done with it."""

    def __init__(self, answer: Answer, then: Any) -> None:
        self._answer = answer
        self._then = then

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer.pieces())

    def close(self) -> None:
        """Free the body, then do what is left to do."""
        try:
            self._answer.close()
        finally:
            self._then()
