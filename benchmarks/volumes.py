"""Clone and snapshot: their time must not grow with the data.

python -m benchmarks.volumes [--rounds 7] [--directory DIR]
"""

import argparse
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from synnefo.archipelago import operations
from synnefo.archipelago.settings import under
from synnefo.archipelago.shelf import Shelf, open_shelf
from synnefo.archipelago.volume import open_volume

GIB = 1024**3
BLOCK = 4 * 1024 * 1024
LIMIT_MS = 50.0


def publish_image(shelf: Shelf, name: str, size: int) -> None:
    """Publish a map of distinct small blocks, as an image of that size has."""
    hashes = []
    for number in range(size // BLOCK):
        content = b"%d of %s" % (number, name.encode())
        digest = hashlib.sha256(content).hexdigest()
        path = shelf.blocks.path(digest)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        hashes.append(digest)
    shelf.block_maps.put(name, hashes, size, store=shelf.blocks)


def median_ms(action: Callable[[int], None], rounds: int) -> float:
    """Time an action that is given the number of its round."""
    times = []
    for number in range(rounds):
        start = time.perf_counter()
        action(number)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def measure(shelf: Shelf, gibibytes: int, rounds: int) -> tuple[float, float]:
    """Time clones of an image, and snapshots of a volume written to all over."""
    image, name = f"image-{gibibytes}", f"volume-{gibibytes}"
    publish_image(shelf, image, gibibytes * GIB)
    clone = median_ms(lambda n: operations.clone(shelf, f"{name}-{n}", image), rounds)
    volume = open_volume(shelf, f"{name}-0")

    def write_and_snapshot(number: int) -> None:
        with operations.snapshot_place(shelf, f"{name}-snap-{number}"):
            volume.snapshot(f"{name}-snap-{number}")

    for index in range(0, volume.header.blocks, 4):
        volume.write(index * BLOCK, memoryview(os.urandom(4096)))
    volume.flush()
    snapshot = median_ms(write_and_snapshot, rounds)
    volume.close()
    return clone, snapshot


def main() -> None:
    """Measure both sizes and print the ratio between them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--directory", type=Path, default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="volumes-", dir=arguments.directory) as directory:
        shelf = open_shelf(under(Path(directory)))
        small = measure(shelf, 1, arguments.rounds)
        large = measure(shelf, 10, arguments.rounds)
    met = True
    for what, of_one, of_ten in zip(("clone", "snapshot"), small, large, strict=True):
        good = of_ten <= LIMIT_MS
        met = met and good
        print(
            f"{what:10} 1 GiB {of_one:6.1f} ms   10 GiB {of_ten:6.1f} ms   "
            f"ratio {of_ten / of_one:4.2f}   {'met' if good else 'MISSED'}"
        )
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
