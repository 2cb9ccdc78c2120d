"""Bodies of requests, received into buffers that are used again and again.

Under gunicorn a body of known length goes from the socket straight into the buffer, which halves
the work of a large upload. Everything else is read through `wsgi.input`.
"""

import contextlib
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

from synnefo.kit.faults import BadRequest, TooLarge
from synnefo.kit.units import is_number

PIECE = 1024 * 1024


class BodySource:
    """The body of one request: filled into buffers, counted, bounded."""

    def __init__(self, meta: Mapping[str, Any], *, limit: int) -> None:
        self._input = meta["wsgi.input"]
        self._limit = limit
        self.length = _length(meta)
        self.received = 0
        if self.length is not None and self.length > limit:
            raise TooLarge(f"One request carries at most {limit} bytes.")
        self._fill = _filler(meta) if self.length else None

    def fill(self, view: memoryview) -> int:
        """Fill a buffer from its start; fewer bytes than asked mean the end.

        BadRequest when the client hangs up before all that it announced has come.
        """
        wanted = view
        if self.length is not None:
            wanted = view[: self.length - self.received]
        filled = 0
        while filled < len(wanted):
            got = self._receive(wanted[filled:])
            if not got:
                break
            filled += got
        self.received += filled
        self._check(filled < len(wanted))
        return filled

    def _check(self, has_ended: bool) -> None:
        if self.received > self._limit:
            raise TooLarge(f"One request carries at most {self._limit} bytes.")
        if has_ended and self.length is not None:
            raise BadRequest(
                f"The body ended after {self.received} of {self.length} bytes; nothing was stored."
            )

    def _receive(self, view: memoryview) -> int:
        try:
            if self._fill is not None:
                return self._fill(view)
            piece = self._input.read(min(len(view), PIECE))
        except (OSError, ValueError) as error:
            raise BadRequest("The connection broke in the middle of the body.") from error
        except Exception as error:
            if type(error).__module__.startswith("gunicorn."):
                raise BadRequest("The body is not sent as HTTP says it must be.") from error
            raise
        view[: len(piece)] = piece
        return len(piece)


class FileOutlet:
    """The way to the client for parts of files, past this process' memory.

    Only to be used in the middle of a streamed answer with a Content-Length: the first piece must
    go out as usual, for the headers travel with it. Each part counts as sent when it is taken.
    """

    def __init__(self, plain: socket.socket, count: Callable[[int], None]) -> None:
        """Send past a socket's server, which is told how much by `count`."""
        self._fd = plain.fileno()
        self._count = count

    @classmethod
    def of(cls, meta: Mapping[str, Any]) -> "FileOutlet | None":
        """Find the way out, where this server hands its plain blocking socket on."""
        plain = meta.get("gunicorn.socket")
        is_framed = meta.get("SERVER_PROTOCOL") in {"HTTP/1.0", "HTTP/1.1"}
        if type(plain) is socket.socket and plain.gettimeout() is None and is_framed:
            return cls(plain, meta.get("synnefo.sent", _nobody))
        return None

    def send(self, fd: int, offset: int, length: int) -> int:
        """Send a part of a file, all of it if the file is long enough; tell how much was sent."""
        sent = 0
        while sent < length:
            got = os.sendfile(self._fd, fd, offset + sent, length - sent)
            if not got:
                break
            sent += got
            self._count(got)
        return sent


def _nobody(_sent: int) -> None:
    """Tell nobody: this server does not count."""


def _length(meta: Mapping[str, Any]) -> int | None:
    """Tell the announced size; None for a chunked body, 0 when there is no body at all."""
    if "chunked" in str(meta.get("HTTP_TRANSFER_ENCODING", "")).lower():
        return None
    text = str(meta.get("CONTENT_LENGTH") or "0")
    if not is_number(text):
        raise BadRequest(f"'{text}' is not a Content-Length.")
    return int(text)


def _filler(meta: Mapping[str, Any]) -> Callable[[memoryview], int] | None:
    """Find what puts the body into buffers past any other, where this server has such a thing."""
    body = meta["wsgi.input"]
    if hasattr(body, "fill"):
        fill: Callable[[memoryview], int] = body.fill
        return fill
    direct = _Direct.of(meta, body)
    return direct.receive if direct else None


class _Direct:
    """gunicorn's socket below its reader; the reader is told what was taken past it.

    A buffer is filled in one call where that is possible: each call more costs two hand-overs of
    the interpreter lock.
    """

    def __init__(self, plain: Any, body: Any) -> None:
        self._socket = plain
        self._flags = socket.MSG_WAITALL if type(plain) is socket.socket else 0
        self._body = body
        self._buffered = len(body.reader.unreader.buf.getbuffer())

    @classmethod
    def of(cls, meta: Mapping[str, Any], body: Any) -> "_Direct | None":
        """Find the socket, where this server has one and frames the body by its length."""
        with contextlib.suppress(AttributeError):
            is_framed = type(body.reader).__name__ == "LengthReader" and not body.buf.tell()
            if is_framed and hasattr(meta.get("gunicorn.socket"), "recv_into"):
                return cls(meta["gunicorn.socket"], body)
        return None

    def receive(self, view: memoryview) -> int:
        """Take first what the server has read ahead, then what the socket brings."""
        if self._buffered:
            piece = self._body.reader.read(min(self._buffered, len(view)))
            self._buffered -= len(piece)
            view[: len(piece)] = piece
            return len(piece)
        try:
            got: int = self._socket.recv_into(view, len(view), self._flags)
        except BlockingIOError:  # the socket wakes now and then; the server's reader is patient
            piece = self._body.read(min(len(view), PIECE))
            view[: len(piece)] = piece
            return len(piece)
        self._body.reader.length -= got
        return got
