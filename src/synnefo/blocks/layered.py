"""Two block stores as one, while everything moves from the lower into the upper."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from synnefo.blocks.hashing import Buffer, hash_block
from synnefo.blocks.port import BlockMissing, BlockStore, StoreFault

T = TypeVar("T")


class LayeredStore:
    """Writes go to the upper store; reads find a block in either.

    A block moves by being stored above and then removed below, so a reader that misses it in
    both looks above once more.
    """

    def __init__(self, upper: BlockStore, lower: BlockStore) -> None:
        if upper.block_size != lower.block_size:
            raise ValueError("Stores of different block sizes cannot be layers of one.")
        self.upper = upper
        self.lower = lower

    @property
    def block_size(self) -> int:
        """Tell the size of a full block in bytes."""
        return self.upper.block_size

    def put(self, data: Buffer) -> str:
        """Store a block if it is new and return its name; durable on return."""
        name = hash_block(data)
        self.put_named(name, data)
        return name

    def put_named(self, name: str, data: Buffer) -> None:
        """Store a block whose name the caller has just computed with `hash_block`."""
        self.upper.put_named(name, data)

    def get(self, name: str) -> bytes:
        """Read a whole block without its trailing zeros."""
        return self._of_either(lambda store: store.get(name))

    def size(self, name: str) -> int:
        """Count the stored bytes of a block, trailing zeros not among them."""
        return self._of_either(lambda store: store.size(name))

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Read exactly `length` bytes, zeros past the stored content."""
        return self._of_either(lambda store: store.read(name, offset, length))

    def read_into(self, name: str, offset: int, target: memoryview) -> None:
        """Fill the whole target from `offset` on, zeros past the stored content."""
        self._of_either(lambda store: store.read_into(name, offset, target))

    def open(self, name: str) -> int:
        """Open a block for reading and return a descriptor that the caller closes."""
        return self._of_either(lambda store: store.open(name))

    def has(self, name: str) -> bool:
        """Tell whether a block is here, without renewing its lease."""
        return self.upper.has(name) or self.lower.has(name) or self.upper.has(name)

    def missing(self, names: Iterable[str]) -> list[str]:
        """List the names that are not here, each once, in order; renew the lease of the others."""
        not_above = self.upper.missing(names)
        in_neither = self.lower.missing(not_above) if not_above else []
        return self.upper.missing(in_neither) if in_neither else []

    def verify(self, name: str) -> bool:
        """Read a block and tell whether its content still makes its name."""
        return self._of_either(lambda store: store.verify(name))

    def overwrite(self, name: str, data: Buffer) -> None:
        """Put sound content in the place of a damaged block's; durable on return."""
        self.upper.overwrite(name, data)
        self.lower.discard(name)

    def set_aside(self, name: str) -> None:
        """Keep a damaged block for those who repair, and miss it from now on."""
        self.upper.set_aside(name)
        self.lower.set_aside(name)

    def names(self) -> Iterator[str]:
        """Walk the names of all stored blocks, in no order; one on its way may come twice."""
        yield from self.lower.names()
        yield from self.upper.names()

    def idle_seconds(self, name: str) -> float:
        """Tell for how long nobody has stored or asked for this block."""
        found: list[float] = []
        for store in (self.lower, self.upper):
            with contextlib.suppress(BlockMissing):
                found.append(store.idle_seconds(name))
        if not found:
            raise BlockMissing(name)
        return min(found)

    def discard(self, name: str, *, idle: float = 0.0) -> bool:
        """Remove a block idle for so many seconds; False if it is gone or was renewed."""
        below = self.lower.discard(name, idle=idle)
        return self.upper.discard(name, idle=idle) or below

    def _of_either(self, call: Callable[[BlockStore], T]) -> T:
        for store in (self.upper, self.lower):
            try:
                return call(store)
            except BlockMissing:
                continue
        return call(self.upper)


def move(store: LayeredStore, name: str) -> bool:
    """Bring one block from the lower store into the upper; False when it is not sound.

    A block that is on its way already may be brought again: nothing is lost in between. Its lease
    begins anew.
    """
    try:
        content = store.lower.get(name)
    except BlockMissing:
        return True
    if hash_block(content) != name:
        return store.upper.has(name) and store.upper.verify(name)
    store.upper.put_named(name, content)
    store.lower.discard(name)
    return True


def heal(store: BlockStore, name: str, spare: bytes | None = None) -> bool:
    """Put a sound copy in the place of a lost or damaged block, if another layer has one.

    `spare` is a copy from elsewhere. Without any, a damaged block is set aside, unless it reads
    well this time.
    """
    for content in (spare, *_copies(store, name)):
        if content is not None and hash_block(content) == name:
            store.overwrite(name, content)
            return True
    with contextlib.suppress(BlockMissing):
        if store.verify(name):
            return True
        store.set_aside(name)
    return False


def _copies(store: BlockStore, name: str) -> Iterator[bytes]:
    for layer in (store.upper, store.lower) if isinstance(store, LayeredStore) else ():
        with contextlib.suppress(StoreFault):
            yield layer.get(name)
