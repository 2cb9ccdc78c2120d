"""Objects in and out: Pithos against Swift of Debian, both with fsync and two workers.

`pithos, no MD5` is Pithos with PITHOS_UPDATE_MD5 off: it names content by its blocks alone, while
Swift makes an MD5 of every byte. The MD5 alone takes 1.2 of the processor seconds per GiB.

usage: python -m benchmarks.objects [--seconds N] [--rounds N] [--memory]
Needs curl and wrk; without Swift's packages or root the peer is left out. Swift runs with its
default chunk of 64 KiB; SWIFT_CHUNK=1048576 in the environment gives it a larger one.

On a virtual machine memory that was never used costs its host a fault a page: writing into a page
cache that grows took 2.4 processor seconds per GiB here, into one that does not 0.27. So what
memory a run needs is touched before it begins, for both sides.
"""

import argparse
import mmap
import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from benchmarks import swift_peer
from benchmarks.processes import cpu_seconds
from tests.support import pithos_server

CLIENTS = 8
LARGE = 100 * 2**20
GIB = 2**30
WANTED = {
    "PUT 100 MiB, 1 client": 1.5,
    "PUT 100 MiB": 1.3,
    "GET 100 MiB": 8.0,
    "PUT 4 KiB": 5.0,
    "GET 4 KiB": 20.0,
    "HEAD": 5.0,
    "DELETE": 5.0,
}
NO_MD5 = "PITHOS_UPDATE_MD5 = False\n"
SCRIPT = """
local number, tag = 0, "TAG"
request = function()
  number = number + 1
  local name = tag .. number
  local body = METHOD == "PUT" and name .. string.rep("x", 4096 - #name) or nil
  return wrk.format(METHOD, PATH .. "/" .. name, nil, body)
end
"""


class Peer:
    """One storage under test."""

    def __init__(self, name: str, url: str, token: str, pids: list[int]) -> None:
        self.name = name
        self.pids = pids
        self.url = url
        self.token = token
        self.call("PUT", "/bench")
        self.call("PUT", "/bench/small", b"s" * 4096)
        self.call("PUT", "/bench/empty", b"")  # wrk would wait for what a HEAD announces

    def call(self, method: str, path: str, body: bytes | None = None) -> None:
        """Send one request, again where a storage that has just started is not ready."""
        headers = {"X-Auth-Token": self.token}
        for _ in range(50):
            try:
                with urlopen(Request(self.url + path, body, headers, method=method)) as answer:
                    answer.read()
                return
            except HTTPError as error:
                if error.code not in {404, 503}:
                    raise
                time.sleep(0.2)
        raise TimeoutError(f"{self.name} does not take {method} {path}")

    def curls(self, clients: int, *arguments: Callable[[int], list[str]]) -> float:
        """Run one curl for each client at once; answer the seconds they took together."""
        head = ["curl", "-sS", "-f", "-H", "Expect:", "-H", f"X-Auth-Token: {self.token}"]
        started = time.monotonic()
        children = [
            subprocess.Popen(
                [*head, *(word for one in arguments for word in one(number))],
                stdout=subprocess.DEVNULL,
            )
            for number in range(clients)
        ]
        if any(child.wait() for child in children):
            raise RuntimeError(f"{self.name} failed")
        return time.monotonic() - started

    def wrk(self, seconds: float, path: str, *options: str) -> float:
        """Ask for small things as fast as possible; answer requests in a second."""
        command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{max(1, round(seconds))}", "-H"]
        command += [f"X-Auth-Token: {self.token}", *options]
        told = subprocess.run([*command, self.url + path], check=True, capture_output=True)
        text = told.stdout.decode()
        if "Non-2xx" in text:
            raise RuntimeError(f"{self.name}: {text}")
        found = re.search(r"Requests/sec:\s+([\d.]+)", text)
        return float(found[1]) if found else 0.0


class Bench:
    """Measures one peer once: rates, and the processor time that each thing cost."""

    def __init__(self, peer: Peer, files: list[Path], number: int) -> None:
        self.peer = peer
        self.files = files
        self.number = number
        self.found: dict[str, float] = {}

    def run(self, seconds: int) -> dict[str, float]:
        """Measure everything."""
        peer, files = self.peer, self.files
        gib = LARGE / GIB
        upload = [lambda client: ["-T", str(files[client])], self._target]
        self._rate("PUT 100 MiB, 1 client", gib, lambda: 1 / peer.curls(1, *upload))
        self._rate("PUT 100 MiB", CLIENTS * gib, lambda: CLIENTS / peer.curls(CLIENTS, *upload))
        sink = [lambda _: ["-o", "/dev/null"], self._target]
        self._rate("GET 100 MiB", CLIENTS * gib, lambda: CLIENTS / peer.curls(CLIENTS, *sink))
        for name in list(self.found):
            if not name.endswith("cpu"):
                self.found[name] *= LARGE / 1e6
        self._small("PUT 4 KiB", seconds, "/bench", *self._script("PUT"))
        self._small("GET 4 KiB", seconds, "/bench/small")
        self._small("HEAD", seconds, "/bench/empty", *self._script("HEAD", "/bench/empty?"))
        self._small("DELETE", seconds / 3, "/bench", *self._script("DELETE"))
        return self.found

    def _target(self, client: int) -> list[str]:
        return [f"{self.peer.url}/bench/large-{self.number}-{client}"]

    def _small(self, name: str, seconds: float, path: str, *options: str) -> None:
        asked = max(1, round(seconds)) / 1e6
        self._rate(name, 0.0, lambda: self.peer.wrk(seconds, path, *options))
        self.found[f"{name} cpu"] /= self.found[name] * asked

    def _rate(self, name: str, units: float, measure: Callable[[], float]) -> None:
        before = cpu_seconds(*self.peer.pids)
        self.found[name] = measure()
        self.found[f"{name} cpu"] = (cpu_seconds(*self.peer.pids) - before) / (units or 1)

    def _script(self, method: str, path: str = "/bench") -> list[str]:
        file = self.files[0].parent / f"{method}.lua"
        whole = "/" + self.peer.url.split("/", 3)[3] + path
        text = SCRIPT.replace("METHOD", f'"{method}"').replace("PATH", f'"{whole}"')
        file.write_text(text.replace("TAG", f"small-{self.number}-"))
        return ["-s", str(file)]


def touch(size: int) -> None:
    """Use so much memory once, so that a virtual machine has it from its host."""
    with mmap.mmap(-1, size) as room:
        for at in range(0, size, mmap.PAGESIZE):
            room[at] = 1


def rss(pid: int) -> list[int]:
    """Tell the resident KiB of a process' children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = []
    for child in children:
        status = Path(f"/proc/{child}/status").read_text()
        line = re.search(r"VmRSS:\s+(\d+)", status)
        found.append(int(line[1]) if line else 0)
    return found


def memory(peer: Peer, pid: int, file: Path) -> None:
    """Show a worker's memory while every client uploads one GiB."""
    with file.open("wb") as out:
        for _ in range(GIB // 2**24):
            out.write(os.urandom(2**24))
    before, most = max(rss(pid)), 0
    head = ["curl", "-sS", "-f", "-H", "Expect:", "-H", f"X-Auth-Token: {peer.token}", "-T"]
    children = [
        subprocess.Popen([*head, str(file), f"{peer.url}/bench/gib-{number}"])
        for number in range(CLIENTS)
    ]
    samples = []
    while any(child.poll() is None for child in children):
        samples.append(max(rss(pid)))
        time.sleep(0.2)
    most = max(samples, default=0)
    half = max(samples[len(samples) // 2 :], default=0)
    print(
        f"  worker's memory with 8 x 1 GiB: {before // 1024} MiB before, "
        f"{most // 1024} MiB at most, {half // 1024} MiB at most in the second half"
    )


@contextmanager
def peers() -> Iterator[tuple[list[Peer], int, Path]]:
    """Start every storage that can be started here."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        folder.chmod(0o755)
        ours = stack.enter_context(pithos_server.running(folder / "ours"))
        found = [Peer("pithos", ours.storage, ours.token, [ours.pid])]
        bare = stack.enter_context(pithos_server.running(folder / "bare", settings=NO_MD5))
        found.append(Peer("pithos, no MD5", bare.storage, bare.token, [bare.pid]))
        if swift_peer.is_installed():
            peer = stack.enter_context(swift_peer.running(folder / "swift"))
            found.append(Peer("swift", peer.url, peer.token, peer.pids))
        else:
            print("  Swift is not installed (or not root): no ratios in this run")
        yield found, ours.pid, folder


def main() -> None:
    """Measure in interleaved rounds and print medians and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    ram = Path(tempfile.mkdtemp(prefix="bench-", dir="/dev/shm"))
    files = [ram / f"large-{number}" for number in range(CLIENTS)]
    try:
        with peers() as (found, pid, _):
            touch(options.rounds * len(found) * (CLIENTS + 2) * LARGE)
            results: dict[str, list[dict[str, float]]] = {peer.name: [] for peer in found}
            for number in range(options.rounds):
                for file in files:
                    file.write_bytes(os.urandom(LARGE))
                for peer in found:
                    row = Bench(peer, files, number).run(options.seconds)
                    results[peer.name].append(row)
            show(results)
            if options.memory:
                memory(found[0], pid, ram / "gib")
    finally:
        for file in ram.iterdir():
            file.unlink()
        ram.rmdir()


def show(results: dict[str, list[dict[str, float]]]) -> None:
    """Print what came out."""
    print("Objects, 8 clients, medians:")
    for name, wanted in WANTED.items():
        median = {
            peer: statistics.median(one[name] for one in rows) for peer, rows in results.items()
        }
        rate = "MB/s" if "MiB" in name else "/s"
        told = ", ".join(f"{peer} {value:.0f} {rate}" for peer, value in median.items())
        for peer in [one for one in median if one != "swift" and "swift" in median]:
            ratio = median[peer] / median["swift"]
            verdict = "met" if ratio >= wanted else "MISSED"
            told += f"; {peer}: ratio {ratio:.2f} (wanted {wanted}: {verdict})"
        costs = {
            peer: statistics.median(one[f"{name} cpu"] for one in rows)
            for peer, rows in results.items()
        }
        unit = "s/GiB" if "MiB" in name else "us"
        cpu = ", ".join(f"{peer} {cost:.3g}" for peer, cost in costs.items())
        print(f"  {name}: {told}; processor: {cpu} {unit}")


if __name__ == "__main__":
    main()
