"""A large file as blocks, its holes skipped instead of read."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from synnefo.blocks.hashing import BLOCK_SIZE, ZERO_NAME, hash_block
from synnefo.clients.pithos import HashMap

_ZEROS = bytes(BLOCK_SIZE)


class Scanned:
    """A file that was read once: its blocks' names and the hashes of the whole."""

    def __init__(self, file: Path, hashes: list[str], size: int, sums: tuple[str, str]) -> None:
        self._file = file
        self.hashmap = HashMap(size=size, hashes=hashes)
        self.md5, self.sha512 = sums

    def blocks(self, wanted: set[str]) -> Iterator[bytes]:
        """Give each of the wanted blocks once."""
        left = set(wanted)
        with self._file.open("rb") as source:
            for index, name in enumerate(self.hashmap.hashes):
                if name in left:
                    left.discard(name)
                    source.seek(index * BLOCK_SIZE)
                    yield source.read(BLOCK_SIZE)


def scan(file: Path) -> Scanned:
    """Read a file once, naming its blocks."""
    size = file.stat().st_size
    md5, sha512 = hashlib.md5(usedforsecurity=False), hashlib.sha512()
    hashes = []
    with file.open("rb", buffering=0) as source:
        for start in range(0, size, BLOCK_SIZE):
            length = min(BLOCK_SIZE, size - start)
            if _is_hole(source.fileno(), start, length):
                block, name = _ZEROS[:length], ZERO_NAME
            else:
                block = os.pread(source.fileno(), length, start)
                name = hash_block(block)
            md5.update(block)
            sha512.update(block)
            hashes.append(name)
    return Scanned(file, hashes, size, (md5.hexdigest(), sha512.hexdigest()))


def _is_hole(descriptor: int, start: int, length: int) -> bool:
    try:
        return os.lseek(descriptor, start, os.SEEK_DATA) >= start + length
    except OSError:
        return True
