"""A whole cloud in a folder of its own, with a hypervisor that only pretends; for benchmarks."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synnefo.webproject.up import configure, programs
from synnefo.webproject.up.folder import Folder, Place
from synnefo.webproject.up.supervise import Program

EXTRA = """
SOLO_HYPERVISORS = ("fake",)
CYCLADES_DEFAULT_SERVER_NETWORKS = []
"""


class SmallCloud:
    """A running cloud: where it is, and who may use it."""

    def __init__(self, folder: Folder, place: Place) -> None:
        self.folder = folder
        self.place = place
        self.users: dict[str, dict[str, str]] = {}

    def manage(self, *arguments: str) -> str:
        """Run `snf-manage`."""
        done = subprocess.run(
            [programs.program("snf-manage"), *arguments],
            env=self.folder.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments}: {done.stderr[-2000:]}")
        return done.stdout

    def call(self, method: str, path: str, body: object = None, *, user: str = "user") -> Any:
        """Call an API and decode what it answers."""
        request = urllib.request.Request(
            f"{self.place.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "X-Auth-Token": self.users[user]["token"],
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            data = answer.read()
        return json.loads(data) if data else None


def fill(cloud: SmallCloud, wish: dict[str, object]) -> tuple[int, int]:
    """Make many servers at once; answer the ids of the first and the last."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.cyclades_fill"],
        env=cloud.folder.environment(),
        input=json.dumps(wish).encode(),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    found = json.loads(told)
    return found["first"], found["last"]


@contextmanager
def running(root: Path, *, extra: str = "", without: Collection[str] = ()) -> Iterator[SmallCloud]:
    """Start a cloud, `without` some of its programs, and stop it."""
    folder = Folder(root)
    folder.make()
    place, _note = folder.settle(None, "")
    configure.write(folder, place)
    (folder.conf / "50-bench.conf").write_text(EXTRA + extra)
    cloud = SmallCloud(folder, place)
    _prepare(cloud)
    wanted = [one for one in _programs(folder, place) if one.name not in without]
    started = [start(folder, one) for one in wanted]
    try:
        _wait(place)
        _furnish(cloud)
        yield cloud
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(20)


def _programs(folder: Folder, place: Place) -> list[Program]:
    cluster = [one for one in programs.cluster(folder, place) if one.name == "solo"]
    return [*cluster, programs.web(place), *programs.background()]


def _prepare(cloud: SmallCloud) -> None:
    for brick in ("astakos", "pithos", "cyclades"):
        cloud.manage("migrate", "--run-syncdb", "--database", brick, "--verbosity", "0")
    tokens = cloud.folder.conf / "20-tokens.conf"
    cloud.manage("registry-sync", "--tokens-file", str(tokens))
    for name, options in (("admin", ["--admin"]), ("user", [])):
        told = cloud.manage(
            "user-add", f"{name}@bench.example.org", "Bench", name, "--accept", "--with-token",
            *options, "--output-format", "json",
        )  # fmt: skip
        cloud.users[name] = json.loads(told)


def start(folder: Folder, program: Program) -> "subprocess.Popen[bytes]":
    """Start one program of a cloud."""
    with (folder.log / f"{program.name}.log").open("ab") as log:
        return subprocess.Popen(
            program.command, env=folder.environment(), stdout=log, stderr=log, cwd=folder.root
        )


def _wait(place: Place) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{place.url}/healthz", timeout=5).close()
            with urllib.request.urlopen(f"http://127.0.0.1:{place.rapi_port}/version", timeout=5):
                return
        except OSError as error:
            if getattr(error, "code", None) in {401, 404}:
                return
            time.sleep(0.2)
    raise TimeoutError("The cloud did not start in a minute.")


def _furnish(cloud: SmallCloud) -> None:
    """Add the cluster, a size and an image; lift the quota."""
    password = cloud.folder.rapi_password.read_text().strip()
    address = f"http://127.0.0.1:{cloud.place.rapi_port}"
    cloud.manage(
        "backend-add", "--clustername", "solo", "--address", address, "--user", "synnefo",
        "--pass", password, "--hypervisor", "fake",
    )  # fmt: skip
    cloud.manage("backend-modify", "solo", "--drained", "False")
    cloud.manage("volume-type-create", "--name", "a", "--disk-template", "ext_archipelago")
    cloud.manage("flavor-create", "1", "128", "1", "1")


def image(cloud: SmallCloud, file: Path) -> str:
    """Upload an image for everybody, and answer its id."""
    wanted = {
        "name": "bench",
        "visibility": "public",
        "disk_format": "raw",
        "container_format": "bare",
    }
    made = cloud.call("POST", "/cyclades/image/v2/images", wanted, user="admin")
    address = f"{cloud.place.url}/cyclades/image/v2/images/{made['id']}/file"
    request = urllib.request.Request(
        address,
        data=file.read_bytes(),
        method="PUT",
        headers={
            "X-Auth-Token": cloud.users["admin"]["token"],
            "Content-Type": "application/octet-stream",
        },
    )
    urllib.request.urlopen(request, timeout=120).close()
    return str(made["id"])


def main() -> int:
    """Start a cloud and wait, for trying things by hand."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with running(Path(sys.argv[1]), extra=os.environ.get("EXTRA", "")) as cloud:
        sys.stdout.write(f"{cloud.place.url} {json.dumps(cloud.users)}\n")
        sys.stdout.flush()
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
