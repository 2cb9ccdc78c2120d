"""A web server and a console gateway as they run in a cloud, for tests."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parents[3]
WORKER = "synnefo.webproject.front.worker.FrontWorker"
APPLICATION = """
import os
from pathlib import Path
from synnefo.webproject.console_upgrade import ConsoleUpgrade

def plain(environ, start_response):
    start_response("200 OK", [("Content-Length", "5")])
    return [b"plain"]

application = ConsoleUpgrade(plain, Path(os.environ["GATEWAY"]))
"""


class Cloud:
    """Both programs, and what a test does with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "vnc-gateway.sock"
        self.log = folder / "log"
        self.port = _free_port()
        self.gateway: subprocess.Popen[bytes] | None = None

    def start_gateway(self, *arguments: str) -> None:
        code = "from synnefo.node.vnc_gateway import command; command()"
        program = [sys.executable, "-c", code, "--run", str(self.folder), *arguments]
        self.gateway = self._spawn(program)
        wait_until(lambda: _answers(self.socket))

    def start_web(self) -> subprocess.Popen[bytes]:
        (self.folder / "console_app.py").write_text(APPLICATION)
        program = [
            sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}",
            "--worker-class", WORKER, "--threads", "4", "--access-logfile", "-",
            "--no-control-socket", "--log-level", "debug", "console_app:application",
        ]  # fmt: skip
        web = self._spawn(program)
        wait_until(lambda: _answers(("127.0.0.1", self.port)))
        return web

    def _spawn(self, program: list[str]) -> subprocess.Popen[bytes]:
        path = os.pathsep.join((str(ROOT / "src"), str(self.folder)))
        settings = {"PYTHONPATH": path, "GATEWAY": str(self.socket)}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                program, env=os.environ | settings, stdout=log, stderr=log, cwd=self.folder
            )

    def ask(self, **request: object) -> dict[str, object]:
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.socket))
            control.sendall(json.dumps(request).encode() + b"\n")
            return dict(json.loads(control.makefile().readline()))

    def ticket(self, target: str, **more: object) -> str:
        token = secrets.token_urlsafe(24)
        answer = self.ask(op="register", token=token, target=target, **more)
        assert answer["status"] == "OK", answer
        return token

    def open(self, token: str, port: int | None = None) -> ClientConnection:
        address = f"ws://127.0.0.1:{port or self.port}/console/ws?token={token}"
        return connect(address, subprotocols=["binary"], compression=None, max_size=None)  # type: ignore[list-item]


@contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    """Run both programs and end them."""
    here = Cloud(folder)
    here.start_gateway()
    web = here.start_web()
    try:
        yield here
    finally:
        for process in (web, here.gateway):
            if process is not None:
                process.send_signal(signal.SIGTERM)
                process.wait(20)


def wait_until(is_true: object, seconds: float = 20) -> None:
    """Poll until a callable says yes."""
    assert callable(is_true)
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _answers(address: Path | tuple[str, int]) -> bool:
    family = socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET
    with socket.socket(family) as probe:
        try:
            probe.connect(str(address) if isinstance(address, Path) else address)
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
