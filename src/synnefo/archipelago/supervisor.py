"""One process for a node that keeps the servers of all wanted volumes alive.

Servers are forked from it, so they start in milliseconds and share its memory. They outlive it:
a new supervisor finds the living ones by their control sockets and watches them too. A server
that dies is replaced at once; one that keeps dying, less and less often.
"""

import contextlib
import fcntl
import gc
import os
import selectors
import signal
import socket
import struct
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from synnefo.archipelago import answering, control
from synnefo.archipelago.faults import VolumeFault
from synnefo.archipelago.marks import Marks
from synnefo.archipelago.nbd.server import Server, listen
from synnefo.archipelago.settings import Places, socket_path
from synnefo.archipelago.shelf import Shelf, open_shelf
from synnefo.blocks.port import StoreFault
from synnefo.kit.logs import configure, get_logger

_READY_SECONDS = 20.0
_STABLE_SECONDS = 5.0
_LONGEST_PAUSE = 5.0
_TICK = 5.0

_log = get_logger(__name__)


@dataclass
class Watched:
    """A server that is alive, as far as is known."""

    pid: int
    pidfd: int
    since: float


class Supervisor:
    """The table of servers and the loop that keeps it true."""

    def __init__(self, places: Places) -> None:
        """Become the one supervisor of this node; VolumeFault when there is one already."""
        places.run.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._lock = os.open(places.run / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise VolumeFault("A supervisor is running here already.") from None
        self._shelf: Shelf = open_shelf(places)
        self._marks = Marks(places.run)
        self._watched: dict[str, Watched] = {}
        self._failures: dict[str, int] = {}
        self._again_at: dict[str, float] = {}
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        self._path = supervisor_path(places)
        self._listener = listen(self._path)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def run(self) -> None:
        """Serve what is marked until SIGTERM; the servers go on without us."""
        wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(wake_read, selectors.EVENT_READ)
        signal.set_wakeup_fd(wake_write)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        gc.collect()
        gc.freeze()
        while not self._stopping:
            self._keep_alive()
            for key, _ in self._selector.select(self._pause()):
                if key.fileobj is self._listener:
                    self._answer()
                elif isinstance(key.data, str):
                    self._bury(key.data)
        self._path.unlink(missing_ok=True)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _answer(self) -> None:
        peer, _ = self._listener.accept()
        answering.answer(
            peer,
            {
                "ping": lambda _: str(os.getpid()),
                "serve": self._serve,
                "list": lambda _: " ".join(sorted(self._watched)),
            },
        )

    def _serve(self, name: str) -> str:
        """Have a volume served; the answer is its socket."""
        if name in self._watched and not is_served(self._shelf.places, name):
            self._bury(name)
        if name not in self._watched:
            self._failures.pop(name, None)
            self._start(name)
        return str(socket_path(self._shelf.places, name, "sock"))

    def _keep_alive(self) -> None:
        """Start what is wanted and not alive, each when its time has come; end the unwanted."""
        now = time.monotonic()
        for name in list(self._watched):
            if not self._marks.has(name):
                self._dismiss(name)
        for name in self._marks.names():
            if name in self._watched or self._again_at.get(name, 0.0) > now:
                continue
            try:
                self._start(name)
            except (VolumeFault, StoreFault, OSError) as error:
                self._fail(name)
                _log.error("volume not served", volume=name, reason=str(error))
                continue
            if not self._marks.has(name):
                self._dismiss(name)

    def _dismiss(self, name: str) -> None:
        """Ask the server of a volume that was detached to end; one with a client goes on."""
        with contextlib.suppress(VolumeFault, control.NotServed):
            control.ask(socket_path(self._shelf.places, name, "ctl"), "stop", timeout=1.0)

    def _pause(self) -> float:
        waits = [at - time.monotonic() for at in self._again_at.values()]
        return max(0.01, min([_TICK, *waits]))

    def _start(self, name: str) -> None:
        """Adopt a living server or fork a new one; return when it serves."""
        pid = _server_pid(self._shelf.places, name)
        if pid is None:
            pid = self._fork(name)
        pidfd = os.pidfd_open(pid)
        self._watched[name] = Watched(pid, pidfd, time.monotonic())
        self._again_at.pop(name, None)
        self._selector.register(pidfd, selectors.EVENT_READ, name)

    def _fork(self, name: str) -> int:
        read, write = os.pipe2(os.O_CLOEXEC)
        pid = os.fork()
        if pid == 0:
            os.close(read)
            self._be_server(name, write)
        os.close(write)
        try:
            _await_ready(read)
        except VolumeFault:
            _end(pid)
            raise
        finally:
            os.close(read)
        _log.info("volume served", volume=name, pid=pid)
        return pid

    def _be_server(self, name: str, ready: int) -> None:
        """Turn this forked process into a server; never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            os.setsid()
            self._selector.close()
            self._listener.close()
            os.close(self._lock)
            _log_to(self._shelf.places)
            server = Server(self._shelf, name)
            pid_path(self._shelf.places, name).write_text(f"{os.getpid()}\n", encoding="ascii")
            os.write(ready, b"ok")
            os.close(ready)
            server.run()
            pid_path(self._shelf.places, name).unlink(missing_ok=True)
            code = 0
        except (VolumeFault, StoreFault, OSError) as error:
            with contextlib.suppress(OSError):
                os.write(ready, str(error).encode()[:1000])
            _log.error("server failed", volume=name, reason=str(error))
        except BaseException:  # noqa: BLE001 - nobody is above a forked process
            traceback.print_exc()
        finally:
            os._exit(code)

    def _bury(self, name: str) -> None:
        """A server is no more: was it to be so?"""
        watched = self._watched.pop(name)
        self._selector.unregister(watched.pidfd)
        os.close(watched.pidfd)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(watched.pid, os.WNOHANG)
        if time.monotonic() - watched.since > _STABLE_SECONDS:
            self._failures.pop(name, None)
        if self._marks.has(name):
            self._fail(name)
            _log.warning("server died", volume=name, pid=watched.pid)

    def _fail(self, name: str) -> None:
        count = self._failures.get(name, 0)
        self._failures[name] = count + 1
        pause = 0.0 if count == 0 else min(_LONGEST_PAUSE, 0.1 * 2**count)
        self._again_at[name] = time.monotonic() + pause


def supervisor_path(places: Places) -> Path:
    """Tell where the supervisor listens."""
    return places.run / "supervisor.sock"


def pid_path(places: Places, name: str) -> Path:
    """Tell where the process id of a volume's server is written."""
    return socket_path(places, name, "pid")


def is_served(places: Places, name: str) -> bool:
    """Tell whether a server answers for a volume."""
    return _server_pid(places, name) is not None


def _server_pid(places: Places, name: str) -> int | None:
    """Ask the kernel who listens on a volume's control socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        try:
            peer.settimeout(1.0)
            peer.connect(os.fspath(socket_path(places, name, "ctl")))
        except OSError:
            return None
        packed = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid: int = struct.unpack("3i", packed)[0]
    return pid or None


def _await_ready(read: int) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(read, selectors.EVENT_READ)
        if not selector.select(_READY_SECONDS):
            raise VolumeFault("The server of the volume did not start in time.")
    said = os.read(read, 1000)
    if said != b"ok":
        raise VolumeFault(said.decode(errors="replace") or "The server of the volume died.")


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _log_to(places: Places) -> None:
    """Send a server's words to the log file, for it outlives whoever reads our output."""
    places.log.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    fd = os.open(places.log / "archipelago.log", flags, 0o640)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)
    os.close(null)
    configure("archipelago")
