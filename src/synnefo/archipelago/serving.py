"""Making a volume reachable on this node, and unreachable again; quick when nothing changes.

Kept free of imports that cost time: Ganeti calls `attach` several times for every start.
"""

import fcntl
import os
import socket
import sys
import time
from pathlib import Path

from synnefo.archipelago import control
from synnefo.archipelago.faults import VolumeBusy, VolumeFault
from synnefo.archipelago.marks import Marks
from synnefo.archipelago.names import check_name
from synnefo.archipelago.settings import Places, socket_path

_START_SECONDS = 20.0
_LEAVE_SECONDS = 5.0
_QUICK_SECONDS = 5.0
_SOURCE = str(Path(__file__).parents[2])


def attach(places: Places, name: str) -> Path:
    """Have a volume served and return its NBD socket; again is no fault."""
    check_name(name)
    path = socket_path(places, name, "sock")
    marks = Marks(places.run)
    if marks.has(name) and served_size(places, name) is not None:
        return path
    if not (places.volumes / "maps" / name).exists():
        raise VolumeFault(f"There is no volume named {name}.")
    marks.add(name)
    try:
        _ask_supervisor(places, f"serve {name}")
    except VolumeFault:
        marks.remove(name)
        raise
    return path


def detach(places: Places, name: str, *, force: bool = False) -> None:
    """Stop serving a volume; again is no fault. Waits a little for a client that is leaving."""
    check_name(name)
    marks, control_path = Marks(places.run), socket_path(places, name, "ctl")
    deadline = time.monotonic() + _LEAVE_SECONDS
    while True:
        wanted = marks.has(name)
        marks.remove(name)
        try:
            control.ask(control_path, "kick" if force else "stop")
            _await_gone(control_path)
            return
        except control.NotServed:
            return
        except VolumeFault as refusal:
            if wanted:
                marks.add(name)
            if time.monotonic() > deadline:
                raise VolumeBusy(str(refusal)) from None
        time.sleep(0.02)


def served_size(places: Places, name: str) -> int | None:
    """Ask the server of a volume for the size in bytes; None when there is no server."""
    try:
        return int(control.ask(socket_path(places, name, "ctl"), "ping", timeout=_QUICK_SECONDS))
    except control.NotServed:
        return None


def ask_server(places: Places, name: str, verb: str, argument: str = "") -> bool:
    """Let the server of a volume do something; False when nobody serves it."""
    try:
        control.ask(socket_path(places, name, "ctl"), verb, argument)
    except control.NotServed:
        return False
    return True


def nbd_uri(path: Path) -> str:
    """Write the address that QEMU takes for a served volume."""
    quoted = "".join(
        char
        if char.isalnum() or char in "/._-~:+@"
        else "".join(f"%{b:02X}" for b in char.encode())
        for char in str(path)
    )
    return f"nbd+unix:///vol?socket={quoted}"


def served(places: Places) -> list[str]:
    """List the volumes that this node means to serve."""
    return Marks(places.run).names()


def _await_gone(control_path: Path) -> None:
    """Wait until the server has let go of the volume: its control socket goes last."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            if peer.connect_ex(os.fspath(control_path)):
                return
        time.sleep(0.005)


def ensure_supervisor(places: Places) -> None:
    """Start the node's supervisor in the background, if there is none."""
    _ask_supervisor(places, "ping")


def _ask_supervisor(places: Places, request: str) -> None:
    verb, _, argument = request.partition(" ")
    path = places.run / "supervisor.sock"
    deadline = time.monotonic() + _START_SECONDS
    started = False
    while True:
        try:
            control.ask(path, verb, argument)
            return
        except control.NotServed:
            started = started or _start_supervisor(places)
            if time.monotonic() > deadline:
                raise VolumeFault("The supervisor of the volumes does not start.") from None
            time.sleep(0.02)


def _start_supervisor(places: Places) -> bool:
    """Start the node's supervisor, which stays when we end; False when another is not gone yet."""
    places.run.mkdir(parents=True, exist_ok=True, mode=0o750)
    places.log.mkdir(parents=True, exist_ok=True)
    lock = os.open(places.run / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    conf = [] if places.conf is None else ["--config", str(places.conf)]
    module = "synnefo.archipelago.cli.archipelago"
    log = str(places.log / "archipelago.log")
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", module, *conf, "supervise", "--if-none"],
        {**os.environ, "PYTHONPATH": _SOURCE},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, append, 0o640),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    return True
