"""One block of a volume: where its bytes are.

An entry is three facts: the private block, if any (its generation); the base under it (zeros, a
content-addressed block, or a whole private block frozen by a snapshot); and a mask of which
64 KiB sub-blocks are read from the private one. Spec: volumes 3.6; the sub-block mask saves the
copy of the whole block.
"""

import struct
from enum import IntEnum

BLOCK = 4 * 1024 * 1024
SUB = 64 * 1024
SUBS = BLOCK // SUB
FULL = (1 << SUBS) - 1
NO_GENERATION = bytes(16)
NO_BASE = bytes(32)

_ENTRY = struct.Struct(">B7xQ16s32s")
SIZE = _ENTRY.size
EMPTY = bytes(SIZE)


class Base(IntEnum):
    """What lies under the private block."""

    ZERO = 0
    HASH = 1
    FROZEN = 2


class Entry:
    """The decoded, changing entry of one block."""

    __slots__ = ("base", "base_id", "generation", "mask")

    def __init__(
        self,
        mask: int = 0,
        generation: bytes = NO_GENERATION,
        base: int = Base.ZERO,
        base_id: bytes = NO_BASE,
    ) -> None:
        self.mask = mask
        self.generation = generation
        self.base = base
        self.base_id = base_id

    @property
    def has_private(self) -> bool:
        """Tell whether some bytes may be in a private block."""
        return self.generation != NO_GENERATION

    def encode(self) -> bytes:
        """Pack into the fixed size it has on disk."""
        return _ENTRY.pack(self.base, self.mask, self.generation, self.base_id)

    def restore(self, packed: bytes) -> None:
        """Become what was packed."""
        self.base, self.mask, self.generation, self.base_id = _ENTRY.unpack(packed)


def decode(packed: bytes | bytearray | memoryview, index: int) -> Entry:
    """Read entry number `index` of a packed table."""
    base, mask, generation, base_id = _ENTRY.unpack_from(packed, index * SIZE)
    return Entry(mask, generation, base, base_id)


def from_digests(digests: bytes, zero: bytes) -> bytearray:
    """Pack a table whose bases are content-addressed blocks; `zero` names the block of zeros."""
    table = bytearray(len(digests) // 32 * SIZE)
    head = _ENTRY.pack(Base.HASH, 0, NO_GENERATION, NO_BASE)[:-32]
    for number, at in enumerate(range(0, len(digests), 32)):
        digest = digests[at : at + 32]
        if digest != zero:
            table[number * SIZE : (number + 1) * SIZE] = head + digest
    return table


def bits(first: int, last: int) -> int:
    """Mask of the sub-blocks from the first to the last, both included."""
    return (1 << (last + 1)) - (1 << first)


def runs(mask: int, start: int, end: int) -> list[tuple[int, int, bool]]:
    """Cut a byte range of a block into runs that are wholly private or wholly base."""
    found: list[tuple[int, int, bool]] = []
    at = start
    while at < end:
        sub = at // SUB
        private = bool(mask >> sub & 1)
        sub += 1
        while sub * SUB < end and bool(mask >> sub & 1) == private:
            sub += 1
        stop = min(end, sub * SUB)
        found.append((at, stop, private))
        at = stop
    return found
