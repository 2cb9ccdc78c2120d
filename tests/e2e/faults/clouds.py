"""A cloud of one's own that is meant to be hurt, and what it must look like afterwards."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from synnefo.clients.http import Answer, Http
from synnefo.kit.faults import ServiceUnavailable
from tests.e2e.conftest import Cloud, program, start

LISTEN = ("--listen", "127.0.0.1:0")
FAKE = 'SOLO_HYPERVISORS = ("fake",)\nSOLO_FAKE_DELAY = 0.1\n'
RESOURCES = ("cyclades.vm", "cyclades.cpu", "cyclades.ram", "cyclades.disk")
PLENTY = "100000000000000"
SETTLED = {"ACTIVE", "ERROR", "SHUTOFF"}


class Person:
    """Somebody who uses the cloud, even while it is down."""

    def __init__(self, cloud: Cloud, login: dict[str, str]) -> None:
        self.cloud, self.token, self.project = cloud, login["token"], login["project"]
        self.http = Http(cloud.url, token=self.token, timeout=120, attempts=1)

    def once(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Ask once; status 599 when nobody answers."""
        try:
            return self.http.call(method, path, body=body, headers=headers, check=False)
        except ServiceUnavailable as fault:
            return Answer(599, {}, fault.message.encode())

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        """Ask until the service is well enough to answer; the JSON of the answer."""
        found: list[Answer] = []

        def answered() -> bool:
            found.append(self.once(method, path, body))
            return found[-1].status < 500 and found[-1].status != 401

        wait_for(answered, lambda: f"{method} {path}: {found[-1]}", within=120)
        return json.loads(found[-1].body) if found[-1].body else None

    def compute(self, method: str, path: str, body: object = None) -> Any:
        """Ask the compute service."""
        return self(method, f"/cyclades/compute/v2.1{path}", body)

    def servers(self) -> list[dict[str, Any]]:
        """List all servers."""
        found: list[dict[str, Any]] = self.compute("GET", "/servers/detail")["servers"]
        return found

    def server(self, identity: str) -> dict[str, Any]:
        """Show one server."""
        found: dict[str, Any] = self.compute("GET", f"/servers/{identity}")["server"]
        return found

    def quota(self, resource: str) -> dict[str, int]:
        """Show limit, usage and what is pending of one resource."""
        found: dict[str, int] = self("GET", "/astakos/account/v1.0/quotas")[self.project][resource]
        return found

    def order(self, name: str, **wishes: object) -> dict[str, object]:
        """Describe the smallest server that the demonstration image runs in."""
        image = self("GET", "/cyclades/image/v2/images?name=Demonstration")["images"][0]["id"]
        flavors = self.compute("GET", "/flavors/detail")["flavors"]
        smallest = min(flavors, key=lambda one: (one["ram"], one["disk"]))["id"]
        wanted = {"name": name, "imageRef": image, "flavorRef": smallest, "networks": []}
        return {"server": {**wanted, **wishes}}

    def clear(self) -> None:
        """Delete every server and wait until none is left."""
        for one in self.servers():
            self.compute("DELETE", f"/servers/{one['id']}")
        wait_for(lambda: not self.servers(), self.servers)

    def states(self) -> list[tuple[object, ...]]:
        """Tell of every server how it is, for an assertion that fails."""
        return [
            (one["id"], one["status"], one["OS-EXT-STS:task_state"], one.get("fault"))
            for one in self.servers()
        ]

    def settled(self, *states: str) -> Callable[[], bool]:
        """Tell, when called, whether every server has come to rest."""
        allowed = set(states) or SETTLED
        return lambda: all(
            one["status"] in allowed and not one["OS-EXT-STS:task_state"] for one in self.servers()
        )


def wait_for(true: Callable[[], object], what: Callable[[], object], within: float = 90) -> None:
    """Wait until something is true; say what is instead when it takes too long."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, what()
        time.sleep(0.25)


def person(cloud: Cloud, role: str = "user") -> Person:
    """Answer one of the people that every cloud has."""
    return Person(cloud, json.loads((cloud.data / "logins.json").read_text())[role])


def newcomer(cloud: Cloud, email: str) -> Person:
    """Answer a new user of the cloud."""
    words = ("user-add", email, "A", "Newcomer", "--accept", "--with-token")
    done = cloud.manage(*words, "--output-format", "json")
    assert done.returncode == 0, done.stderr
    given = json.loads(done.stdout)
    return Person(cloud, {"token": given["token"], "project": given["uuid"]})


def limit(cloud: Cloud, who: Person, amounts: dict[str, str]) -> None:
    """Set what a person may have."""
    words = [w for name, most in amounts.items() for w in ("--limit", name, most, most)]
    done = cloud.manage("project-modify", who.project, *words)
    assert done.returncode == 0, done.stderr


@contextmanager
def running(data: Path, conf: str = "", *options: str) -> Iterator[Cloud]:
    """Run a cloud of its own, and see that a reset leaves nothing of it."""
    (data / "conf").mkdir(parents=True)
    (data / "conf" / "99-local.conf").write_text(conf)
    try:
        cloud = start(data, *LISTEN, *options)
    except BaseException:
        _remove(data)
        raise
    try:
        yield cloud
    finally:
        reset(cloud)


def reset(cloud: Cloud) -> None:
    """Remove a cloud; nothing may be left of it anywhere."""
    name, mounted = cloud_id(cloud), mounts(cloud.data)
    assert _remove(cloud.data) == 0
    left = leftovers(cloud.data, name)
    assert not left, left
    assert mounts(cloud.data) == mounted
    kept = sorted(cloud.data.rglob("*")) if cloud.data.exists() else []
    assert kept == mounted


def _remove(data: Path) -> int:
    words = [program("synnefo"), "reset", "--yes", "--data", str(data)]
    return subprocess.run(words, check=False, timeout=120).returncode


def cloud_id(cloud: Cloud) -> str:
    """Answer the short name under which the kernel knows a cloud."""
    place = msgspec.json.decode((cloud.data / "place.json").read_bytes())
    return str(place["cloud_id"])


def leftovers(data: Path, name: str) -> list[str]:
    """List what a removed cloud left on this machine."""
    found = [f"process {line}" for line in processes(data)]
    found += [f"namespace {path}" for path in Path("/run/netns").glob(f"snf-{name}*")]
    found += [f"link {path}" for path in Path("/sys/class/net").glob(f"snf-{name}*")]
    tables = subprocess.run(
        ["nft", "list", "tables"], check=False, capture_output=True, text=True
    ).stdout
    found += [line for line in tables.splitlines() if f"snf_{name}" in line]
    return found


def mounts(data: Path) -> list[Path]:
    """List the disks that are mounted in a data folder."""
    places = [Path(line.split()[1]) for line in Path("/proc/mounts").read_text().splitlines()]
    return sorted(place for place in places if place.is_relative_to(data))


def processes(data: Path) -> list[str]:
    """List the processes that belong to a data folder: by command, environment or folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            told = command + (entry / "environ").read_text(errors="replace")
        except OSError:
            continue
        if command and f"{data}/" in told:
            found.append(f"{entry.name} {command}")
    return found


def daemon(cloud: Cloud, name: str) -> int | None:
    """Answer the process of a daemon, when it runs."""
    try:
        pid = int((cloud.data / "run" / f"{name}.pid").read_text())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid


def volume_servers(cloud: Cloud) -> list[int]:
    """List the processes that serve volumes."""
    files = (cloud.data / "run" / "volumes").glob("*.pid")
    return [int(file.read_text()) for file in files]


def machine(cloud: Cloud, server: str) -> list[int]:
    """List the QEMU processes of a server."""
    name = f"snf-{server}"
    found = []
    for line in processes(cloud.data / "solo"):
        pid, command = line.split(" ", 1)
        if command.startswith("qemu-system") and f"/{name}/" in command:
            found.append(int(pid))
    return found


def kill(pids: Sequence[int | None]) -> None:
    """Kill processes as a crash would."""
    for pid in pids:
        if pid is not None:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def instances(cloud: Cloud) -> set[str]:
    """Ask the cluster itself for its instances."""
    place = msgspec.json.decode((cloud.data / "place.json").read_bytes())
    password = (cloud.data / "conf" / "rapi-password").read_text().strip()
    done = subprocess.run(
        ["curl", "-sS", "-f", "-u", f"synnefo:{password}",
         f"http://127.0.0.1:{place['rapi_port']}/2/instances"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {one["id"] for one in json.loads(done.stdout)}


def volumes(cloud: Cloud) -> list[str]:
    """List the volumes of a cloud."""
    config = str(cloud.data / "conf" / "archipelago.ini")
    done = subprocess.run(
        [program("vlmc"), "-c", config, "list"], check=True, capture_output=True, text=True
    )
    return done.stdout.split()
