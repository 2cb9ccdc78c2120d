"""Astakos alone behind gunicorn, in a folder of its own, on SQLite or PostgreSQL."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import msgspec

from benchmarks import postgres
from tests.support.pithos_server import free_port

ROOT = Path(__file__).resolve().parents[1]
WORKERS, THREADS = 2, 16
PASSWORD = "correct horse battery"
RESOURCES = [f"bench.r{number}" for number in range(4)]


class Person(msgspec.Struct):
    """Somebody with a system project, who may use the cloud."""

    uuid: str
    email: str


class Filled(msgspec.Struct):
    """What there is in a filled database."""

    component_token: str
    people: list[Person]
    projects: list[str]


class Web(msgspec.Struct):
    """A running Astakos."""

    host: str
    port: int
    pid: int
    folder: Path
    filled: Filled

    @property
    def url(self) -> str:
        """Answer its base address."""
        return f"http://{self.host}:{self.port}/astakos"

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `snf-manage` on its database."""
        return _run(self.folder, "synnefo.webproject.manage", *arguments)


@contextmanager
def running(
    folder: Path,
    database: postgres.Server | None = None,
    *,
    fill: Sequence[str] = (),
    settings: str = "",
) -> Iterator[Web]:
    """Make a database, fill it, serve it and stop."""
    port = free_port()
    _prepare(folder, port, database, settings)
    filled = msgspec.json.decode(
        _run(folder, "benchmarks.astakos_fill", *fill).stdout.splitlines()[-1], type=Filled
    )
    process = _start(folder, port)
    try:
        _wait(port, folder)
        yield Web("127.0.0.1", port, process.pid, folder, filled)
    finally:
        process.terminate()
        process.wait(30)


def _prepare(folder: Path, port: int, database: postgres.Server | None, settings: str) -> None:
    for name in ("conf", "db", "run", "log"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    text = (
        f"SYNNEFO_DATA_DIR = {str(folder)!r}\nSECRET_KEY = 'bench'\n"
        f"ASTAKOS_BASE_URL = 'http://127.0.0.1:{port}/astakos'\n{settings}"
    )
    if database is not None:
        name = f"bench_{folder.name.replace('-', '_').lower()}"
        database.create(name)
        text += f"DATABASES = {{'astakos': {database.entry(name)!r}}}\n"
    (folder / "conf" / "10-bench.conf").write_text(text)


def environment(folder: Path) -> dict[str, str]:
    """Answer an environment in which our programs use that folder, with Astakos alone."""
    return {
        **os.environ,
        "SYNNEFO_SETTINGS_DIR": str(folder / "conf"),
        "SYNNEFO_EXCLUDE_PACKAGES": "snf-pithos-app:snf-cyclades-app",
        "DJANGO_SETTINGS_MODULE": "synnefo.webproject.django_settings",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }


def _run(folder: Path, module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment(folder),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} {arguments}: {done.stderr[-3000:]}")
    return done


def _start(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    """Serve it as the product does."""
    settings = "python:synnefo.webproject.gunicorn_settings"
    command = [
        *(sys.executable, "-m", "gunicorn", "--config", settings),
        "synnefo.webproject.wsgi:application",
    ]
    size = {"WEB_WORKERS": str(WORKERS), "WEB_THREADS": str(THREADS)}
    place = {**environment(folder), **size, "WEB_BIND": f"127.0.0.1:{port}"}
    with (folder / "log" / "web.log").open("ab") as log:
        return subprocess.Popen(command, env=place, stdout=log, stderr=log, cwd=ROOT)


def _wait(port: int, folder: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError((folder / "log" / "web.log").read_text()[-3000:])
