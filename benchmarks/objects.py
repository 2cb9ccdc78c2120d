"""Objects in and out: Pithos against Swift of Debian, 8 clients each, both with fsync.

`pithos, no MD5` is Pithos with PITHOS_UPDATE_MD5 off: it names content by its blocks alone, while
Swift makes an MD5 of every byte. The MD5 alone takes 1.2 of the processor seconds per GiB.

usage: python -m benchmarks.objects [--seconds N] [--rounds N] [--memory]
Needs curl and wrk; without Swift's packages or root the peer is left out. Swift runs with its
default chunk of 64 KiB; SWIFT_CHUNK=1048576 in the environment gives it a larger one.
"""

import argparse
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
from tests.support import pithos_server

CLIENTS = 8
LARGE = 100 * 2**20
GIB = 2**30
WANTED = {"PUT 100 MiB": 1.3, "GET 100 MiB": 5.0, "PUT 4 KiB": 3.0, "GET 4 KiB": 8.0}
NO_MD5 = "PITHOS_UPDATE_MD5 = False\n"
UNITS = {"PUT 100 MiB": "MB/s", "GET 100 MiB": "MB/s", "PUT 4 KiB": "/s", "GET 4 KiB": "/s"}
PUT_LUA = """
local number, tag = 0, tostring(os.time()) .. tostring({}):sub(8)
wrk.method = "PUT"
request = function()
  number = number + 1
  local head = tag .. number
  return wrk.format(nil, PATH .. "/" .. head, nil, head .. string.rep("x", 4096 - #head))
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

    def curls(self, *arguments: Callable[[int], list[str]]) -> float:
        """Run one curl for each client at once; answer the seconds they took together."""
        head = ["curl", "-sS", "-f", "-H", "Expect:", "-H", f"X-Auth-Token: {self.token}"]
        started = time.monotonic()
        children = [
            subprocess.Popen(
                [*head, *(word for one in arguments for word in one(number))],
                stdout=subprocess.DEVNULL,
            )
            for number in range(CLIENTS)
        ]
        if any(child.wait() for child in children):
            raise RuntimeError(f"{self.name} failed")
        return time.monotonic() - started

    def wrk(self, seconds: int, path: str, script: Path | None = None) -> float:
        """Ask for small things as fast as possible; answer requests in a second."""
        command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}", "-H"]
        command += [f"X-Auth-Token: {self.token}", *(["-s", str(script)] if script else [])]
        told = subprocess.run([*command, self.url + path], check=True, capture_output=True)
        text = told.stdout.decode()
        if "Non-2xx" in text:
            raise RuntimeError(f"{self.name}: {text}")
        found = re.search(r"Requests/sec:\s+([\d.]+)", text)
        return float(found[1]) if found else 0.0


def measure(peer: Peer, files: list[Path], seconds: int, number: int) -> dict[str, float]:
    """Measure one peer once."""

    def target(client: int) -> list[str]:
        return [f"{peer.url}/bench/large-{number}-{client}"]

    marks = [cpu_seconds(peer.pids)]
    put = peer.curls(lambda client: ["-T", str(files[client])], target)
    marks.append(cpu_seconds(peer.pids))
    get = peer.curls(lambda _: ["-o", "/dev/null"], target)
    marks.append(cpu_seconds(peer.pids))
    script = files[0].parent / "put.lua"
    path = "/" + peer.url.split("/", 3)[3] + "/bench"
    script.write_text(PUT_LUA.replace("PATH", f'"{path}"'))
    total = CLIENTS * LARGE / 1e6
    found = {"PUT 100 MiB": total / put, "GET 100 MiB": total / get}
    found["PUT 4 KiB"] = peer.wrk(seconds, "/bench", script)
    marks.append(cpu_seconds(peer.pids))
    found["GET 4 KiB"] = peer.wrk(seconds, "/bench/small")
    marks.append(cpu_seconds(peer.pids))
    gib = CLIENTS * LARGE / GIB
    units = [gib, gib, found["PUT 4 KiB"] * seconds / 1e6, found["GET 4 KiB"] * seconds / 1e6]
    costs = [(marks[at + 1] - marks[at]) / units[at] for at in range(4)]
    return {**found, **{f"{name} cpu": cost for name, cost in zip(WANTED, costs, strict=True)}}


def cpu_seconds(pids: list[int]) -> float:
    """Tell the processor time that processes and their children have used."""
    total = 0
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        place = Path(f"/proc/{pid}")
        if place.exists():
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
            waiting += [
                int(one) for one in (place / "task" / str(pid) / "children").read_text().split()
            ]
    return total / os.sysconf("SC_CLK_TCK")


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
            results: dict[str, list[dict[str, float]]] = {peer.name: [] for peer in found}
            for number in range(options.rounds):
                for file in files:
                    file.write_bytes(os.urandom(LARGE))
                for peer in found:
                    results[peer.name].append(measure(peer, files, options.seconds, number))
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
        told = ", ".join(f"{peer} {value:.0f} {UNITS[name]}" for peer, value in median.items())
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
