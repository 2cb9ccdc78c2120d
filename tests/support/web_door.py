"""gunicorn with the small application of `front_app`, and raw sockets to speak with it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.support.ports import free_port, wait_for_port

ROOT = Path(__file__).resolve().parents[2]
OURS = "synnefo.webproject.front.worker.FrontWorker"
THEIRS = "gthread"


class Answer(msgspec.Struct):
    """What came back: everything, and whether the server closed the connection."""

    data: bytes
    is_closed: bool

    @property
    def statuses(self) -> list[int]:
        """List the status of each answer."""
        parts = self.data.split(b"HTTP/1.1 ")[1:]
        return [int(part[:3]) for part in parts]


class Door:
    """A running server."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.port = port
        self.process = process

    def connect(self, seconds: float = 10.0) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def say(self, *pieces: bytes, quiet: float = 0.5) -> Answer:
        """Send pieces one after the other, and listen until it has been quiet for so long."""
        with self.connect(quiet) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                plain.sendall(piece)
            return heard(plain)


def heard(plain: socket.socket) -> Answer:
    """Take what comes until the server closes or is quiet for the socket's time-out."""
    found = b""
    while True:
        try:
            piece = plain.recv(65536)
        except TimeoutError:
            return Answer(found, is_closed=False)
        except ConnectionError:
            return Answer(found, is_closed=True)
        if not piece:
            return Answer(found, is_closed=True)
        found += piece


@contextmanager
def running(worker: str, *options: str, threads: int = 6) -> Iterator[Door]:
    """Serve the small application until left."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--no-control-socket", "-k", worker, "-w", "1"),
        *("--threads", str(threads), "-b", f"127.0.0.1:{port}", "--graceful-timeout", "5"),
        *("--keep-alive", "3", "--log-level", "critical", *options),
        "tests.support.front_app:application",
    ]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        wait_for_port(port, process)
        yield Door(port, process)
    finally:
        process.terminate()
        process.wait(20)
