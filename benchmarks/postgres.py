"""A PostgreSQL of a benchmark's own, as Debian sets one up but for its place; gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
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
        options = f"-p {port} -c listen_addresses= -k {data} -c max_connections=300"
        control: list[str | Path] = [program / "pg_ctl", "-D", f"{data}/db", "-w"]
        _run(*control, "-l", f"{data}/log", "-o", options, "start")
        try:
            pid = int((data / "db" / "postmaster.pid").read_text().splitlines()[0])
            yield Server(port, pid, str(data))
        finally:
            _run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _binaries() -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def _run(*command: str | Path) -> None:
    as_postgres = (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        if os.geteuid() == 0
        else []
    )
    subprocess.run([*as_postgres, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")
