"""A TCP relay that tests put between two programs, and cut."""

import contextlib
import selectors
import socket
import threading


class Relay:
    """Carries connections from an address of this machine to another one."""

    def __init__(self, listen_on: str, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server((listen_on, 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._is_cut = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Break every connection and make no new one."""
        with self._lock:
            self._is_cut = True
            pairs = list(self._pairs)
        for pair in pairs:
            for side in pair:
                _hang_up(side)

    def mend(self) -> None:
        """Make connections again."""
        with self._lock:
            self._is_cut = False

    def close(self) -> None:
        """End for good."""
        self.cut()
        _hang_up(self._listener)
        self._thread.join(5)

    def _accept(self) -> None:
        with self._listener:
            while True:
                try:
                    near, _address = self._listener.accept()
                except OSError:
                    return
                self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target, timeout=5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        with self._lock:
            is_cut = self._is_cut
            self._pairs.add((near, far))
        if is_cut:
            _hang_up(near)
        threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, selectors.DefaultSelector() as waiting, contextlib.suppress(OSError):
            waiting.register(near, selectors.EVENT_READ, far)
            waiting.register(far, selectors.EVENT_READ, near)
            while all(_pass_on(key.fileobj, key.data) for key, _ in waiting.select()):
                pass
        with self._lock:
            self._pairs.discard((near, far))


def _pass_on(source: object, sink: socket.socket) -> bool:
    assert isinstance(source, socket.socket)
    data = source.recv(65536)
    sink.sendall(data)
    return bool(data)


def _hang_up(side: socket.socket) -> None:
    with contextlib.suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)
