"""A client's connection: what has come, what of it is a request, and until when it may idle."""

import socket
from typing import Any

from synnefo.webproject.front import heads
from synnefo.webproject.front.heads import Environ, Fields, Line, Rules

KNOWN = 64 * 1024
"""Bytes of a body that are waited for without a thread."""
LONGEST_HEAD = 128 * 1024
_END = b"\r\n\r\n"
_AT_ONCE = 32 * 1024
HEAD_SECONDS = 15.0
"""Seconds that a head may take, and a connection may stay silent at first."""
BODY_SECONDS = 60.0
"""Seconds that the first bytes of a body may take."""


class Request:
    """A request whose head has come, and of its body as much as is waited for."""

    __slots__ = ("ahead", "fields", "line")

    def __init__(self, line: Line, fields: Fields, ahead: bytes) -> None:
        self.line = line
        self.fields = fields
        self.ahead = ahead

    @property
    def is_large(self) -> bool:
        """Tell whether more of the body is still to come than a thread should wait for."""
        return self.fields.length > len(self.ahead)


class Odd:
    """A request that only gunicorn's own parser can judge."""

    is_large = True


class TooLong:
    """A head that is longer than any that is read."""

    is_large = True


ODD, TOO_LONG = Odd(), TooLong()
Taken = Request | Odd | TooLong


class Connection:
    """One client. Used by one thread at a time: the lookout, or the one that serves it."""

    def __init__(self, plain: socket.socket, client: Any, environ: Environ, rules: Rules) -> None:
        """Begin; `environ` is what all requests of the connection have in common."""
        self.socket = plain
        self.fd = plain.fileno()
        self.client = client
        self.environ = environ
        self.until = 0.0
        self.is_away = False
        """Whether a thread other than the lookout has it."""
        self.is_unread = False
        """Whether the client sends what nobody reads; closing at once would cut the answer off."""
        self.buffer = b""
        self._rules = rules
        self._searched = 0
        self._block = b""
        self._fields: Fields | None = None
        self._waiting: tuple[Line, Fields, int] | None = None
        self._phase = 0

    def receive(self) -> bool:
        """Take what has come without waiting; False when the client is gone."""
        try:
            data = self.socket.recv(_AT_ONCE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.buffer = self.buffer + data if self.buffer else data
        return bool(data)

    def take(self) -> Taken | None:
        """Take the next request off the buffer; None when it is not there yet."""
        if self._waiting is None and not self._read_head():
            return self._unread()
        if self._waiting is None:
            return ODD
        line, fields, start = self._waiting
        wanted = 0 if fields.expects else min(fields.length, KNOWN)
        if len(self.buffer) - start < wanted:
            return None
        end = min(len(self.buffer), start + fields.length)
        request = Request(line, fields, self.buffer[start:end])
        self._consumed(end)
        return request

    def put_back(self, data: bytes) -> None:
        """Give back what belongs to the next request."""
        self.buffer = data
        self._searched = 0
        self._waiting = None

    def expect(self, now: float) -> None:
        """Set the time by which what has begun must be there."""
        phase = 0 if not self.buffer else 1 if self._waiting is None else 2
        if phase > self._phase:
            self._phase = phase
            self.until = now + (HEAD_SECONDS if phase == 1 else BODY_SECONDS)

    def rest(self, until: float) -> None:
        """Wait for the next request."""
        self._phase = 0
        self.until = until

    def _consumed(self, end: int) -> None:
        self.buffer = self.buffer[end:] if end < len(self.buffer) else b""
        self._searched = 0
        self._waiting = None

    def _unread(self) -> Taken | None:
        """Tell what an unfinished head is good for."""
        if len(self.buffer) > LONGEST_HEAD:
            return TOO_LONG
        is_line_over = self.buffer.find(b"\r\n", 0, self._rules.line + 2) < 0
        return ODD if is_line_over and len(self.buffer) > self._rules.line + 2 else None

    def _read_head(self) -> bool:
        """Read the head if it is there whole; what is odd about it leaves nothing waiting."""
        end = self.buffer.find(_END, self._searched)
        if end < 0:
            self._searched = max(0, len(self.buffer) - 3)
            return False
        line_end = self.buffer.find(b"\r\n")
        line = heads.line_of(self.buffer[:line_end], self._rules)
        block = self.buffer[line_end:end]
        if line is None:
            return True
        if block != self._block or self._fields is None:
            self._fields = self._completed(heads.fields_of(block, self._rules))
            self._block = block
        if self._fields is not None:
            self._waiting = (line, self._fields, end + len(_END))
        return True

    def _completed(self, fields: Fields | None) -> Fields | None:
        """Lay a request's fields over what is the same for the whole connection."""
        if fields is None:
            return None
        whole = {**self.environ, **fields.environ}
        if "SERVER_NAME" not in whole:
            place = fields.environ["HTTP_HOST"].split(":")
            is_secure = fields.environ["wsgi.url_scheme"] == "https"
            whole["SERVER_NAME"] = place[0]
            whole["SERVER_PORT"] = place[1] if len(place) > 1 else "443" if is_secure else "80"
        return Fields(whole, fields.length, fields.is_last, fields.expects)
