"""100,000 servers of 10,000 users on 64 clusters against 1000 servers, both on one PostgreSQL.

usage: python -m benchmarks.large_compute [--servers 100000] [--users 10000] [--times 300]

Somebody asks two clouds in turn: a detailed list of 100 servers, one server, a new server, a
token, the quota. The 99th percentile of each may be 1.5 times that of the small cloud. Then new
servers must be spread evenly over the clusters, within 5 %.

A cloud has at most 16 clusters, for their numbers end MAC prefixes; this one lifts that bound.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import psycopg

from benchmarks import postgres, small_cloud
from benchmarks.servers import COMPUTE, Client, prepare
from benchmarks.small_cloud import SmallCloud, running
from synnefo.webproject.up import programs

MOST, SPREAD = 1.5, 5.0
CLUSTERS, SMALL, MINE = 64, 1000, 100
MORE = """
ALTER TABLE cyclades_cluster DROP CONSTRAINT cluster_index_0_15;
UPDATE cyclades_cluster SET mtotal = 100000000, mfree = 100000000, dtotal = 1000000000,
  dfree = 1000000000, ctotal = 100000, pinst_cnt = 0, refreshed = now() + interval '1 day';
INSERT INTO cyclades_cluster (clustername, port, address, username, password, index, drained,
  offline, hypervisor, disk_templates, public, mfree, mtotal, dfree, dtotal, pinst_cnt, ctotal,
  refreshed)
SELECT 'cluster-' || n, port, address, username, password, n, drained, offline, hypervisor,
  disk_templates, public, mfree, mtotal, dfree, dtotal, pinst_cnt, ctotal, refreshed
FROM cyclades_cluster, generate_series(1, 63) AS n;
"""


class Large:
    """A cloud, its database, and the one who asks."""

    def __init__(self, cloud: SmallCloud, server: postgres.Server, database: str) -> None:
        self.cloud, self.server, self.database = cloud, server, database
        self.client = Client(cloud)
        self.user = cloud.users["user"]["uuid"]
        self.image = _prepared(cloud)

    def sql(self, text: str) -> list[tuple[int, ...]]:
        """Ask the database of servers."""
        place = self.server
        with psycopg.connect(
            host=place.folder,
            port=place.port,
            user="synnefo",
            dbname=self.database,
            autocommit=True,
        ) as connection:
            found = connection.execute(text)
            return found.fetchall() if found.description else []

    def fill(self, servers: int, users: list[str]) -> int:
        """Make many servers; answer the id of the first."""
        wish: dict[str, object] = {"servers": servers, "users": users, "image": self.image}
        first, _last = small_cloud.fill(self.cloud, wish)
        self.sql("ANALYZE")
        return first

    def ask(self, method: str, path: str, body: object = None) -> None:
        """Ask, and insist on success."""
        status, text = self.client.call(method, path, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {text[:300]!r}")


def p99(acts: Sequence[Callable[[], None]], times: int) -> list[float]:
    """Do each in turn, again and again; answer the 99th percentiles in milliseconds."""
    taken: list[list[float]] = [[] for _ in acts]
    for _ in range(times):
        for act, found in zip(acts, taken, strict=True):
            began = time.perf_counter()
            act()
            found.append((time.perf_counter() - began) * 1000)
    return [sorted(found)[int(times * 0.99)] for found in taken]


def _prepared(cloud: SmallCloud) -> str:
    """Make the image with a worker's help, which then goes: the clusters are not what they say."""
    program = next(one for one in programs.background() if one.name == "worker")
    worker = small_cloud.start(cloud.folder, program)
    try:
        return prepare(cloud)
    finally:
        worker.terminate()
        worker.wait(30)


def acts(large: Large, mine: int) -> dict[str, Callable[[], None]]:
    """Name what is measured."""
    order = {"name": "bench", "imageRef": large.image, "flavorRef": "1", "networks": []}
    listed = f"{COMPUTE}/servers/detail?limit={MINE}"
    tokens = "/astakos/identity/v3/auth/tokens?nocatalog=1"
    large.client.headers = {"X-Subject-Token": large.client.token}
    return {
        f"detail of {MINE}": lambda: large.ask("GET", listed),
        "one server": lambda: large.ask("GET", f"{COMPUTE}/servers/{mine}"),
        "new server": lambda: large.ask("POST", f"{COMPUTE}/servers", {"server": order}),
        "token check": lambda: large.ask("GET", tokens),
        "quota": lambda: large.ask("GET", "/astakos/account/v1.0/quotas"),
    }


def furnish(large: Large, servers: int, users: int) -> dict[str, Callable[[], None]]:
    """Fill a cloud: a hundred servers of the one who asks, the rest of others."""
    large.sql(MORE)
    mine = large.fill(MINE, [large.user])
    large.fill(servers - MINE, [str(uuid4()) for _ in range(users)])
    return acts(large, mine)


def measure(small: Large, large: Large, options: argparse.Namespace) -> bool:
    """Fill both, ask both, look at the clusters."""
    few = furnish(small, SMALL, SMALL // 10)
    many = furnish(large, options.servers, options.users)
    met = []
    for name in few:
        both = (few[name], many[name])
        p99(both, 20)
        before, found = p99(both, options.times)
        told = f"{name:16} p99 {before:7.1f} ms of {SMALL}, {found:7.1f} ms of {options.servers}"
        met.append(tell(told, found / before, MOST, "times"))
    ((fewest, most, average),) = large.sql(
        "SELECT min(pinst_cnt), max(pinst_cnt), avg(pinst_cnt)::float FROM cyclades_cluster"
    )
    spread = max(most - average - 1, average - fewest - 1, 0) / average * 100
    told = f"new servers on a cluster: {fewest} to {most}, {average:.1f} on average"
    return all([*met, tell(told, spread, SPREAD, "%")])


def tell(what: str, value: float, most: float, unit: str) -> bool:
    """Print a figure beside the most that it may be."""
    met = value <= most
    verdict = "met" if met else "MISSED"
    sys.stdout.write(f"  {what:62} {value:5.2f} {unit}   at most {most:g}   {verdict}\n")
    sys.stdout.flush()
    return met


def started(stack: ExitStack, server: postgres.Server, folder: Path) -> Large:
    """Start a cloud with databases of its own."""
    entries = {}
    for brick in ("astakos", "pithos", "cyclades"):
        server.create(f"{folder.name}_{brick}")
        entries[brick] = server.entry(f"{folder.name}_{brick}")
    extra = f"DATABASES = {entries!r}\n"
    quiet = ("worker", "dispatcher")
    cloud = stack.enter_context(running(folder, extra=extra, without=quiet))
    return Large(cloud, server, f"{folder.name}_cyclades")


def main() -> int:
    """Start two clouds, measure them, stop them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=100_000)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=300)
    options = parser.parse_args()
    with ExitStack() as stack:
        server = stack.enter_context(postgres.running())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        both = [started(stack, server, folder / name) for name in ("small", "large")]
        met = measure(*both, options)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
