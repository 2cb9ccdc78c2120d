"""Creations and deletions while one daemon after the other is killed: nothing is lost or stuck.

The hypervisor only pretends; everything else is real. Afterwards the quota equals reality, no
server is between two states, and no instance is without its server.
"""

import json
import os
import random
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Cloud, program, start

COUNT = 50
PATIENCE = 420.0
DAEMONS = ("web", "worker", "dispatcher", "solo")
SETTLED = {"ACTIVE", "ERROR", "SHUTOFF"}


class User:
    """Calls the cloud as its demonstration user, again and again while it is down."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        logins = json.loads((cloud.data / "logins.json").read_text())
        self.token = logins["user"]["token"]

    def once(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Call once; 599 when nobody answers."""
        request = urllib.request.Request(
            f"{self.cloud.url}/cyclades{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"X-Auth-Token": self.token, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                data = answer.read()
                return answer.status, json.loads(data) if data else None
        except urllib.error.HTTPError as error:
            return error.code, None
        except (OSError, ValueError):
            return 599, None

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        """Call until there is an answer that is no failure of the service."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            status, answer = self.once(method, path, body)
            if status < 500 and status != 401:
                return answer
            time.sleep(0.3)
        raise TimeoutError(f"{method} {path}: no answer in two minutes")

    def servers(self) -> list[dict[str, Any]]:
        """List all servers."""
        answer = self("GET", "/compute/v2.1/servers/detail")
        found: list[dict[str, Any]] = answer["servers"]
        return found


@pytest.fixture(scope="module")
def pretending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    data = tmp_path_factory.mktemp("faults")
    (data / "conf").mkdir()
    (data / "conf" / "99-local.conf").write_text(
        'SOLO_HYPERVISORS = ("fake",)\nSOLO_FAKE_DELAY = 0.1\n'
    )
    running = start(data, "--listen", "127.0.0.1:0")
    limits = [
        word
        for name in ("vm", "cpu", "total_cpu", "ram", "total_ram", "disk")
        for word in ("--limit", f"cyclades.{name}", "100000000000000", "100000000000000")
    ]
    uuid = json.loads((data / "logins.json").read_text())["user"]["project"]
    done = running.manage("project-modify", uuid, *limits)
    assert done.returncode == 0, done.stderr
    yield running
    subprocess.run([program("synnefo"), "reset", "--yes", "--data", str(data)], check=True)


def kill(cloud: Cloud, daemon: str) -> None:
    """Kill a daemon as a crash would; whoever supervises it starts it again."""
    try:
        pid = int((cloud.data / "run" / f"{daemon}.pid").read_text())
        os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError):
        return


def wait_until(true: Callable[[], bool], what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what()
        time.sleep(1)


def order(user: User) -> dict[str, object]:
    image = user("GET", "/image/v2/images")["images"][0]["id"]
    flavors = user("GET", "/compute/v2.1/flavors/detail")["flavors"]
    smallest = min(flavors, key=lambda one: (one["ram"], one["disk"]))
    return {"name": "storm", "imageRef": image, "flavorRef": smallest["id"], "networks": []}


def storm(user: User, wanted: dict[str, object], stop: threading.Event) -> None:
    """Create servers and delete every other one as soon as it is there."""
    for number in range(COUNT // 5):
        status, answer = user.once("POST", "/compute/v2.1/servers", {"server": wanted})
        if status == 202 and number % 2:
            user.once("DELETE", f"/compute/v2.1/servers/{answer['server']['id']}")
        if stop.is_set():
            return


def instances(cloud: Cloud) -> list[str]:
    """Ask the cluster itself for its instances."""
    place = json.loads((cloud.data / "place.json").read_text())
    password = (cloud.data / "conf" / "rapi-password").read_text().strip()
    address = f"http://127.0.0.1:{place['rapi_port']}/2/instances"
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, address, "synnefo", password)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    with opener.open(address, timeout=30) as answer:
        return sorted(one["id"] for one in json.loads(answer.read()))


@pytest.mark.parametrize("daemon", [*DAEMONS, "random"])
@pytest.mark.timeout(900)
def test_nothing_is_lost_or_stuck_when_a_daemon_is_killed(pretending: Cloud, daemon: str) -> None:
    user = User(pretending)
    wanted = order(user)
    stop = threading.Event()
    threads = [threading.Thread(target=storm, args=(user, wanted, stop)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        time.sleep(random.uniform(0.5, 2.0))
        kill(pretending, random.choice(DAEMONS) if daemon == "random" else daemon)
    for thread in threads:
        thread.join()
    wait_until(
        lambda: all(
            one["status"] in SETTLED and not one["OS-EXT-STS:task_state"] for one in user.servers()
        ),
        lambda: [one for one in user.servers() if one["status"] not in SETTLED],
    )
    living = user.servers()
    errors = [one["fault"] for one in living if one["status"] == "ERROR"]
    wait_until(
        lambda: used(user) == len(user.servers()),
        lambda: (used(user), len(user.servers()), errors),
    )
    known = {f"snf-{one['id']}" for one in living if one["status"] != "ERROR"}
    assert known <= set(instances(pretending))
    clear(user)
    wait_until(lambda: not user.servers(), user.servers)
    wait_until(lambda: used(user) == 0, lambda: used(user))
    wait_until(lambda: not instances(pretending), lambda: instances(pretending))


def used(user: User) -> int:
    """Ask the quota service, through the API, how many servers it counts."""
    answer = user("GET", "/compute/v2.1/limits")
    return int(answer["limits"]["absolute"]["totalInstancesUsed"])


def clear(user: User) -> None:
    """Delete every server."""
    for one in user.servers():
        user("DELETE", f"/compute/v2.1/servers/{one['id']}")


def test_the_log_of_a_worker_tells_of_no_bug(pretending: Cloud) -> None:
    told = "".join(log.read_text() for log in Path(pretending.data / "log").glob("*.log"))
    failures = [line for line in told.splitlines() if '"errand-failed"' in line]
    assert not failures, failures[:3]
