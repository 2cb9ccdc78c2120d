"""How fast servers are accepted, listed and built, on a whole cloud with a pretended hypervisor.

usage: python -m benchmarks.servers [--servers 500] [--folder DIR] [--only sqlite|postgres]

Eight clients ask at once. What is asked for is built meanwhile, on the same processors.
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
LISTED = 1000
RATES = {"SQLite": 50.0, "PostgreSQL": 100.0}


class Client:
    """One keep-alive connection."""

    def __init__(self, cloud: SmallCloud) -> None:
        self.token = cloud.users["user"]["token"]
        self.headers: dict[str, str] = {}
        self.connection = http.client.HTTPConnection(cloud.place.host, cloud.place.port)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Send a request and read the answer whole."""
        headers = {"X-Auth-Token": self.token, "Content-Type": "application/json"}
        headers.update(self.headers)
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


def tell(what: str, value: float, wanted: float, *, is_least: bool) -> bool:
    """Print a figure beside the wanted one, and as a ratio to it; tell whether it is reached."""
    met = value >= wanted if is_least else value <= wanted
    word, verdict = "at least" if is_least else "at most", "met" if met else "MISSED"
    sys.stdout.write(
        f"  {what:44} {value:8.1f}   {word} {wanted:g}   {value / wanted:.2f} of it   {verdict}\n"
    )
    sys.stdout.flush()
    return met


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


def run(cloud: SmallCloud, count: int, name: str) -> bool:
    """Measure on one cloud and print; tell whether every figure is reached."""
    image_id = prepare(cloud)
    accept(cloud, image_id, 16)
    began = time.monotonic()
    rate = accept(cloud, image_id, count)
    met = [tell(f"servers accepted a second, {name}", rate, RATES[name], is_least=True)]
    seconds = wait_active(cloud, count + 16, began)
    met.append(tell(f"{count} servers to ACTIVE, seconds", seconds, 120.0, is_least=False))
    if count + 16 < LISTED:
        accept(cloud, image_id, LISTED - count - 16)
        wait_active(cloud, LISTED, time.monotonic())
    listed = f"detailed list of {LISTED}, ms, {name}"
    return all([*met, tell(listed, list_all(cloud), 60.0, is_least=False)])


def run_on_postgres(root: Path, count: int) -> bool:
    """Measure the same when every component has PostgreSQL."""
    with postgres.running() as server:
        names = ("astakos", "pithos", "cyclades")
        for name in names:
            server.create(name)
        databases = {name: server.entry(name) for name in names}
        with running(root, extra=f"DATABASES = {databases!r}\n") as cloud:
            return run(cloud, count, "PostgreSQL")


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
    met = []
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        root = options.folder or Path(made)
        if options.only != "postgres":
            with running(root / "sqlite") as cloud:
                met.append(run(cloud, options.servers, "SQLite"))
        if options.only != "sqlite" and postgres.is_installed():
            met.append(run_on_postgres(root / "postgres", options.servers))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
