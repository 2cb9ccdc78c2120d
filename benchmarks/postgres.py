"""A PostgreSQL of a benchmark's own, as Debian sets one up but for its place; gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.support.pithos_server import free_port


class Server(msgspec.Struct):
    """The folder of its socket, and the process that all its others descend from."""

    port: int
    pid: int
    folder: str

    def entry(self, name: str) -> dict[str, object]:
        """Describe one database of it in Django's words."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": "synnefo",
            "HOST": self.folder,
            "PORT": self.port,
        }

    def crash(self) -> None:
        """Kill it as a power cut does, and wait until the last of its processes is gone."""
        family = [self.pid, *_children(self.pid)]
        os.kill(self.pid, signal.SIGKILL)
        while any(Path(f"/proc/{pid}").exists() for pid in family):
            time.sleep(0.05)

    def revive(self) -> None:
        """Start it again after a crash; it recovers what was committed."""
        _start(self)

    def create(self, name: str) -> None:
        """Make an empty database."""
        command = ["createdb", "-h", self.folder, "-p", str(self.port), "-U", "synnefo", name]
        subprocess.run(command, check=True)


def is_installed() -> bool:
    """Tell whether PostgreSQL can be started here."""
    return bool(_binaries())


@contextmanager
def running() -> Iterator[Server]:
    """Start PostgreSQL with its own defaults, durable commits among them, and stop it."""
    data = Path(tempfile.mkdtemp(prefix="synnefo-pg-"))
    port = free_port()
    program = _binaries()[-1]
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(data, owner.pw_uid, owner.pw_gid)
    try:
        _run(program / "initdb", "-D", f"{data}/db", "-U", "synnefo", "-A", "trust")
        server = Server(port, 0, str(data))
        _start(server)
        try:
            yield server
        finally:
            _run(program / "pg_ctl", "-D", f"{data}/db", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _start(server: Server) -> None:
    folder = server.folder
    options = f"-p {server.port} -c listen_addresses= -k {folder} -c max_connections=300"
    control = [_binaries()[-1] / "pg_ctl", "-D", f"{folder}/db", "-w", "-l", f"{folder}/log"]
    _run(*control, "-o", options, "start")
    server.pid = int((Path(folder) / "db" / "postmaster.pid").read_text().splitlines()[0])


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _binaries() -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def _run(*command: str | Path) -> None:
    as_postgres = (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        if os.geteuid() == 0
        else []
    )
    subprocess.run([*as_postgres, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")
