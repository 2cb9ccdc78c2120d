"""A block store in memory, for tests and for trying things."""

import os
import threading
import time
from collections.abc import Iterable, Iterator

from synnefo.blocks.hashing import BLOCK_SIZE, ZERO_NAME, Buffer, hash_block, strip
from synnefo.blocks.port import BlockMissing, StoreFull


class MemoryStore:
    """Blocks in a dictionary; `capacity` bytes at most, to try a full store."""

    def __init__(self, *, block_size: int = BLOCK_SIZE, capacity: int | None = None) -> None:
        self.capacity = capacity
        self._block_size = block_size
        self._blocks: dict[str, bytes] = {}
        self._renewed: dict[str, float] = {}
        self._lock = threading.Lock()

    @property
    def block_size(self) -> int:
        """Tell the size of a full block in bytes."""
        return self._block_size

    def put(self, data: Buffer) -> str:
        """Store a block if it is new and return its name."""
        name = hash_block(data)
        self.put_named(name, data)
        return name

    def put_named(self, name: str, data: Buffer) -> None:
        """Store a block whose name the caller has just computed with `hash_block`."""
        if len(data) > self._block_size:
            raise ValueError(f"A block holds at most {self._block_size} bytes, not {len(data)}.")
        if name == ZERO_NAME:
            return
        content = bytes(strip(data))
        with self._lock:
            if name not in self._blocks:
                self._require_room(len(content))
                self._blocks[name] = content
            self._renewed[name] = time.monotonic()

    def get(self, name: str) -> bytes:
        """Read a whole block without its trailing zeros."""
        if name == ZERO_NAME:
            return b""
        try:
            return self._blocks[name]
        except KeyError:
            raise BlockMissing(name) from None

    def size(self, name: str) -> int:
        """Count the stored bytes of a block, trailing zeros not among them."""
        return len(self.get(name))

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Read exactly `length` bytes, zeros past the stored content."""
        return self.get(name)[offset : offset + length].ljust(length, b"\0")

    def read_into(self, name: str, offset: int, target: memoryview) -> None:
        """Fill the whole target from `offset` on, zeros past the stored content."""
        target[:] = self.read(name, offset, len(target))

    def open(self, name: str) -> int:
        """Open a block for reading and return a descriptor that the caller closes."""
        content = self.get(name)
        fd = os.memfd_create(name)
        os.pwrite(fd, content, 0)
        return fd

    def has(self, name: str) -> bool:
        """Tell whether a block is here, without renewing its lease."""
        return name == ZERO_NAME or name in self._blocks

    def missing(self, names: Iterable[str]) -> list[str]:
        """List the names that are not here, each once, in order; renew the lease of the others."""
        wanted = list(dict.fromkeys(names))
        with self._lock:
            now = time.monotonic()
            self._renewed.update({name: now for name in wanted if name in self._blocks})
        return [name for name in wanted if not self.has(name)]

    def verify(self, name: str) -> bool:
        """Read a block and tell whether its content still makes its name."""
        return hash_block(self.get(name)) == name

    def overwrite(self, name: str, data: Buffer) -> None:
        """Put sound content in the place of a damaged block's."""
        with self._lock:
            self._blocks[name] = bytes(strip(data))
            self._renewed.setdefault(name, time.monotonic())

    def set_aside(self, name: str) -> None:
        """Forget a damaged block."""
        self.discard(name)

    def names(self) -> Iterator[str]:
        """Walk the names of all stored blocks, in no order."""
        return iter(list(self._blocks))

    def idle_seconds(self, name: str) -> float:
        """Tell for how long nobody has stored or asked for this block."""
        with self._lock:
            if name not in self._blocks:
                raise BlockMissing(name)
            return time.monotonic() - self._renewed[name]

    def discard(self, name: str, *, idle: float = 0.0) -> bool:
        """Remove a block idle for so many seconds; False if it is gone or was renewed."""
        with self._lock:
            renewed = self._renewed.get(name)
            if renewed is None or time.monotonic() - renewed < idle:
                return False
            del self._blocks[name], self._renewed[name]
            return True

    def _require_room(self, length: int) -> None:
        used = sum(map(len, self._blocks.values()))
        if self.capacity is not None and used + length > self.capacity:
            raise StoreFull("There is no space left in the store.")
