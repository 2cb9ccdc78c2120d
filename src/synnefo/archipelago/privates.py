"""The private blocks of volumes: files of their own, by generation and index.

A generation is what one volume wrote between two snapshots; its name is never used again, so a
file never changes its meaning. `data/GG/GENERATION/INDEX`, all in hex.
"""

import contextlib
import ctypes
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from synnefo.archipelago.entries import BLOCK
from synnefo.blocks.durable import Medium, make_directory, write_all

_KEEP_SIZE_AND_PUNCH = 0x01 | 0x02
_UNSUPPORTED = frozenset({errno.EOPNOTSUPP, errno.ENOSYS})
_ZEROS = bytes(64 * 1024)

_libc = ctypes.CDLL(None, use_errno=True)
_fallocate = _libc.fallocate
_fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


class Privates:
    """All private blocks under one directory."""

    def __init__(self, root: Path, medium: Medium) -> None:
        """Use a directory; it is made when missing."""
        self.root = root
        self._medium = medium
        make_directory(root, medium)

    def directory(self, generation: bytes) -> Path:
        """Tell where a generation lies."""
        text = generation.hex()
        return self.root / text[:2] / text

    def path(self, generation: bytes, index: int) -> Path:
        """Tell where a block lies."""
        return self.directory(generation) / f"{index:08x}"

    def prepare(self, generation: bytes) -> None:
        """Make a place for a generation's blocks."""
        make_directory(self.directory(generation), self._medium)

    def create(self, generation: bytes, index: int) -> int:
        """Make an empty block and open it; what a lost write left there is gone."""
        fd = os.open(
            self.path(generation, index), os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666
        )
        os.ftruncate(fd, BLOCK)
        return fd

    def open(self, generation: bytes, index: int, *, writing: bool) -> int:
        """Open a block that is there."""
        mode = os.O_RDWR if writing else os.O_RDONLY
        return os.open(self.path(generation, index), mode | os.O_CLOEXEC)

    def sync_names(self, generation: bytes) -> None:
        """Make the names of new blocks durable."""
        self._medium.sync_directory(self.directory(generation))

    def generations(self) -> Iterator[bytes]:
        """Walk the generations that have a place."""
        for fan in os.scandir(self.root):
            if fan.is_dir():
                yield from (bytes.fromhex(entry.name) for entry in os.scandir(fan))

    def indexes(self, generation: bytes) -> list[int]:
        """List the blocks of a generation."""
        with contextlib.suppress(FileNotFoundError):
            return [int(entry.name, 16) for entry in os.scandir(self.directory(generation))]
        return []

    def stored_bytes(self, generation: bytes, index: int) -> int:
        """Count the bytes that a block takes on the disk."""
        with contextlib.suppress(FileNotFoundError):
            return self.path(generation, index).stat().st_blocks * 512
        return 0

    def remove(self, generation: bytes, index: int) -> None:
        """Remove a block; one that is gone already is no fault."""
        self.path(generation, index).unlink(missing_ok=True)

    def remove_empty(self, generation: bytes) -> None:
        """Remove the place of a generation that has no blocks left."""
        with contextlib.suppress(OSError):
            self.directory(generation).rmdir()

    def remove_generation(self, generation: bytes) -> None:
        """Remove all blocks of a generation."""
        for index in self.indexes(generation):
            self.remove(generation, index)
        self.remove_empty(generation)


def punch(fd: int, offset: int, length: int) -> None:
    """Make a range read as zeros and give its space back where the filesystem can."""
    if _fallocate(fd, _KEEP_SIZE_AND_PUNCH, offset, length) == 0:
        return
    code = ctypes.get_errno()
    if code not in _UNSUPPORTED:
        raise OSError(code, os.strerror(code))
    for at in range(offset, offset + length, len(_ZEROS)):
        write_all(fd, memoryview(_ZEROS)[: min(len(_ZEROS), offset + length - at)], at)
