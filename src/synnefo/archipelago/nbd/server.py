"""The process that serves one volume: an NBD socket for QEMU, a control socket for our tools."""

import contextlib
import fcntl
import os
import selectors
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from synnefo.archipelago import answering
from synnefo.archipelago.access import Access
from synnefo.archipelago.faults import VolumeBusy, VolumeFault
from synnefo.archipelago.nbd.handshake import Exported, Refused, negotiate
from synnefo.archipelago.nbd.protocol import Export
from synnefo.archipelago.nbd.transmission import Transmission
from synnefo.archipelago.operations import snapshot_place
from synnefo.archipelago.settings import socket_path
from synnefo.archipelago.shelf import Shelf
from synnefo.archipelago.volume import Volume
from synnefo.blocks.port import StoreFault
from synnefo.kit.logs import get_logger

_SOCKET_BUFFER = 2 * 1024 * 1024
_HANDSHAKE_SECONDS = 10.0
_EXPORT_NAME = "vol"
_ABILITIES = (
    Export.HAS_FLAGS
    | Export.SEND_FLUSH
    | Export.SEND_FUA
    | Export.SEND_TRIM
    | Export.SEND_WRITE_ZEROES
    | Export.CAN_MULTI_CONN
)

_log = get_logger(__name__)


class Server:
    """One volume, its sockets, its clients."""

    def __init__(self, shelf: Shelf, name: str, *, path: Path | None = None) -> None:
        """Look at the volume and listen; the sockets appear when all is ready."""
        self.name = name
        self._shelf = shelf
        self._claim = Claim(socket_path(shelf.places, name, "one"), name)
        self._access = Access(shelf, name)
        self._clients: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._stopping = False
        self.path = path or socket_path(shelf.places, name, "sock")
        self._control_path = socket_path(shelf.places, name, "ctl")
        self._data_listener = listen(self.path)
        self._control_listener = listen(self._control_path)
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self) -> None:
        """Serve until told to stop; then flush, let go of the volume, remove the sockets."""
        with selectors.DefaultSelector() as selector, self._signals():
            selector.register(self._data_listener, selectors.EVENT_READ, self._accept_client)
            selector.register(self._control_listener, selectors.EVENT_READ, self._accept_control)
            selector.register(self._wake_read, selectors.EVENT_READ, None)
            while not self._stopping:
                for key, _ in selector.select(self._access.hears_every):
                    if key.data is not None:
                        key.data()
                self._access.hand_over()
        self._shut_down()

    def stop(self) -> None:
        """Ask `run` to end; may be called from any thread and from a signal handler."""
        self._stopping = True
        os.write(self._wake_write, b"x")

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """End in order on SIGTERM and SIGINT, where this thread may say so."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        chosen = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, lambda *_: self.stop()) for number in chosen]
        try:
            yield
        finally:
            for number, handler in zip(chosen, before, strict=True):
                signal.signal(number, handler)

    def _accept_client(self) -> None:
        client, _ = self._data_listener.accept()
        with self._guard:
            self._clients.add(client)
        threading.Thread(target=self._serve_client, args=(client,), daemon=True).start()

    def _serve_client(self, client: socket.socket) -> None:
        try:
            _widen(client)
            client.settimeout(_HANDSHAKE_SECONDS)
            if negotiate(client, self._exported()):
                client.settimeout(None)
                _log.info("client connected", volume=self.name)
                Transmission(client, self._access, lambda: self._stopping).run()
                self._flush_after_client()
        except Refused as refused:
            _log.info("client refused", volume=self.name, reason=str(refused))
        except (ConnectionError, TimeoutError):
            _log.info("client lost", volume=self.name)
        finally:
            with self._guard:
                self._clients.discard(client)
            client.close()

    def _flush_after_client(self) -> None:
        """Leave nothing unsynced behind a client that went; nobody is there to be told."""
        with self._access.lock:
            try:
                if self._access.volume.is_writable:
                    self._access.volume.flush()
            except (OSError, VolumeFault, StoreFault) as error:
                _log.error("flush failed", volume=self.name, reason=str(error))
        _log.info("client left", volume=self.name)

    def _exported(self) -> Exported:
        with self._access.lock:
            volume = self._access.fresh()
        readonly = Export.READ_ONLY if volume.header.is_readonly else Export(0)
        return Exported(volume.size, _ABILITIES | readonly, (_EXPORT_NAME, "", self.name))

    def _accept_control(self) -> None:
        peer, _ = self._control_listener.accept()
        actions: dict[str, Callable[[str], str]] = {
            "ping": lambda _: str(self._now().size),
            "clients": lambda _: str(len(self._clients)),
            "flush": self._flush,
            "snapshot": self._snapshot,
            "grow": self._grow,
            "open": self._open,
            "close": self._close,
            "stop": self._stop_when_idle,
            "kick": self._kick,
        }
        answering.answer(peer, actions)

    def _now(self) -> Volume:
        with self._access.lock:
            return self._access.fresh()

    def _flush(self, _: str) -> str:
        with self._access.lock:
            if self._access.volume.is_writable:
                self._access.volume.flush()
        return ""

    def _snapshot(self, snapshot_name: str) -> str:
        self._access.write_now().sync_ahead()
        with snapshot_place(self._shelf, snapshot_name), self._access.lock:
            self._access.write_now().snapshot(snapshot_name)
        _log.info("snapshot made", volume=self.name, snapshot=snapshot_name)
        return ""

    def _grow(self, size: str) -> str:
        with self._access.lock:
            self._access.write_now().grow(int(size))
        return ""

    def _open(self, manner: str) -> str:
        """Take the lease, or be ready to share it while a machine migrates. Spec: volumes 7."""
        self._access.is_shared = manner == "shared"
        if not self._access.is_shared:
            self._access.take_from_the_dead(self._shelf.places.offline_nodes)
        return ""

    def _close(self, _: str) -> str:
        """Give the lease back; a client that writes yet takes it again."""
        self._access.is_shared = False
        self._access.let_go()
        return ""

    def _stop_when_idle(self, _: str) -> str:
        if self._clients:
            raise VolumeFault(f"Volume {self.name} is in use by a connected client.")
        self.stop()
        return ""

    def _kick(self, _: str) -> str:
        self.stop()
        return ""

    def _shut_down(self) -> None:
        """Let go of everything; the control socket goes last, which says that all is done."""
        self.path.unlink(missing_ok=True)
        self._data_listener.close()
        with self._access.lock:
            with self._guard:
                for client in self._clients:
                    with contextlib.suppress(OSError):
                        client.shutdown(socket.SHUT_RDWR)
            self._access.close()
        self._control_path.unlink(missing_ok=True)
        self._control_listener.close()
        os.close(self._wake_read)
        os.close(self._wake_write)
        self._claim.drop()


class Claim:
    """The right to serve one volume on this node; it ends with the process."""

    def __init__(self, path: Path, name: str) -> None:
        """Take it, or raise VolumeBusy when another process here serves the volume."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._path = path
        while True:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if path.stat().st_ino == os.fstat(self._fd).st_ino:
                    return
            except BlockingIOError:
                os.close(self._fd)
                raise VolumeBusy(f"Volume {name} is served by another process here.") from None
            except FileNotFoundError:
                pass
            os.close(self._fd)

    def drop(self) -> None:
        """Leave the volume to another process."""
        self._path.unlink(missing_ok=True)
        os.close(self._fd)


def listen(path: Path) -> socket.socket:
    """Listen on a unix socket; one that a dead process left behind is replaced.

    The caller has claimed the volume, so nobody else can be listening there.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    temporary = path.with_name(f"{path.stem[:4]}{os.getpid()}.{path.suffix[1:2]}")
    temporary.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    listener.bind(os.fspath(temporary))
    listener.listen(64)
    temporary.rename(path)
    return listener


def _widen(client: socket.socket) -> None:
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        client.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER)
    for forced in (32, 33):
        with contextlib.suppress(PermissionError):
            client.setsockopt(socket.SOL_SOCKET, forced, _SOCKET_BUFFER)
