"""What a file costs to upload again: known content, and content of which 1 % changed.

Each is compared with the first upload by kamaki's own client: in bytes that travelled, which are
held to their bounds, and in seconds. Over the loopback what is left of the time is reading and
hashing the file, half a processor second per GiB, whatever the line.

usage: python -m benchmarks.resync [--size MiB]
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from kamaki.places import Place
from kamaki.transfers import Options, Upload
from synnefo.clients.pithos import PithosClient
from tests.support import pithos_server
from tests.support.pithos_server import Server

MIB = 2**20
MOST = {"known content": 0.02, "1 % changed": 0.05}
ROUNDS = 3


class Counting(PithosClient):
    """Counts the bytes of blocks that are sent."""

    sent = 0

    def put_block(self, container: str, block: bytes) -> str:
        """Send one block."""
        self.sent += len(block)
        return super().put_block(container, block)


def main() -> int:
    """Measure, print, and tell by the exit code whether both stay below their bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=800, metavar="MiB")
    size = parser.parse_args().size * MIB
    with (
        tempfile.TemporaryDirectory() as folder,
        pithos_server.running(Path(folder) / "server") as server,
    ):
        return _measure(server, Path(folder) / "file", size)


def _measure(server: Server, file: Path, size: int) -> int:
    with file.open("wb") as out:
        for _ in range(0, size, 4 * MIB):
            out.write(os.urandom(4 * MIB))
    client = Counting(f"{server.url}/pithos/v1", server.token, server.account)
    client.put_container("b")
    first, sent = _upload(client, file, "first")
    print(f"{'first time':15} {first:7.2f} s  {sent / MIB:7.0f} MiB sent")
    is_good = True
    for name, change in (("known content", 0.0), ("1 % changed", 0.01)):
        times, parts = [], []
        for number in range(ROUNDS):
            _change(file, int(size * change))
            took, sent = _upload(client, file, f"{name} {number}" if not change else "first")
            times.append(took)
            parts.append(sent)
        share = statistics.median(parts) / size
        ratio = statistics.median(times) / first
        is_good &= share <= MOST[name]
        told = f"{statistics.median(times):7.2f} s  {statistics.median(parts) / MIB:7.0f} MiB sent"
        print(f"{name:15} {told}: {share:.1%} of the bytes, {ratio:.1%} of the time")
    return 0 if is_good else 1


def _upload(client: Counting, file: Path, name: str) -> tuple[float, int]:
    client.sent = 0
    begun = time.monotonic()
    place = Place(client.account, "b", name)
    Upload(file, place, client, client, options=Options(bar=False, force=True)).run()
    return time.monotonic() - begun, client.sent


def _change(file: Path, amount: int) -> None:
    """Overwrite one stretch of a file."""
    with file.open("r+b") as out:
        out.seek(file.stat().st_size // 3)
        out.write(os.urandom(amount))


if __name__ == "__main__":
    sys.exit(main())
