"""Keystone from PyPI as a peer: uwsgi, fernet tokens, its caches on memcached, PostgreSQL.

It lives in a virtual environment of its own with pinned versions, made at the first use below
`.services/`. Needs memcached and PostgreSQL; uwsgi is built there, so a C compiler too.

uwsgi's processes answer HTTP themselves, one request a connection. With its router in front,
which keeps connections open, a token check cost Keystone 3.7 ms of processor instead of 3.4 and
the catalogue 3.8 instead of 2.7; with `http11-socket` two of the clients kept both processes to
themselves and the others waited. Passwords are hashed by PBKDF2 with as many rounds as take the
time of one of our checks on this machine: of the ways that Keystone knows, the only one that can
be set so finely.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import msgspec
from argon2 import PasswordHasher

from benchmarks import postgres
from tests.support.pithos_server import free_port

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "requirements" / "keystone.txt"
PLACE = ROOT / ".services" / "keystone"
PASSWORD = "correct horse battery"
TRIED_ROUNDS = 20_000
CONF = """
[DEFAULT]
debug = false
log_dir = {folder}/log
[database]
connection = postgresql+psycopg2://synnefo@/keystone?host={socket}&port={database}
[cache]
enabled = true
backend = oslo_cache.memcache_pool
memcache_servers = 127.0.0.1:{memcached}
[token]
provider = fernet
[fernet_tokens]
key_repository = {folder}/fernet
[credential]
key_repository = {folder}/credential
[identity]
password_hash_algorithm = pbkdf2_sha512
password_hash_rounds = {rounds}
"""


class Peer(msgspec.Struct):
    """A running Keystone with one person in it, and its processes."""

    url: str
    user: str
    project: str
    pids: list[int]


def is_installable() -> bool:
    """Tell whether the peer can be started here."""
    return bool(shutil.which("memcached")) and postgres.is_installed()


@contextmanager
def running(
    folder: Path, database: postgres.Server, *, workers: int, threads: int
) -> Iterator[Peer]:
    """Install Keystone if that is still to do, set it up in a folder, and start it."""
    programs = _install()
    port, cache = free_port(), free_port()
    database.create("keystone")
    (folder / "log").mkdir(parents=True)
    conf = folder / "keystone.conf"
    words = {
        "folder": folder,
        "database": database.port,
        "socket": database.folder,
        "memcached": cache,
    }
    conf.write_text(CONF.format(**words, rounds=same_rounds()))
    url = f"http://127.0.0.1:{port}/v3"
    _furnish(programs, conf, url)
    started = [
        _memcached(cache),
        _serve(programs, conf, port, (workers, threads)),
    ]
    try:
        _wait(url, folder)
        yield Peer(url, "admin", "admin", [one.pid for one in started])
    finally:
        for one in started:
            os.killpg(one.pid, signal.SIGKILL)
            one.wait(30)


def same_rounds() -> int:
    """Answer the rounds of PBKDF2 that take as much processor time as one check of ours."""
    hasher, word = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1), PASSWORD
    known = hasher.hash(word)
    ours = _least_time(lambda: hasher.verify(known, word))
    theirs = _least_time(
        lambda: hashlib.pbkdf2_hmac("sha512", word.encode(), b"salt" * 4, TRIED_ROUNDS)
    )
    return int(TRIED_ROUNDS * ours / theirs)


def _least_time(work: Callable[[], object]) -> float:
    """Answer the seconds of processor that something takes when nothing is in its way."""
    taken = []
    for _ in range(15):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def _install() -> Path:
    """Make the environment where it is missing or its pins have changed."""
    stamp, wanted = PLACE / "pins", hashlib.sha256(PINS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        sys.stdout.write("  Installing Keystone into its own environment\n")
        sys.stdout.flush()
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "-q", "--clear", "--python", "3.11", str(PLACE)], check=True)
        options = ["-q", "--require-hashes", "-r", str(PINS), "--python", f"{PLACE}/bin/python"]
        subprocess.run([uv, "pip", "install", *options], check=True)
        stamp.write_text(wanted)
    return PLACE / "bin"


def _furnish(programs: Path, conf: Path, url: str) -> None:
    who = ["--keystone-user", "root", "--keystone-group", "root"] if os.geteuid() == 0 else []
    steps: list[Sequence[str]] = [
        ("fernet_setup", *who),
        ("credential_setup", *who),
        ("db_sync",),
        (
            "bootstrap",
            *("--bootstrap-password", PASSWORD, "--bootstrap-region-id", "default"),
            *("--bootstrap-public-url", url),
        ),
    ]
    for step in steps:
        command = [str(programs / "keystone-manage"), "--config-file", str(conf), *step]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=_env())
        if done.returncode:
            raise RuntimeError(f"keystone-manage {step[0]}: {done.stderr[-3000:]}")


def _memcached(port: int) -> "subprocess.Popen[bytes]":
    command = ["memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", str(port)]
    return subprocess.Popen(command, start_new_session=True)


def _serve(
    programs: Path, conf: Path, port: int, size: tuple[int, int]
) -> "subprocess.Popen[bytes]":
    workers, threads = size
    command = [
        *(str(programs / "uwsgi"), "--master", "--die-on-term", "--lazy-apps"),
        *("--http-socket", f"127.0.0.1:{port}", "--processes", str(workers)),
        *("--threads", str(threads), "--module", "keystone.wsgi.api:application"),
        *("--buffer-size", "65535", "--listen", "100", "--disable-logging"),
        *("--virtualenv", str(programs.parent), "--thunder-lock", "--need-app"),
        *("--add-header", "Connection: close"),
    ]
    with (conf.parent / "log" / "uwsgi.log").open("ab") as log:
        return subprocess.Popen(
            command,
            env={**_env(), "OS_KEYSTONE_CONFIG_FILES": str(conf)},
            stdout=log,
            stderr=log,
            cwd=conf.parent,
            start_new_session=True,
        )


def _env() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONWARNINGS": "ignore"}


def _wait(url: str, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError((folder / "log" / "uwsgi.log").read_text()[-3000:])
