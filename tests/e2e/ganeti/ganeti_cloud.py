"""A whole cloud on PostgreSQL, its own RabbitMQ and the real Ganeti clusters."""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.e2e.conftest import Cloud
from tests.e2e.faults import clouds
from tests.e2e.faults.clouds import PLENTY, RESOURCES, Person, wait_for
from tests.support import rabbitmq
from tests.support.ganeti import PASSWORD, TOP, USER, Cluster, Node
from tests.support.ganeti_fixture import rapi_of
from tests.support.rabbitmq import Brokers
from tests.support.relay import Relay

BRICKS = ("astakos", "pithos", "cyclades")
EVENTD_PID = "/run/eventd.pid"
CONF = "/etc/synnefo/20-snf-cyclades-gtools-backend.conf"
SWEEP_SECONDS = 3.0
"""The pause between two sweeps of a test that waits for one; the worker's own is 20 or 30 s."""
SWEEP_NOW = """
UPDATE cyclades_errand SET ready_at = now() WHERE attempts = 0
AND only_once IN ('cyclades.settle_servers', 'cyclades.settle_quota')
"""


class Stage(msgspec.Struct):
    """The cloud, what it stands on, and what tests may do to that."""

    cloud: Cloud
    user: Person
    prefix: str
    clusters: list[Cluster]
    brokers: Brokers
    flavor: str
    relays: dict[str, list[Relay]]
    """The ways from each cluster to the brokers."""
    drained: list[Cluster] = []

    def manage(self, *words: str) -> str:
        """Run `snf-manage`, which must succeed, and answer what it says."""
        done = self.cloud.manage(*words)
        assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def asked(self, *words: str) -> Any:
        """Run `snf-manage` for a list, and read it."""
        return json.loads(self.manage(*words, "--output-format", "json"))

    def backend(self, cluster: Cluster) -> dict[str, Any]:
        """Show how Cyclades knows a cluster."""
        rows = self.asked("backend-list")
        return next(row for row in rows if row["clustername"] == cluster.fqdn)

    def modify(self, cluster: Cluster, *words: str) -> None:
        """Change how Cyclades uses a cluster."""
        self.manage("backend-modify", cluster.fqdn, *words)

    def only(self, *wanted: Cluster) -> None:
        """Let new servers go to these clusters alone."""
        for cluster in self.clusters:
            if (cluster in self.drained) is (cluster in wanted):
                self.modify(cluster, "--drained", str(cluster not in wanted))
        self.drained = [cluster for cluster in self.clusters if cluster not in wanted]

    def create(self, name: str, **wishes: object) -> str:
        """Order a server and answer its id."""
        order = self.user.order(name, flavorRef=self.flavor, **wishes)
        answer = self.user.compute("POST", "/servers", order)
        assert "server" in answer, answer
        return str(answer["server"]["id"])

    def wait_for(self, server: str, *statuses: str, within: float = 60) -> dict[str, Any]:
        """Wait until a server is at rest in one of these statuses."""
        found: list[dict[str, Any]] = []

        def is_there() -> bool:
            found[:] = [self.user.server(server)]
            idle = not found[0]["OS-EXT-STS:task_state"]
            return found[0]["status"] in statuses and idle

        wait_for(is_there, lambda: found, within=within)
        return found[0]

    def act(self, server: str, action: dict[str, object]) -> None:
        """Ask something of a server."""
        self.user.compute("POST", f"/servers/{server}/action", action)

    def instances(self, cluster: Cluster) -> dict[str, dict[str, Any]]:
        """Answer this cloud's instances on a cluster."""
        rapi = rapi_of(cluster)
        try:
            found = rapi.get("/instances", {"bulk": "1"})
        finally:
            rapi.close()
        return {one["name"]: one for one in found if one["name"].startswith(f"{self.prefix}-")}

    def where(self, name: str) -> Cluster:
        """Find the cluster that holds an instance."""
        return next(one for one in self.clusters if name in self.instances(one))

    def sweep(self) -> None:
        """Let the worker look at clusters and quota now, not only at the end of its pause."""
        host, _, port = os.environ["SYNNEFO_TEST_POSTGRES"].partition(":")
        place = ["-h", host, "-p", port, "-U", "synnefo", "-d", f"{self.prefix}_cyclades"]
        subprocess.run(["psql", *place, "-q", "-c", SWEEP_NOW], check=True)

    def swept(self, true: Callable[[], object], what: Callable[[], object], within: float) -> None:
        """Wait for what the worker's sweeps bring about, which come again and again meanwhile."""
        last = time.monotonic()

        def is_true() -> object:
            nonlocal last
            if time.monotonic() - last > SWEEP_SECONDS:
                self.sweep()
                last = time.monotonic()
            return true()

        wait_for(is_true, what, within=within)

    def wait_swept(self, server: str, *statuses: str, within: float = 90) -> dict[str, Any]:
        """Wait until the sweeps have brought a server to rest in one of these statuses."""

        def is_there() -> bool:
            found = self.user.server(server)
            return found["status"] in statuses and not found["OS-EXT-STS:task_state"]

        self.swept(is_there, lambda: self.user.server(server), within)
        return self.user.server(server)

    def clear(self) -> None:
        """Delete every server and wait until none is left."""
        for one in self.user.servers():
            self.user.compute("DELETE", f"/servers/{one['id']}")
        self.swept(lambda: not self.user.servers(), self.user.servers, 90)

    def start_eventd(self, node: Node) -> None:
        """Start the watcher on a node, as its service unit does."""
        urls = [f"amqp://guest:guest@{host}:{port}//" for host, port in self.ways(node.cluster)]
        text = f"AMQP_HOSTS = {urls!r}\nEVENTD_PREFIXES = ({self.prefix!r},)\n"
        node.put(CONF, text)
        words = [
            str(TOP / ".venv/bin/snf-ganeti-eventd"),
            "--pid-file",
            EVENTD_PID,
            "--config",
            CONF,
        ]
        words += ["-l", "/var/log/snf-ganeti-eventd.log"]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        node.run("rm", "-f", EVENTD_PID)
        process = subprocess.Popen(
            node.command("setsid", "-f", *words), **quiet, stderr=subprocess.DEVNULL
        )
        assert process.wait(10) == 0
        wait_for((node.root / EVENTD_PID[1:]).exists, lambda: "eventd starts", within=20)

    def create_many(self, count: int, at_once: int = 8) -> list[str]:
        """Order many servers, several at once."""
        order = self.user.order("many", flavorRef=self.flavor)

        def one(_number: int) -> str:
            answer = self.user.compute("POST", "/servers", order)
            assert "server" in answer, answer
            return str(answer["server"]["id"])

        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(one, range(count)))

    def all_active(self, count: int, within: float = 120) -> None:
        """Wait until so many servers are there, all of them ACTIVE and at rest."""

        def are_active() -> bool:
            states = [(one["status"], one["OS-EXT-STS:task_state"]) for one in self.user.servers()]
            return states == [("ACTIVE", None)] * count

        wait_for(are_active, self.user.states, within=within)

    def kill_broker(self, number: int) -> None:
        """Cut a broker's power."""
        rabbitmq.kill(self.brokers.nodes[number])

    def start_broker(self, *numbers: int) -> None:
        """Give brokers their power back."""
        for number in numbers:
            rabbitmq.run(self.brokers, self.brokers.nodes[number])
        for number in numbers:
            rabbitmq.wait(self.brokers.nodes[number])

    def stop_eventd(self, node: Node, signal: str = "TERM") -> None:
        """End the watcher of a node."""
        pid = node.read(EVENTD_PID).decode().strip()
        node.run("kill", f"-{signal}", pid, check=False)
        wait_for(
            lambda: node.run("kill", "-0", pid, check=False).code,
            lambda: "eventd ends",
            within=20,
        )

    def ways(self, cluster: Cluster) -> list[tuple[str, int]]:
        """Answer the addresses at which a cluster's nodes reach the brokers."""
        return [relay.address for relay in self.relays[cluster.name]]

    def check_books(self) -> None:
        """See that quota equals what there is, and that nothing is stuck or left behind."""
        servers = self.user.servers()
        assert all(not one["OS-EXT-STS:task_state"] for one in servers), self.user.states()
        for resource, amount in (("cyclades.vm", len(servers)), ("cyclades.disk", None)):
            self.swept(
                lambda name=resource: not self.user.quota(name)["pending"],
                lambda name=resource: self.user.quota(name),
                90,
            )
            if amount is not None:
                assert self.user.quota(resource)["usage"] == amount
        wanted = {f"{self.prefix}-{one['id']}" for one in servers}
        there = {name for cluster in self.clusters for name in self.instances(cluster)}
        assert there == wanted


def own_databases(stack: ExitStack, tag: str) -> dict[str, dict[str, object]]:
    """Make databases in the PostgreSQL of `make services`, gone with the stack."""
    host, _, port = os.environ["SYNNEFO_TEST_POSTGRES"].partition(":")
    place = ["-h", host, "-p", port, "-U", "synnefo"]
    found = {}
    for brick in BRICKS:
        name = f"{tag}_{brick}"
        subprocess.run(["createdb", *place, name], check=True)
        stack.callback(subprocess.run, ["dropdb", "--force", *place, name], check=True)
        found[brick] = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": "synnefo",
            "HOST": host,
            "PORT": int(port),
        }
    return found


def relays(stack: ExitStack, clusters: list[Cluster], brokers: Brokers) -> dict[str, list[Relay]]:
    """Lead the nodes of each cluster to the brokers, which listen on the loopback only."""
    found: dict[str, list[Relay]] = {}
    for cluster in clusters:
        for broker in brokers.nodes:
            relay = Relay(f"{cluster.prefix}.254", ("127.0.0.1", broker.port))
            stack.callback(relay.close)
            found.setdefault(cluster.name, []).append(relay)
    return found


def settings(prefix: str, brokers: Brokers, databases: dict[str, dict[str, object]]) -> str:
    """Write what an operator would write into this cloud's settings."""
    values: dict[str, object] = {
        "DATABASES": databases,
        "AMQP_HOSTS": brokers.urls,
        "BACKEND_PREFIX_ID": f"{prefix}-",
        "SOLO_HYPERVISORS": ("fake",),
        "SOLO_PREFIXES": (prefix,),
        "DEFAULT_MAC_FILTERED_BRIDGE": "br0",
        "CYCLADES_DEFAULT_SERVER_NETWORKS": [],
        "GANETI_CREATEINSTANCE_KWARGS": {
            "os": "tiny+default",
            "hvparams": {"kvm": {"serial_console": False}, "fake": {}},
        },
        "RAPI_TIMEOUT": 20.0,
        "BACKEND_LOST_AFTER": 5,
    }
    return "".join(f"{name} = {value!r}\n" for name, value in values.items())


@contextmanager
def running(home: Path, clusters: list[Cluster]) -> Iterator[Stage]:
    """Start everything; afterwards nothing of it is left on the clusters."""
    prefix = f"t{secrets.token_hex(3)}"
    with ExitStack() as stack:
        brokers = rabbitmq.start(home / "mq")
        stack.callback(rabbitmq.stop, brokers)
        databases = own_databases(stack, prefix)
        ways = relays(stack, clusters, brokers)
        text = settings(prefix, brokers, databases)
        cloud = stack.enter_context(clouds.running(home / "c", text))
        user = clouds.person(cloud)
        clouds.limit(cloud, user, dict.fromkeys(RESOURCES, PLENTY))
        stage = Stage(cloud, user, prefix, clusters, brokers, "", ways)
        stack.callback(sweep, stage)
        stage.manage("backend-modify", "solo", "--drained", "True")
        stage.manage("volume-type-create", "--name", "file", "--disk-template", "file")
        kinds = stage.asked("volume-type-list")
        kind = next(row["id"] for row in kinds if row["disk_template"] == "file")
        made = stage.manage("flavor-create", "1", "128", "1", str(kind))
        stage.flavor = made.split()[0]
        for cluster in clusters:
            add(stage, cluster)
            for node in cluster.nodes:
                stage.start_eventd(node)
                stack.callback(stage.stop_eventd, node)
        yield stage


def add(stage: Stage, cluster: Cluster) -> None:
    """Make a cluster known and open it."""
    place = ("--clustername", cluster.fqdn, "--address", cluster.url)
    access = ("--user", USER, "--pass", PASSWORD, "--hypervisor", "fake")
    stage.manage("backend-add", *place, *access)
    stage.modify(cluster, "--drained", "False")


def sweep(stage: Stage) -> None:
    """Remove what this cloud made on the clusters and its databases did not."""
    for cluster in stage.clusters:
        master = cluster.master
        listing = master.run("gnt-instance", "list", "--no-headers", "-o", "name").out.split()
        for name in listing:
            if name.startswith(f"{stage.prefix}-"):
                words = ("gnt-instance", "remove", "-f", "--shutdown-timeout=0", name)
                master.run(*words, check=False)
        networks = master.run("gnt-network", "list", "--no-headers", "-o", "name").out.split()
        for name in networks:
            if name.startswith(f"{stage.prefix}-"):
                master.run("gnt-network", "disconnect", name, check=False)
                master.run("gnt-network", "remove", name, check=False)
