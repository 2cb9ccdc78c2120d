"""NBD: our server against `qemu-nbd` on a raw file, in the same run, by fio.

    python -m benchmarks.nbd [--seconds 1] [--rounds 6] [--directory DIR]

Prints for each load both IOPS, both CPU costs per request (medians), and the ratios: of each
round, in which the two run one after the other, and then the median. The page cache is warm.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from synnefo.archipelago import operations
from synnefo.archipelago.serving import nbd_uri
from synnefo.archipelago.settings import under
from synnefo.archipelago.shelf import open_shelf
from synnefo.archipelago.volume import open_volume

MIB = 1024 * 1024
VOLUME = "bench-volume"


@dataclass(frozen=True)
class Load:
    """One fio job, and what is asked of our server in ratios to the peer."""

    name: str
    options: tuple[str, ...]
    iops_wanted: float = 1.5
    cpu_allowed: float | None = 0.5


LOADS = (
    Load("randread 4k qd1", ("--rw=randread", "--bs=4k", "--iodepth=1")),
    Load("randread 4k qd32", ("--rw=randread", "--bs=4k", "--iodepth=32")),
    Load("randwrite 4k qd1", ("--rw=randwrite", "--bs=4k", "--iodepth=1")),
    Load("randwrite 4k qd32", ("--rw=randwrite", "--bs=4k", "--iodepth=32")),
    Load("read 1M qd8", ("--rw=read", "--bs=1M", "--iodepth=8")),
    Load("write 1M qd8", ("--rw=write", "--bs=1M", "--iodepth=8")),
    Load(
        "randwrite 4k, flush each 32",
        ("--rw=randwrite", "--bs=4k", "--iodepth=32", "--fsync=32"),
        iops_wanted=1.0,
        cpu_allowed=None,
    ),
)


@dataclass(frozen=True)
class Result:
    """What one run gave: requests a second, and the server's CPU microseconds for each."""

    iops: float
    cpu: float


def cpu_seconds(pid: int) -> float:
    """Read the CPU time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_fio(uri: str, pid: int, load: Load, arguments: argparse.Namespace) -> Result:
    """Run one job against one server."""
    command = [
        "fio",
        "--name=j",
        "--ioengine=nbd",
        f"--uri={uri}",
        f"--size={arguments.mebibytes}m",
        "--time_based",
        f"--runtime={arguments.seconds}",
        "--norandommap",
        "--random_generator=tausworthe64",
        "--output-format=json",
        *load.options,
    ]
    before = cpu_seconds(pid)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    used = cpu_seconds(pid) - before
    text = done.stdout[done.stdout.index("{") :]
    job = json.loads(text)["jobs"][0]
    requests = job["read"]["total_ios"] + job["write"]["total_ios"]
    return Result(job["read"]["iops"] + job["write"]["iops"], used / max(1, requests) * 1e6)


@contextmanager
def process(command: list[str], socket: Path) -> Iterator[int]:
    """Run a server until its socket is there; end it afterwards."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 20
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield server.pid
        finally:
            server.terminate()


def fill(directory: Path, size: int) -> Path:
    """Make the same written-through content for both: a raw file and a volume."""
    raw = directory / "peer.raw"
    shelf = open_shelf(under(directory))
    operations.create(shelf, VOLUME, size)
    volume = open_volume(shelf, VOLUME)
    with raw.open("wb") as file:
        for at in range(0, size, 4 * MIB):
            data = os.urandom(4 * MIB)
            file.write(data)
            volume.write(at, memoryview(data))
        file.flush()
        os.fsync(file.fileno())
    volume.close()
    return raw


def our_command(directory: Path, socket: Path) -> list[str]:
    """Write a configuration and name the program that serves by it."""
    conf = directory / "archipelago.conf"
    conf.write_text(
        "[ARCHIPELAGO]\n"
        + "".join(
            f"{key}_DIR = {directory / key.lower()}\n"
            for key in ("BLOCKS", "VOLUMES", "RUN", "LOG")
        )
    )
    module = "synnefo.archipelago.cli.archipelago"
    return [
        sys.executable,
        "-m",
        module,
        "-c",
        str(conf),
        "serve",
        VOLUME,
        "--socket",
        str(socket),
    ]


def compare(arguments: argparse.Namespace, directory: Path) -> bool:
    """Run all loads on both servers and print the table; True when every figure is met."""
    size = arguments.mebibytes * MIB
    raw = fill(directory, size)
    ours, peers = directory / "ours.sock", directory / "peer.sock"
    peer_command = [
        "qemu-nbd",
        "-f",
        "raw",
        "-x",
        "vol",
        "-e",
        "8",
        "-t",
        "-k",
        str(peers),
        str(raw),
    ]
    print(f"{'load':30}{'ours IOPS (us)':>20}{'qemu-nbd IOPS (us)':>22}{'IOPS':>8}{'CPU':>7}")
    met = True
    with (
        process(our_command(directory, ours), ours) as our_pid,
        process(peer_command, peers) as pid,
    ):
        for load in LOADS:
            if arguments.only not in load.name:
                continue
            rounds = [
                (
                    run_fio(nbd_uri(ours), our_pid, load, arguments),
                    run_fio(nbd_uri(peers), pid, load, arguments),
                )
                for _ in range(arguments.rounds)
            ]
            met = tell(load, rounds) and met
    return met


def tell(load: Load, rounds: list[tuple[Result, Result]]) -> bool:
    """Print one line; True when its figures are met."""
    iops = statistics.median(ours.iops / peer.iops for ours, peer in rounds)
    cpu = statistics.median(ours.cpu / max(0.1, peer.cpu) for ours, peer in rounds)
    ours, peer = (
        Result(
            statistics.median(r[side].iops for r in rounds),
            statistics.median(r[side].cpu for r in rounds),
        )
        for side in (0, 1)
    )
    good = iops >= load.iops_wanted and (load.cpu_allowed is None or cpu <= load.cpu_allowed)
    print(
        f"{load.name:30}{ours.iops:>12.0f} ({ours.cpu:>5.1f}){peer.iops:>14.0f} ({peer.cpu:>5.1f})"
        f"{iops:>7.2f}x{cpu:>6.2f}x  {'met' if good else 'MISSED'}",
        flush=True,
    )
    return good


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--only", default="")
    parser.add_argument("--directory", type=Path, default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nbd-", dir=arguments.directory) as directory:
        met = compare(arguments, Path(directory))
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
