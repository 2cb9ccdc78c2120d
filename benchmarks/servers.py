"""How fast servers are accepted, listed and built, on a whole cloud with a pretended hypervisor.

usage: python -m benchmarks.servers [--servers 500] [--folder DIR] [--only sqlite|postgres]

On PostgreSQL only the accepting is measured: the rest is the hypervisor's and the bus's.
"""

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import postgres
from benchmarks.small_cloud import SmallCloud, image, running

RESOURCES = ("vm", "cpu", "total_cpu", "ram", "total_ram", "disk")
PLENTY = "100000000000000"
COMPUTE = "/cyclades/compute/v2.1"


class Client:
    """One keep-alive connection."""

    def __init__(self, cloud: SmallCloud) -> None:
        self.token = cloud.users["user"]["token"]
        self.connection = http.client.HTTPConnection(cloud.place.host, cloud.place.port)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Send a request and read the answer whole."""
        headers = {"X-Auth-Token": self.token, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        self.connection.request(method, path, data, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def together(threads: int, work: Callable[[int], None]) -> float:
    """Run work in threads and answer the seconds it took."""
    running_ones = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    began = time.monotonic()
    for one in running_ones:
        one.start()
    for one in running_ones:
        one.join()
    return time.monotonic() - began


def accept(cloud: SmallCloud, image_id: str, count: int, threads: int = 8) -> float:
    """Ask for servers from several clients at once; answer how many were accepted a second."""
    order = {"name": "bench", "imageRef": image_id, "flavorRef": "1", "networks": []}
    failures: list[Any] = []

    def work(number: int) -> None:
        client = Client(cloud)
        for _ in range(number, count, threads):
            status, body = client.call("POST", f"{COMPUTE}/servers", {"server": order})
            if status != 202:
                failures.append((status, body[:300]))

    seconds = together(threads, work)
    if failures:
        raise RuntimeError(f"{len(failures)} were refused, the first: {failures[0]}")
    return count / seconds


def wait_active(cloud: SmallCloud, count: int, began: float) -> float:
    """Wait until every server is active; answer the seconds since they were asked for."""
    client = Client(cloud)
    while time.monotonic() - began < 600:
        status, body = client.call("GET", f"{COMPUTE}/servers/detail")
        if status == 200:
            states = [one["status"] for one in json.loads(body)["servers"]]
            if "ERROR" in states:
                raise RuntimeError(f"{states.count('ERROR')} servers failed.")
            if states.count("ACTIVE") >= count:
                return time.monotonic() - began
        time.sleep(1)
    raise TimeoutError(f"After ten minutes {states.count('ACTIVE')} of {count} are active.")


def list_all(cloud: SmallCloud, times: int = 20) -> float:
    """Answer the median milliseconds of a detailed list."""
    client = Client(cloud)
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        client.call("GET", f"{COMPUTE}/servers/detail")
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def tell(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def prepare(cloud: SmallCloud) -> str:
    """Lift the quota and upload an image; answer its id."""
    uuid = cloud.users["user"]["uuid"]
    for name in RESOURCES:
        cloud.manage("project-modify", uuid, "--limit", f"cyclades.{name}", PLENTY, PLENTY)
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"a disk that boots nothing" * 4096)
        file.flush()
        image_id = image(cloud, Path(file.name))
    _wait_image(cloud, image_id)
    return image_id


def run(cloud: SmallCloud, count: int) -> None:
    """Measure and print."""
    image_id = prepare(cloud)
    began = time.monotonic()
    rate = accept(cloud, image_id, count)
    tell(f"servers accepted a second     {rate:8.1f}   wanted: at least 50 (SQLite)")
    seconds = wait_active(cloud, count, began)
    tell(f"{count} servers to ACTIVE, seconds {seconds:8.1f}   wanted: at most 120 for 500")
    tell(f"detailed list of {count}, ms     {list_all(cloud):8.1f}   wanted: at most 60 for 1000")


def run_on_postgres(root: Path, count: int) -> None:
    """Measure how fast servers are accepted when every component has PostgreSQL."""
    with postgres.running() as server:
        names = ("astakos", "pithos", "cyclades")
        for name in names:
            server.create(name)
        databases = {name: server.entry(name) for name in names}
        with running(root, extra=f"DATABASES = {databases!r}\n") as cloud:
            image_id = prepare(cloud)
            accept(cloud, image_id, 16)
            rate = accept(cloud, image_id, count)
    tell(f"servers accepted a second     {rate:8.1f}   wanted: at least 100 (PostgreSQL)")


def _wait_image(cloud: SmallCloud, image_id: str) -> None:
    for _ in range(120):
        found = cloud.call("GET", f"/cyclades/image/v2/images/{image_id}")
        if found["status"] == "active":
            return
        time.sleep(0.5)
    raise TimeoutError("The image did not become active in a minute.")


def main() -> int:
    """Start a cloud, measure it, stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=500)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        root = options.folder or Path(made)
        if options.only != "postgres":
            with running(root / "sqlite") as cloud:
                run(cloud, options.servers)
        if options.only != "sqlite" and postgres.is_installed():
            run_on_postgres(root / "postgres", options.servers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
