"""How long a client may hold a thread while it sends next to nothing."""

import errno
import socket
import struct
import time
from collections.abc import Callable

SLOW = 1024
"""Bytes a second below which a client is slow; sixteen times as many when threads are few."""
LONG = 60.0
SHORT = 10.0
"""Seconds that a client may be slow; the second, when threads are few."""
_PRESSED_FACTOR = 16
_WINDOW = 1.0


class TooSlow(ConnectionError):
    """The client sends next to nothing, while it holds a thread."""


class Pace:
    """Judges a client by the time spent on waiting for it, not by what we do in between."""

    def __init__(self, is_pressed: Callable[[], bool]) -> None:
        self._is_pressed = is_pressed
        self._waited = 0.0
        self._got = 0
        self._slow = 0.0

    def note(self, waited: float, got: int) -> None:
        """Count what came in how many seconds; TooSlow when it has been too little for long."""
        self._waited += waited
        self._got += got
        if self._waited < _WINDOW:
            return
        is_pressed = self._is_pressed()
        wanted = SLOW * (_PRESSED_FACTOR if is_pressed else 1)
        self._slow = self._slow + self._waited if self._got < wanted * self._waited else 0.0
        self._waited, self._got = 0.0, 0
        if self._slow > (SHORT if is_pressed else LONG):
            raise TooSlow(errno.ECONNRESET, "The client sends too slowly.")


class PatientSocket:
    """A socket for reading only that is watched for its pace."""

    def __init__(self, plain: socket.socket, pace: Pace) -> None:
        self._socket = plain
        self._pace = pace

    def recv(self, size: int) -> bytes:
        """Receive some bytes; none at the end."""
        while True:
            started = time.monotonic()
            try:
                found = self._socket.recv(size)
            except BlockingIOError:
                self._pace.note(time.monotonic() - started, 0)
                continue
            self._pace.note(time.monotonic() - started, len(found))
            return found

    def receive(self, view: memoryview, flags: int = 0) -> int:
        """Receive into a buffer; 0 at the end."""
        while True:
            started = time.monotonic()
            try:
                got = self._socket.recv_into(view, 0, flags)
            except BlockingIOError:
                self._pace.note(time.monotonic() - started, 0)
                continue
            self._pace.note(time.monotonic() - started, got)
            return got

    def sendall(self, data: bytes) -> None:
        """Send all of some bytes."""
        self._socket.sendall(data)


def wake_every(plain: socket.socket, seconds: float, option: int = socket.SO_RCVTIMEO) -> None:
    """Let calls of a blocking socket end with BlockingIOError when nothing moved for so long."""
    plain.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", int(seconds), 0))
