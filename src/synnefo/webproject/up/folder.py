"""The data folder of a one-machine cloud: where everything lies."""

import json
import os
import secrets
import socket
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

SOCKET_PATH_MAX = 107
"""Bytes that the system allows in the name of a unix socket."""


class Place(msgspec.Struct, frozen=True):
    """Where a cloud listens and what makes it different from its neighbours."""

    host: str
    port: int
    rapi_port: int
    cloud_id: str
    public_url: str = ""

    @property
    def url(self) -> str:
        """Answer the address that people open."""
        return self.public_url or f"http://{self.host}:{self.port}"


class Folder:
    """One data folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.conf = self.root / "conf"
        self.db = self.root / "db"
        self.run = self.root / "run"
        self.log = self.root / "log"
        self.solo = self.root / "solo"
        self.blocks = self.root / "blocks"
        self.volumes = self.root / "volumes"
        self.credentials = self.root / "credentials"
        self.place_file = self.root / "place.json"
        self.pid_file = self.run / "up.pid"
        self.rapi_password = self.conf / "rapi-password"
        self.metrics = self.run / "metrics"

    @property
    def too_long_by(self) -> int:
        """Tell by how many bytes the path is too long for the sockets below it."""
        deepest = self.solo / "vm" / "snf-1234567890" / "serial.sock"
        return max(0, len(os.fsencode(deepest)) - SOCKET_PATH_MAX)

    def make(self) -> None:
        """Make every folder; only their owner may look inside."""
        for path in (self.root, self.conf, self.db, self.run, self.log, self.solo):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in (self.blocks, self.volumes, self.metrics):
            path.mkdir(exist_ok=True, mode=0o700)

    def place(self) -> Place | None:
        """Answer where this cloud listened last time; None before its first start."""
        if not self.place_file.exists():
            return None
        return msgspec.json.decode(self.place_file.read_bytes(), type=Place)

    def settle(self, listen: str | None, public_url: str) -> tuple[Place, str]:
        """Choose where to listen, and say why it is not where it was asked for."""
        before = self.place()
        host, port = _split(listen or (f"{before.host}:{before.port}" if before else ""))
        chosen = port if port and is_free(host, port) else free_port(host)
        rapi = before.rapi_port if before and is_free("127.0.0.1", before.rapi_port) else 0
        place = Place(
            host=host,
            port=chosen,
            rapi_port=rapi or free_port("127.0.0.1"),
            cloud_id=before.cloud_id if before else secrets.token_hex(3),
            public_url=public_url or (before.public_url if before else ""),
        )
        write_private(self.place_file, msgspec.json.encode(place).decode())
        return place, "" if port in {0, chosen} else f"port {port} is taken, so {chosen} it is"

    def environment(self) -> dict[str, str]:
        """Answer the environment of every process of this cloud."""
        return {
            **os.environ,
            "SYNNEFO_SETTINGS_DIR": str(self.conf),
            "DJANGO_SETTINGS_MODULE": "synnefo.webproject.django_settings",
            "ARCHIPELAGO_CONF": str(self.conf / "archipelago.ini"),
            "PYTHONUNBUFFERED": "1",
            "PROMETHEUS_MULTIPROC_DIR": str(self.metrics),
            "MALLOC_ARENA_MAX": "2",
        }


def default_root() -> Path:
    """Answer the data folder when none is named. `$XDG_DATA_HOME/synnefo`."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "synnefo"


def _split(listen: str) -> tuple[str, int]:
    parts = urlsplit(f"//{listen or '127.0.0.1:8000'}")
    return parts.hostname or "127.0.0.1", 8000 if parts.port is None else parts.port


def is_free(host: str, port: int) -> bool:
    """Tell whether a port can be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str) -> int:
    """Find a port that nobody listens on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


def read_json(path: Path) -> dict[str, str]:
    """Read a small file of names and texts; empty when there is none."""
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return found
