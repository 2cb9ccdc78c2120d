"""A cluster in memory and a folder: hypervisor `fake`, no sockets, events kept in its outbox."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from synnefo.node.solo.disks import NoStorage, Storage
from synnefo.node.solo.instance_work import House
from synnefo.node.solo.inventory import Inventory
from synnefo.node.solo.job_queue import JobQueue
from synnefo.node.solo.ledger import Ledger
from synnefo.node.solo.machines import FakeMachines
from synnefo.node.solo.records import FINAL
from synnefo.node.solo.resources import Request, Resources
from synnefo.node.solo.settings import Places
from synnefo.node.solo.views import ClusterNames
from synnefo.node.solo.wiring import NoWiring
from synnefo.node.solo.work import Work
from synnefo.wire import job_events
from synnefo.wire.job_events import JobEvent

NAMES = ClusterNames("solo.test", "c-uuid", "node1", "n-uuid", "g-uuid")


class SoloCluster:
    """The parts of one cluster; `ask` is a request without HTTP."""

    def __init__(
        self,
        folder: Path,
        *,
        failures: dict[str, str] | None = None,
        storage: Storage | None = None,
        delay: float = 0.0,
    ) -> None:
        self.places = Places(folder)
        self.places.make()
        self.ledger = Ledger(self.places.home / "solo.sqlite3")
        self.machines = FakeMachines(
            self.places.home / "fake", delay=delay, failures={} if failures is None else failures
        )
        self.house = House(
            node="node1",
            places=self.places,
            inventory=Inventory(self.ledger),
            storages={"fake": storage or NoStorage()},
            machines={"fake": self.machines},
            wirings={"fake": NoWiring()},
            fake_memory=1024 * 1024,
        )
        self.queue = JobQueue(
            self.ledger,
            Work(self.house, NAMES.cluster),
            threads=4,
            on_news=lambda: None,
        )
        self.resources = Resources(self.house, self.queue, NAMES)

    def ask(self, method: str, target: str, body: object = None) -> Any:
        """Send a request; the answer is what its JSON says."""
        path, _, query = target.partition("?")
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        arguments: dict[str, list[str]] = {}
        for key, _, value in pairs:
            arguments.setdefault(key, []).append(value)
        raw = b"" if body is None else msgspec.json.encode(body)
        answer = self.resources.answer(Request(method, path, arguments, raw))
        return msgspec.json.decode(msgspec.json.encode(answer))

    def done(self, number: int, timeout: float = 10.0) -> Any:
        """Wait for a job's end and answer it."""
        deadline = time.monotonic() + timeout
        while True:
            job = self.ask("GET", f"/2/jobs/{number}")
            if job["status"] in FINAL:
                return job
            assert time.monotonic() < deadline, job
            self.queue.wait_until(lambda: False, 0.02)

    def run(self, method: str, target: str, body: object = None) -> Any:
        """Send a request that makes a job, and wait for its end."""
        return self.done(self.ask(method, target, body))

    def events(self) -> list[JobEvent]:
        """Read every message of the outbox."""
        return [
            job_events.decode_event(message.body) for _, message in self.ledger.waiting(10_000)
        ]

    def close(self) -> None:
        """Stop the threads and close the file."""
        self.queue.stop()
        self.ledger.close()


@contextmanager
def solo_cluster(folder: Path, **options: Any) -> Iterator[SoloCluster]:
    """Run a cluster for a while."""
    cluster = SoloCluster(folder, **options)
    cluster.queue.start()
    try:
        yield cluster
    finally:
        cluster.close()


def an_instance(name: str = "snf-1", **changes: object) -> dict[str, object]:
    """Write the body of a creation."""
    return {
        "__version__": 1,
        "mode": "create",
        "name": name,
        "disk_template": "ext",
        "disks": [{"size": 32, "name": "snf-vol-1", "provider": "archipelago"}],
        "nics": [],
        "hypervisor": "fake",
        "os_type": "snf-image+default",
        "beparams": {"vcpus": 1, "minmem": 64, "maxmem": 64},
        "osparams": {},
        "ip_check": False,
        "name_check": False,
        **changes,
    }


def a_network(cluster: SoloCluster, name: str = "snf-net-1", **changes: object) -> None:
    """Make and connect a network."""
    body = {"network_name": name, "network": "10.9.0.0/24", "gateway": "10.9.0.1", **changes}
    assert cluster.run("POST", "/2/networks", body)["status"] == "success"
    wish = {"group_name": "default", "network_mode": "bridged", "network_link": "br0"}
    assert cluster.run("PUT", f"/2/networks/{name}/connect", wish)["status"] == "success"
