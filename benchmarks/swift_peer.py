"""Swift of Debian as a peer: one proxy, one disk, everything on the loopback, gone afterwards.

Needs root and the packages swift-proxy, swift-account, swift-container, swift-object, memcached.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import msgspec

from tests.support.pithos_server import free_port

SERVERS = ("account", "container", "object", "proxy")
CHUNK = int(os.environ.get("SWIFT_CHUNK", "65536"))
"""Bytes that Swift moves at once; 64 KiB is its own default, 1 MiB suits large objects more."""
PIPELINE = (
    "catch_errors gatekeeper healthcheck proxy-logging cache listing_formats bulk tempurl "
    "tempauth copy container-quotas account-quotas slo dlo versioned_writes symlink proxy-server"
)
PLAIN = "catch_errors gatekeeper healthcheck listing_formats bulk tempurl copy slo dlo"


def is_installed() -> bool:
    """Tell whether the peer can be started here."""
    return os.geteuid() == 0 and all(shutil.which(f"swift-{one}-server") for one in SERVERS)


class Peer(msgspec.Struct):
    """A running Swift: its storage address, a token, its processes."""

    url: str
    token: str
    pids: list[int]


@contextmanager
def running(folder: Path) -> Iterator[Peer]:
    """Start Swift in a folder."""
    ports = {name: free_port() for name in (*SERVERS, "memcached")}
    _write(folder, ports)
    children = [
        subprocess.Popen(
            ["memcached", "-u", "swift", "-l", "127.0.0.1", "-p", str(ports["memcached"])]
        )
    ]
    for name in SERVERS:
        with (folder / f"{name}.log").open("wb") as log:
            command = [f"swift-{name}-server", str(folder / "etc" / f"{name}.conf")]
            children.append(
                subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
            )
    try:
        for name in SERVERS:
            _wait(f"http://127.0.0.1:{ports[name]}/healthcheck")
        yield Peer(*_sign_in(ports["proxy"]), [child.pid for child in children])
    finally:
        for child in reversed(children):
            child.terminate()
            child.wait(30)


def _write(folder: Path, ports: dict[str, int]) -> None:
    etc, node = folder / "etc", folder / "node"
    etc.mkdir(parents=True)
    (node / "d1").mkdir(parents=True)
    for name in SERVERS[:3]:
        ring = str(etc / f"{name}.builder")
        place = ["--region", "1", "--zone", "1", "--ip", "127.0.0.1", "--device", "d1"]
        port = ["--port", str(ports[name]), "--weight", "1"]
        for command in (["create", "8", "1", "1"], ["add", *place, *port], ["rebalance"]):
            subprocess.run(
                ["swift-ring-builder", ring, *command], check=False, stdout=subprocess.DEVNULL
            )
        (etc / f"{name}.conf").write_text(_storage(folder, name, ports[name]))
    (etc / "proxy.conf").write_text(_proxy(folder, ports))
    for path in (folder, folder.parent):
        path.chmod(0o755)
    shutil.chown(folder, "swift", "swift")
    for path in folder.rglob("*"):
        shutil.chown(path, "swift", "swift")


def _common(folder: Path, port: int, workers: int) -> str:
    return (
        f"[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nworkers = {workers}\n"
        f"user = swift\nswift_dir = {folder}/etc\ndevices = {folder}/node\n"
        "mount_check = false\nlog_level = ERROR\ndisable_fallocate = false\n"
        "fallocate_reserve = 0\nmax_clients = 1024\nclient_timeout = 60\n"
    )


def _storage(folder: Path, name: str, port: int) -> str:
    workers = 2 if name == "object" else 1
    chunk = f"disk_chunk_size = {CHUNK}\nnetwork_chunk_size = {CHUNK}\n"
    return (
        f"{_common(folder, port, workers)}[pipeline:main]\npipeline = {name}-server\n"
        f"[app:{name}-server]\nuse = egg:swift#{name}\n{chunk if name == 'object' else ''}"
    )


def _proxy(folder: Path, ports: dict[str, int]) -> str:
    filters = "".join(f"[filter:{one}]\nuse = egg:swift#{one}\n" for one in PLAIN.split())
    others = {
        "versioned_writes": "versioned_writes",
        "symlink": "symlink",
        "proxy-logging": "proxy_logging",
        "container-quotas": "container_quotas",
        "account-quotas": "account_quotas",
    }
    filters += "".join(f"[filter:{name}]\nuse = egg:swift#{egg}\n" for name, egg in others.items())
    return (
        f"{_common(folder, ports['proxy'], 2)}[pipeline:main]\npipeline = {PIPELINE}\n"
        "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
        f"object_chunk_size = {CHUNK}\nclient_chunk_size = {CHUNK}\n"
        "[filter:tempauth]\nuse = egg:swift#tempauth\nuser_test_tester = testing .admin\n"
        "token_life = 864000\nstorage_url_scheme = http\n"
        "[filter:cache]\nuse = egg:swift#memcache\n"
        f"memcache_servers = 127.0.0.1:{ports['memcached']}\n{filters}"
    )


def _wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):
                return
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")


def _sign_in(port: int) -> tuple[str, str]:
    headers = {"X-Auth-User": "test:tester", "X-Auth-Key": "testing"}
    with urlopen(Request(f"http://127.0.0.1:{port}/auth/v1.0", headers=headers)) as answer:
        return answer.headers["X-Storage-Url"], answer.headers["X-Auth-Token"]
