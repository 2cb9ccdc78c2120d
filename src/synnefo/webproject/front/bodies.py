"""The body of a request whose length is known, read from the socket itself."""

import contextlib
import socket
from collections.abc import Iterator

from synnefo.webproject.front.patience import PatientSocket

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PIECE = 1024 * 1024
"""Bytes that are made room for at once, whatever a client announces."""
DRAINED = 64 * 1024
"""Bytes of an unread body that are thrown away to keep a connection."""


class KnownBody:
    """What comes after a head: first what was read ahead, then what the socket brings."""

    def __init__(
        self, source: PatientSocket | None, ahead: bytes, length: int, *, is_awaited: bool = False
    ) -> None:
        """Begin; `is_awaited` when the client sends nothing before it is asked to."""
        self._source = source
        self._ahead = memoryview(ahead)
        self._is_awaited = is_awaited and not ahead
        self.left = length

    def fill(self, view: memoryview) -> int:
        """Put the next bytes into a buffer: all that fit, or fewer when the connection ends."""
        wanted = view[: self.left]
        filled = self._take_ahead(wanted)
        while filled < len(wanted):
            got = self._receive(wanted[filled:])
            if not got:
                break
            filled += got
        return filled

    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes, or all; fewer only at the end."""
        wanted = self.left if size is None or size < 0 else min(size, self.left)
        if wanted == len(self._ahead):
            ahead, self._ahead = bytes(self._ahead), self._ahead[:0]
            self.left -= wanted
            return ahead
        found = bytearray()
        while len(found) < wanted:
            piece = bytearray(min(PIECE, wanted - len(found)))
            filled = self.fill(memoryview(piece))
            found += piece if filled == len(piece) else piece[:filled]
            if filled < len(piece):
                break
        return bytes(found)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read up to and with the next line end."""
        found = bytearray()
        limit = self.left if size is None or size < 0 else size
        while len(found) < limit:
            byte = self.read(1)
            found += byte
            if not byte or byte == b"\n":
                break
        return bytes(found)

    def readlines(self, _hint: int = -1, /) -> list[bytes]:
        """Read all lines."""
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def can_be_dropped(self) -> bool:
        """Tell whether the connection stays good when nobody reads what is left."""
        return self.left == 0 or (self.left <= DRAINED and not self._is_awaited)

    def drop(self) -> bool:
        """Read what nobody wanted; False when the connection cannot be used any more."""
        if self.left and self.can_be_dropped():
            with contextlib.suppress(OSError):
                self.read()
        return self.left == 0

    def _take_ahead(self, view: memoryview) -> int:
        piece = self._ahead[: len(view)]
        if piece:
            view[: len(piece)] = piece
            self._ahead = self._ahead[len(piece) :]
            self.left -= len(piece)
        return len(piece)

    def _receive(self, view: memoryview) -> int:
        if self._source is None:
            return 0
        if self._is_awaited:
            self._is_awaited = False
            self._source.sendall(CONTINUE)
        got = self._source.receive(view, socket.MSG_WAITALL)
        self.left -= got
        return got


NOTHING = KnownBody(None, b"", 0)
