"""Writing answers: the head and the beginning of the body leave together."""

import re
import socket
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import Any

TOGETHER = 64 * 1024
"""Bytes of a body up to which it is copied behind its head, so that one call sends both."""

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[ \t\x21-\x7e\x80-\xff]*")
_STATUS = re.compile(r"[0-9]{3}(?: [ \t\x21-\x7e\x80-\xff]*)?")
_OURS = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailers"}
    | {"transfer-encoding", "upgrade", "server", "date"}
)
"""Headers that belong to the connection or the server, not to the application."""
_PLAIN, _LENGTH, _DROPPED = range(3)
_NAMES_KEPT = 1000

_kinds: dict[str, int] = {}


class BrokenOff(ConnectionError):
    """The application ended before it sent all that its head announced."""


class Reply:
    """One answer on its way to a socket."""

    def __init__(self, plain: socket.socket, method: str, *, is_last: bool) -> None:
        self._socket = plain
        self._method = method
        self.is_last = is_last
        self.must_close: Callable[[], bool] = bool
        self.is_started = False
        self._status = ""
        self._lines = ""
        self._length: int | None = None
        self._sent = 0
        self._is_chunked = False
        self._is_bare = False

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """Take the head of the answer, as PEP 3333 wants it."""
        if exc_info and self.is_started:
            raise exc_info[1].with_traceback(exc_info[2])
        if self._status and not exc_info:
            raise AssertionError("The head of the answer is there already.")
        if not _STATUS.fullmatch(status):
            raise ValueError(f"This is not a status: {status!r}.")
        self._status, self._length = status, None
        self._lines = self._checked(headers)
        code = int(status[:3])
        self._is_bare = self._method == "HEAD" or code in {204, 304} or code < 200
        self._is_chunked = self._length is None and not self._is_bare
        return self.write

    def _checked(self, headers: list[tuple[str, str]]) -> str:
        """Write header lines; ValueError when one could be read as two."""
        lines = []
        values = []
        for name, value in headers:
            kind = _kinds.get(name)
            if kind is None:
                kind = _kind(name)
            if kind == _DROPPED or (kind == _LENGTH and self._status[:3] == "204"):
                continue
            if kind == _LENGTH:
                self._length = int(value)
            lines.append(f"{name}: {value}\r\n")
            values.append(value)
        together = "".join(values)
        if not (together.isascii() and together.isprintable()):
            for value in values:
                if not _VALUE.fullmatch(value):
                    raise ValueError("A header of the answer holds what no header may.")
        return "".join(lines)

    def send(self, body: Iterable[bytes], before_stream: Callable[[], None]) -> None:
        """Send an answer whole; `before_stream` is told before what a reader can hold up."""
        if isinstance(body, tuple | list) and len(body) < 2:
            data = body[0] if body else b""
            if len(data) > TOGETHER:
                before_stream()
            self.write(data)
        else:
            before_stream()
            for piece in body:
                self.write(piece)
            self._begin()
        if self._is_chunked:
            self._socket.sendall(b"0\r\n\r\n")

    def write(self, piece: bytes) -> None:
        """Send a piece of the body, the head before it if it is the first."""
        data = self._framed(piece)
        if self.is_started:
            if data:
                self._socket.sendall(data)
        elif len(data) <= TOGETHER:
            self._socket.sendall(self._head() + data)
        else:
            self._socket.sendall(self._head(), socket.MSG_MORE)
            self._socket.sendall(data)

    def count(self, sent: int) -> None:
        """Count bytes of the body that went out past this object."""
        self._sent += sent

    def check_whole(self) -> None:
        """BrokenOff when the body is shorter than its Content-Length."""
        if self._length is not None and not self._is_bare and self._sent < self._length:
            raise BrokenOff(f"Only {self._sent} of {self._length} bytes were sent.")

    def _framed(self, piece: bytes) -> bytes:
        if self._is_bare or not piece:
            return b""
        if self._length is not None:
            piece = piece[: self._length - self._sent]
        self._sent += len(piece)
        return b"%x\r\n%b\r\n" % (len(piece), piece) if self._is_chunked else piece

    def _begin(self) -> None:
        if not self.is_started:
            self._socket.sendall(self._head())

    def _head(self) -> bytes:
        if not self._status:
            raise AssertionError("The application sent a body before its head.")
        self.is_started = True
        self.is_last = self.is_last or self.must_close()
        wish = "close" if self.is_last else "keep-alive"
        framing = "Transfer-Encoding: chunked\r\n" if self._is_chunked else ""
        return (
            f"HTTP/1.1 {self._status}\r\nServer: gunicorn\r\nDate: {_date()}\r\n"
            f"Connection: {wish}\r\n{framing}{self._lines}\r\n"
        ).encode("latin-1")


def _kind(name: str) -> int:
    """Tell what a header is; ValueError for a name that no header has."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"This is not the name of a header: {name!r}.")
    low = name.lower()
    kind = _LENGTH if low == "content-length" else _DROPPED if low in _OURS else _PLAIN
    if len(_kinds) < _NAMES_KEPT:
        _kinds[name] = kind
    return kind


_dated = [(0, "")]


def _date() -> str:
    """Write the time as HTTP does, once in a second."""
    now = int(time.time())
    when, text = _dated[0]
    if when != now:
        text = formatdate(now, usegmt=True)
        _dated[0] = (now, text)
    return text
