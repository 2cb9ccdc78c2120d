"""The connections of a process: accepted, listened to, served, and closed in time."""

import contextlib
import errno
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from gunicorn.util import close_graceful

from synnefo.kit.logs import get_logger
from synnefo.webproject.front.connections import TOO_LONG, Connection, Taken
from synnefo.webproject.front.lookout import Crew
from synnefo.webproject.front.patience import LONG, wake_every

log = get_logger(__name__)

FAREWELL = 2.0
"""Seconds that idle connections stay open when this process stops, as with gunicorn's own."""
RESERVED = 4
"""Threads that large bodies never take, so that slow senders keep nobody else waiting."""
_PASSING = {errno.EAGAIN, errno.ECONNABORTED, errno.EINTR, errno.EPROTO}
_FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_REFUSAL = b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_LATE = _REFUSAL % b"408 Request Timeout"
_HEAD_TOO_LONG = _REFUSAL % b"431 Request Header Fields Too Large"


class Service(Protocol):
    """What answers requests."""

    def connected(self, plain: socket.socket, client: Any, listener: socket.socket) -> Connection:
        """Make a connection of a socket that was accepted."""

    def serve(self, connection: Connection, request: Taken) -> bool:
        """Answer one request; False when the connection is over."""


class Listening:
    """Every connection of a process, and the threads that serve them."""

    def __init__(self, service: Service, listeners: Sequence[Any], *, threads: int) -> None:
        self._service = service
        self._crew: Crew[Connection] = Crew(threads, self._watch, self._leave)
        self._epoll = select.epoll()
        self._listeners = {one.fileno(): one for one in listeners}
        self._connections: dict[int, Connection] = {}
        self._lock = threading.Lock()
        self._free = max(1, threads - RESERVED)
        self._parked: deque[tuple[Connection, Taken]] = deque()
        self._swept = 0.0
        self._stops_at: float | None = None
        self.now = time.monotonic()
        self.keep = 30.0
        self.most = 1000
        self.on_work: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Listen."""
        for fd, listener in self._listeners.items():
            listener.setblocking(False)
            self._epoll.register(fd, select.EPOLLIN | select.EPOLLEXCLUSIVE)
        self._crew.start()

    def stop(self) -> None:
        """Take no new connections; idle ones end soon."""
        self._stops_at = time.monotonic() + FAREWELL
        for fd in self._listeners:
            with contextlib.suppress(OSError):
                self._epoll.unregister(fd)

    @property
    def is_stopping(self) -> bool:
        """Tell whether no request should follow the one that is being answered."""
        return self._stops_at is not None

    @property
    def is_over(self) -> bool:
        """Tell whether no connection is left."""
        return not self._connections

    def relieve(self) -> bool:
        """Let others listen while the lookout is held up; tell whether there is work at all."""
        return self._crew.relieve()

    def hand_on(self) -> None:
        """Let others listen: what the calling thread is about to do may take long."""
        self._crew.hand_on()

    @contextlib.contextmanager
    def streaming(self) -> Iterator[Callable[[], None]]:
        """Answer what to call before a stream: others listen then, and another stands in.

        Readers may be as slow as they like; threads that wait for them are not missed.
        """
        stands_in: list[bool] = []

        def begin() -> None:
            self._crew.hand_on()
            stands_in.append(self._crew.stand_in())

        try:
            yield begin
        finally:
            if any(stands_in):
                self._crew.come_back()

    def is_pressed(self) -> bool:
        """Tell whether large bodies wait for threads."""
        return bool(self._parked)

    def _watch(self) -> None:
        """Look once at what has come, as the lookout."""
        events = self._epoll.poll(0.2 if self.is_stopping else 1.0)
        self.now = time.monotonic()
        if self.now - self._swept > 1.0 or self.is_stopping:
            self._sweep()
        for fd, _ in events:
            if fd in self._listeners:
                self._accept(self._listeners[fd])
            elif fd in self._connections:
                self._attend(self._connections[fd])
            if not self._crew.is_posted():
                return

    def _accept(self, listener: Any) -> None:
        if len(self._connections) >= self.most:
            self._evict()
        try:
            plain, client = listener.accept()
        except OSError as error:
            if error.errno in _FULL:
                self._evict()
            elif error.errno not in _PASSING:
                log.warning("connection-not-accepted", error=str(error))
            return
        plain.setblocking(True)
        wake_every(plain, LONG, socket.SO_SNDTIMEO)
        connection = self._service.connected(plain, client, listener)
        connection.rest(self.now + self.keep)
        self._connections[connection.fd] = connection
        self._epoll.register(connection.fd, select.EPOLLIN)

    def _attend(self, connection: Connection) -> None:
        """Read what has come and answer what is whole."""
        self._crew.begin(connection)
        self.on_work()
        self._serve_all(connection, is_open=connection.receive())
        while self._parked and (waiting := self._next_parked()) is not None:
            self._crew.hand_on()
            self._serve_all(waiting[0], is_open=self._serve_large(*waiting))

    def _serve_all(self, connection: Connection, *, is_open: bool) -> None:
        while is_open and (taken := connection.take()) is not None:
            if not taken.is_large:
                is_open = self._service.serve(connection, taken)
                continue
            self._crew.hand_on()
            if taken is not TOO_LONG and not self._is_admitted(connection, taken):
                return
            is_open = self._serve_large(connection, taken)
        self._settle(connection, is_open=is_open)

    def _serve_large(self, connection: Connection, taken: Taken) -> bool:
        if taken is TOO_LONG:
            _tell(connection, _HEAD_TOO_LONG)
            connection.is_unread = True
            return False
        try:
            return self._service.serve(connection, taken)
        finally:
            with self._lock:
                self._free += 1

    def _is_admitted(self, connection: Connection, taken: Taken) -> bool:
        """Take one of the places for large bodies, or park the request until there is one."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            self._parked.append((connection, taken))
            return False

    def _next_parked(self) -> tuple[Connection, Taken] | None:
        with self._lock:
            if not self._free or not self._parked:
                return None
            self._free -= 1
            return self._parked.popleft()

    def _settle(self, connection: Connection, *, is_open: bool) -> None:
        """Listen to a connection again, or close it."""
        self._crew.end()
        if not is_open:
            self._close(connection)
            return
        now = time.monotonic() if connection.is_away else self.now
        if connection.buffer:
            connection.expect(now)
        else:
            connection.rest(now + self.keep)
        if connection.is_away:
            connection.is_away = False
            self._epoll.register(connection.fd, select.EPOLLIN)

    def _leave(self, connection: Connection) -> None:
        """Keep the next lookout off a connection that is being served."""
        connection.is_away = True
        self._epoll.unregister(connection.fd)

    def _close(self, connection: Connection) -> None:
        if not connection.is_away:
            self._epoll.unregister(connection.fd)
        self._connections.pop(connection.fd, None)
        if connection.is_unread:
            close_graceful(connection.socket)
        else:
            connection.socket.close()

    def _sweep(self) -> None:
        """Close what has been silent, or unfinished, for too long."""
        self._swept = self.now
        for connection in list(self._connections.values()):
            until = connection.until
            if self._stops_at is not None:
                until = min(until, self._stops_at)
            if not connection.is_away and until <= self.now:
                if connection.buffer:
                    _tell(connection, _LATE)
                self._close(connection)

    def _evict(self) -> None:
        """Make room by closing the connection that has been idle for longest."""
        idle = [one for one in list(self._connections.values()) if not one.is_away]
        if idle:
            self._close(min(idle, key=lambda one: one.until))


def _tell(connection: Connection, answer: bytes) -> None:
    """Send a last word to a client that may not listen."""
    with contextlib.suppress(OSError):
        connection.socket.send(answer, socket.MSG_DONTWAIT)
