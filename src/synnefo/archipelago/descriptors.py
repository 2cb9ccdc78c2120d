"""Open files of a volume's blocks, as flat tables for the inner loop.

`reading[i]` is a descriptor from which any byte of block i may be read as it is, `writing[i]` one
to which any byte may be written as it is; -1 sends the caller to the slower, general way.
"""

import os
import resource

from synnefo.archipelago import entries
from synnefo.archipelago.entries import Base, Entry
from synnefo.archipelago.privates import Privates
from synnefo.blocks.port import BlockStore

_SPARE = 128
_NONE = -1


def raise_limit() -> int:
    """Ask for as many open files as the system allows; return how many blocks may use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return max(64, soft - _SPARE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(64, hard - _SPARE)


class Descriptors:
    """The tables, and the files behind them; never more files than the limit."""

    def __init__(self, blocks: BlockStore, privates: Privates, count: int, limit: int) -> None:
        self._blocks = blocks
        self._privates = privates
        self._limit = limit
        self._private: dict[int, int] = {}
        self._base: dict[int, int] = {}
        self._null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self.reading = [_NONE] * count
        self.writing = [_NONE] * count

    def private(self, index: int, entry: Entry, *, writing: bool) -> int:
        """Give the descriptor of the private block, opened when it is not yet."""
        fd = self._private.get(index, _NONE)
        if fd == _NONE:
            self._make_room()
            fd = self._privates.open(entry.generation, index, writing=writing)
            self._private[index] = fd
        return fd

    def opened(self, index: int) -> int:
        """Give the descriptor of a private block if it is open, else -1."""
        return self._private.get(index, _NONE)

    def adopt(self, index: int, fd: int) -> None:
        """Take over a new private block's descriptor; the old block of that place is closed."""
        self.forget(index)
        self._private[index] = fd

    def base(self, index: int, entry: Entry) -> int:
        """Give the descriptor of what lies under the private block; zeros are an empty file."""
        if entry.base == Base.ZERO:
            return self._null
        fd = self._base.get(index, _NONE)
        if fd == _NONE:
            self._make_room()
            if entry.base == Base.HASH:
                fd = self._blocks.open(entry.base_id.hex())
            else:
                fd = self._privates.open(entry.base_id[:16], index, writing=False)
            self._base[index] = fd
        return fd

    def settle(self, index: int, entry: Entry, *, own: bytes) -> None:
        """Enter in the tables what may be done with a block directly."""
        writable = entry.generation == own
        if entry.has_private and entry.mask == entries.FULL:
            fd = self.private(index, entry, writing=writable)
            self.reading[index] = fd
            self.writing[index] = fd if writable else _NONE
        elif entry.mask == 0:
            self.reading[index] = self.base(index, entry)

    def unsettle(self, index: int) -> None:
        """Send everybody the general way again."""
        self.reading[index] = self.writing[index] = _NONE

    def forget(self, index: int) -> None:
        """Close the files of one block."""
        self.unsettle(index)
        for table in (self._private, self._base):
            fd = table.pop(index, _NONE)
            if fd != _NONE:
                os.close(fd)

    def forget_all(self) -> None:
        """Close all files of blocks; they are opened again when needed."""
        for index in {*self._private, *self._base}:
            self.forget(index)
        count = len(self.reading)
        self.reading[:] = [_NONE] * count
        self.writing[:] = [_NONE] * count

    def extend(self, count: int) -> None:
        """Make the tables as long as the volume has become."""
        more = [_NONE] * (count - len(self.reading))
        self.reading.extend(more)
        self.writing.extend(more)

    def close(self) -> None:
        """Close everything."""
        self.forget_all()
        os.close(self._null)

    def _make_room(self) -> None:
        if len(self._private) + len(self._base) >= self._limit:
            self.forget_all()
