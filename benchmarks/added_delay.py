"""What we add to a cluster: from `POST /servers` to its RAPI, from a job's last word to ACTIVE.

usage: python -m benchmarks.added_delay [--servers 100] [--only sqlite|postgres]

Ten clients make one server each, wait until it is ACTIVE, and make the next: ten jobs are in
flight. The cluster's own times of its jobs are taken away.
"""

import argparse
import base64
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks import postgres
from benchmarks.servers import COMPUTE, Client, prepare
from benchmarks.small_cloud import SmallCloud, running

FLIGHT = 10
MEDIAN, P99 = 150.0, 500.0
FAKE = "SOLO_FAKE_DELAY = 0.5\n"


class Span:
    """One server's times, in seconds since 1970."""

    def __init__(self, server: str, asked: float, active: float) -> None:
        self.server, self.asked, self.active = server, asked, active


def make_some(cloud: SmallCloud, image: str, count: int) -> list[Span]:
    """Make servers, one after the other, and see each become active."""
    client, found = Client(cloud), []
    order = {"name": "bench", "imageRef": image, "flavorRef": "1", "networks": []}
    for _ in range(count):
        asked = time.time()
        status, body = client.call("POST", f"{COMPUTE}/servers", {"server": order})
        if status != 202:
            raise RuntimeError(f"{status}: {body[:200]!r}")
        server = json.loads(body)["server"]["id"]
        while True:
            shown = json.loads(client.call("GET", f"{COMPUTE}/servers/{server}")[1])["server"]
            if shown["status"] == "ACTIVE":
                break
            if shown["status"] == "ERROR":
                raise RuntimeError(f"The server {server} failed: {shown.get('fault')}")
            time.sleep(0.02)
        found.append(Span(server, asked, time.time()))
    return found


def jobs(cloud: SmallCloud) -> dict[str, Any]:
    """Ask the cluster for its jobs, by the instance that each made."""
    password = cloud.folder.rapi_password.read_text().strip()
    secret = base64.b64encode(f"synnefo:{password}".encode()).decode()
    rapi = http.client.HTTPConnection("127.0.0.1", cloud.place.rapi_port)
    rapi.request("GET", "/2/jobs?bulk=1", headers={"Authorization": f"Basic {secret}"})
    found = {}
    for job in json.loads(rapi.getresponse().read()):
        for op in job["ops"]:
            if op["OP_ID"] == "OP_INSTANCE_CREATE":
                found[str(op["instance_name"]).rpartition("-")[2]] = job
    return found


def seconds(stamp: list[int]) -> float:
    """Read Ganeti's seconds and microseconds."""
    return stamp[0] + stamp[1] / 1_000_000


def measure(cloud: SmallCloud, count: int, name: str) -> bool:
    """Make servers from ten clients and tell both delays."""
    image = prepare(cloud)
    make_some(cloud, image, 1)
    spans: list[Span] = []
    share = max(count // FLIGHT, 1)
    hands = [
        threading.Thread(target=lambda: spans.extend(make_some(cloud, image, share)))
        for _ in range(FLIGHT)
    ]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    if len(spans) != share * FLIGHT:
        raise RuntimeError("Some servers did not become active.")
    known = jobs(cloud)
    there = [seconds(known[one.server]["received_ts"]) - one.asked for one in spans]
    back = [one.active - seconds(known[one.server]["end_ts"]) for one in spans]
    met = [tell(f"POST to RAPI, {name}", there), tell(f"last event to ACTIVE, {name}", back)]
    return all(met)


def tell(what: str, found: list[float]) -> bool:
    """Print the median and the 99th percentile beside what they may be."""
    ordered = sorted(1000 * one for one in found)
    median, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
    met = median <= MEDIAN and p99 <= P99
    sys.stdout.write(
        f"  {what:36} median {median:6.0f} ms ({median / MEDIAN:.2f} of {MEDIAN:.0f}),"
        f" p99 {p99:6.0f} ms ({p99 / P99:.2f} of {P99:.0f})   {'met' if met else 'MISSED'}\n"
    )
    sys.stdout.flush()
    return met


def main() -> int:
    """Start clouds, measure, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=100)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    options = parser.parse_args()
    met = []
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        if options.only != "postgres":
            with running(Path(made) / "sqlite", extra=FAKE) as cloud:
                met.append(measure(cloud, options.servers, "SQLite"))
        if options.only != "sqlite" and postgres.is_installed():
            with postgres.running() as server:
                names = ("astakos", "pithos", "cyclades")
                for name in names:
                    server.create(name)
                databases = {name: server.entry(name) for name in names}
                extra = f"{FAKE}DATABASES = {databases!r}\n"
                with running(Path(made) / "postgres", extra=extra) as cloud:
                    met.append(measure(cloud, options.servers, "PostgreSQL"))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
