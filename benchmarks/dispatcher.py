"""Job events that one `snf-dispatcher` takes in a second: PostgreSQL, RabbitMQ, the real ledger.

usage: python -m benchmarks.dispatcher [--servers 2000]

Every event comes twice. First the steps of running jobs, of which nothing follows; then the ends
of jobs that start servers: each settles a commission and lists the server's card. At the end
every server runs, and the ledger holds each once.
"""

import argparse
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec
import psycopg

from benchmarks import postgres, small_cloud
from benchmarks.processes import cpu_seconds
from benchmarks.small_cloud import SmallCloud
from synnefo.bus.amqp import AmqpBus
from synnefo.bus.port import Binding
from synnefo.clients.astakos import AstakosClient
from synnefo.webproject.up import programs
from synnefo.wire.job_events import EXCHANGE, JobEvent, encode, queue_name, routing_key, split_time
from synnefo.wire.provisions import charge
from tests.support import rabbitmq

RATES = {"steps": 1500.0, "settling": 500.0}
CPU, RAM = "cyclades.cpu", "cyclades.ram"
PLENTY = "100000000000000"
KEY, QUEUE = routing_key("op", "snf"), queue_name("op", "snf")


class Stage(msgspec.Struct):
    """A cloud whose dispatcher waits, the bus it listens to, and where servers are written."""

    cloud: SmallCloud
    bus: AmqpBus
    database: postgres.Server

    def count(self, condition: str) -> int:
        """Count servers in the database."""
        place = self.database
        query = f"SELECT count(*) FROM cyclades_server WHERE {condition}"
        with psycopg.connect(
            host=place.folder, port=place.port, user="synnefo", dbname="cyclades"
        ) as connection:
            return int(connection.execute(query).fetchone()[0])  # type: ignore[arg-type,index]


def event(number: int, status: str, moment: float) -> bytes:
    """Write what a cluster tells of the job that starts a server."""
    card = {"name": f"snf-nic-{number}", "network": "snf-net-1", "mac": mac(number)}
    return encode(
        JobEvent(
            type="ganeti-op-status",
            operation="OP_INSTANCE_STARTUP",
            status=status,
            cluster="solo",
            job_id=number,
            event_time=split_time(moment),
            instance=f"snf-{number}",
            instance_nics=[card] if status == "success" else None,
        )
    )


def mac(number: int) -> str:
    """Make the address of a server's card, as `cyclades_fill` does."""
    return ":".join(f"{byte:02x}" for byte in b"\xaa\x00" + number.to_bytes(4, "big"))


def fill(stage: Stage, count: int) -> range:
    """Make stopped servers that wait for their start, each with its promise; answer their ids."""
    uuid = stage.cloud.users["user"]["uuid"]
    for name in (CPU, RAM):
        stage.cloud.manage("project-modify", uuid, "--limit", name, PLENTY, PLENTY)
    wanted = [*charge(uuid, uuid, CPU, 1), *charge(uuid, uuid, RAM, 128 * 2**20)]
    ledger = _ledger(stage.cloud)
    serials = [ledger.issue_commission(wanted) for _ in range(count)]
    wish: dict[str, object] = {"servers": count, "users": [uuid], "serials": serials}
    first, last = small_cloud.fill(stage.cloud, wish)
    return range(first, last + 1)


def _ledger(cloud: SmallCloud) -> AstakosClient:
    names: dict[str, object] = {}
    exec((cloud.folder.conf / "20-tokens.conf").read_text(), names)
    return AstakosClient(f"{cloud.place.url}/astakos", str(names["CYCLADES_SERVICE_TOKEN"]))


def measure(stage: Stage, numbers: range, status: str, done: str) -> tuple[float, float]:
    """Let a dispatcher take what waits; answer events a second, and its milliseconds for one."""
    moment = time.time()
    for number in numbers:
        for _twice in range(2):
            stage.bus.publish(EXCHANGE, KEY, event(number, status, moment))
    program = next(one for one in programs.background() if one.name == "dispatcher")
    process = small_cloud.start(stage.cloud.folder, program)
    try:
        while not stage.count(done):
            time.sleep(0.02)
        began, spent, before = time.monotonic(), cpu_seconds(process.pid), stage.bus.count(QUEUE)
        while stage.bus.count(QUEUE) or stage.count(f"NOT ({done})"):
            time.sleep(0.05)
        seconds = time.monotonic() - began
        return before / seconds, (cpu_seconds(process.pid) - spent) / before * 1000
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def check(stage: Stage, numbers: range) -> None:
    """Make sure that each start took effect once, duplicates or not."""
    active = stage.count("operstate = 'STARTED' AND task IS NULL AND serial_id IS NULL")
    uuid = stage.cloud.users["user"]["uuid"]
    deadline = time.monotonic() + 30
    while True:
        held = _ledger(stage.cloud).service_get_quotas([uuid])[uuid][uuid][CPU]
        if held.pending == 0 or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    if (active, held.usage, held.pending) != (len(numbers), len(numbers), 0):
        raise RuntimeError(f"{active} run, {held} is held, wanted {len(numbers)} of each.")


def tell(kind: str, rate: float, spent: float) -> bool:
    """Print a figure beside the wanted one."""
    wanted = RATES[kind]
    met = rate >= wanted
    sys.stdout.write(
        f"  {kind:10} {rate:8.0f} a second, {spent:.2f} ms of processor each   at least"
        f" {wanted:.0f}   {rate / wanted:.2f} of it   {'met' if met else 'MISSED'}\n"
    )
    sys.stdout.flush()
    return met


def main() -> int:
    """Start everything, fill, measure both kinds of events, check, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=2000)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        database = stack.enter_context(postgres.running())
        brokers = rabbitmq.start(folder / "brokers")
        stack.callback(rabbitmq.stop, brokers)
        databases = {name: database.entry(name) for name in ("astakos", "pithos", "cyclades")}
        for name in databases:
            database.create(name)
        extra = f"DATABASES = {databases!r}\nAMQP_HOSTS = {brokers.urls!r}\n"
        cloud = stack.enter_context(
            small_cloud.running(folder / "cloud", extra=extra, without=("worker", "dispatcher"))
        )
        stage = Stage(cloud, AmqpBus(brokers.urls), database)
        stage.bus.declare(QUEUE, [Binding(EXCHANGE, KEY)])
        numbers = fill(stage, options.servers)
        steps = measure(stage, numbers, "running", "backendjobstatus = 'running'")
        settling = measure(stage, numbers, "success", "operstate = 'STARTED'")
        met = [tell("steps", *steps), tell("settling", *settling)]
        check(stage, numbers)
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
