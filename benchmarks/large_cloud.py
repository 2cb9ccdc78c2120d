"""A cloud of 100,000 people and 20,000 projects against an empty one, in the same run.

usage: python -m benchmarks.large_cloud [--users N] [--projects N] [--seconds 5] [--rounds 3]

Both run on the same PostgreSQL with ten resources. Signing in, a token check and a commission may
take at most 1.3 times as long in the large one. Then: the quotas of somebody in 50 projects, and
`quota-verify` of everything.
"""

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks import astakos_web, commissions, identity, postgres
from benchmarks.processes import cpu_seconds

MOST = 1.3
LISTING_MS = 20.0
LISTINGS = 50
VERIFY_SECONDS = 120.0
KINDS = {"password": "signing in", "check": "token check", "commission": "commission"}
RESOURCES = ("--resources", "10")


class Cloud:
    """One of the two under measurement."""

    def __init__(self, web: astakos_web.Web, database: postgres.Server) -> None:
        self.web = web
        self.pids = (web.pid, database.pid)
        people = web.filled.people
        logins = [identity.login(one.email, one.uuid) for one in people[: identity.PEOPLE]]
        url = f"{web.url}/identity/v3"
        self.identity = identity.Identity("astakos", url, logins, [*self.pids])

    def cost(self, kind: str, seconds: float) -> float:
        """Answer the milliseconds of processor that one act takes, database included."""
        before = cpu_seconds(*self.pids)
        if kind == "commission":
            everybody = [person.uuid for person in self.web.filled.people]
            requests = commissions.load(self.web, everybody, seconds).requests / 2
        else:
            load = self.identity.load(kind, self.web.folder, seconds, identity.CLIENTS)
            requests = load.requests
        return (cpu_seconds(*self.pids) - before) / max(requests, 1) * 1000


def main() -> int:
    """Fill, measure in interleaved rounds, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--projects", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    size = ("--users", str(options.users), "--projects", str(options.projects))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        database = stack.enter_context(postgres.running())

        def started(name: str, *fill: str) -> Cloud:
            web = astakos_web.running(
                folder / name, database, fill=[*RESOURCES, *fill], settings=identity.GENEROUS
            )
            return Cloud(stack.enter_context(web), database)

        empty, large = started("empty"), started("large", *size)
        met = [compare(kind, empty, large, options) for kind in KINDS]
        met += [listing(large), verify(large)]
    return 0 if all(met) else 1


def compare(kind: str, empty: Cloud, large: Cloud, options: argparse.Namespace) -> bool:
    """Measure one kind of act in both."""
    costs: tuple[list[float], list[float]] = ([], [])
    for _ in range(options.rounds):
        for cloud, found in zip((empty, large), costs, strict=True):
            found.append(cloud.cost(kind, options.seconds))
    small, big = (statistics.median(found) for found in costs)
    told = f"{KINDS[kind]:14} {small:7.2f} ms of processor empty, {big:7.2f} ms large"
    return tell(told, big / small, MOST, "times")


def listing(cloud: Cloud) -> bool:
    """Measure the quotas of the first person, who is in 50 projects.

    What counts is the processor's time, database included, which a busy machine does not stretch.
    """
    url = f"{cloud.web.url}/account/v1.0/quotas"
    taken, size = [], 0
    before = cpu_seconds(*cloud.pids)
    for _ in range(LISTINGS):
        began = time.perf_counter()
        with urlopen(Request(url, headers={"X-Auth-Token": cloud.identity.token})) as answer:
            size = len(answer.read())
        taken.append((time.perf_counter() - began) * 1000)
    cost = (cpu_seconds(*cloud.pids) - before) / LISTINGS * 1000
    answered = f"answered in {statistics.median(taken):.0f} ms"
    return tell(f"quotas in 50 projects, {size} bytes, {answered}", cost, LISTING_MS, "ms")


def verify(cloud: Cloud) -> bool:
    """Measure `quota-verify` of everything."""
    began = time.monotonic()
    done = cloud.web.manage("quota-verify")
    if "No inconsistencies" not in done.stderr:
        raise RuntimeError(done.stdout[:1000])
    return tell("quota-verify of everything", time.monotonic() - began, VERIFY_SECONDS, "s")


def tell(what: str, value: float, most: float, unit: str) -> bool:
    """Print a figure beside the most that it may be."""
    met = value <= most
    verdict = "met" if met else "MISSED"
    sys.stdout.write(f"  {what:60} {value:7.2f} {unit}   at most {most:g}   {verdict}\n")
    sys.stdout.flush()
    return met


if __name__ == "__main__":
    sys.exit(main())
