"""What a block store is: blocks in, names out, durable before the answer."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from synnefo.blocks.hashing import Buffer


class StoreFault(Exception):
    """The store could not do it; the sentence says why."""


class BlockMissing(StoreFault):
    """No block has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Block {name} is not in the store.")
        self.name = name


class BlockRotten(StoreFault):
    """What lies under a block's name is not the block any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Block {name} is damaged: its content does not make its name.")
        self.name = name


class StoreFull(StoreFault):
    """There is no room for another block; nothing was stored."""


class StoreFailed(StoreFault):
    """The medium under the store refused to read or to write."""


class BlockStore(Protocol):
    """Blocks of at most `block_size` bytes, each stored once, named by content.

    Duties of every adapter:
    * `put` returns only when the block would survive a power cut, and a block is visible whole
      or not at all.
    * The zero block is present in every store and stored in none.
    * Content is kept without its trailing zeros; readers get them back by asking for a length.
    * `put` and `missing` renew the lease of every block they find, so that the collector leaves
      an upload in progress alone.
    * Every method may be called from several threads and several processes at once.
    * Faults are `BlockMissing`, `StoreFull` and `StoreFailed`, never those of the medium.
    Spec: object-storage 15.1, 15.5.
    """

    @property
    def block_size(self) -> int:
        """Tell the size of a full block in bytes."""

    def put(self, data: Buffer) -> str:
        """Store a block if it is new and return its name; durable on return."""

    def put_named(self, name: str, data: Buffer) -> None:
        """Store a block whose name the caller has just computed with `hash_block`."""

    def get(self, name: str) -> bytes:
        """Read a whole block without its trailing zeros."""

    def size(self, name: str) -> int:
        """Count the stored bytes of a block, trailing zeros not among them."""

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Read exactly `length` bytes, zeros past the stored content."""

    def read_into(self, name: str, offset: int, target: memoryview) -> None:
        """Fill the whole target from `offset` on, zeros past the stored content."""

    def open(self, name: str) -> int:
        """Open a block for reading and return a descriptor that the caller closes."""

    def has(self, name: str) -> bool:
        """Tell whether a block is here, without renewing its lease."""

    def missing(self, names: Iterable[str]) -> list[str]:
        """List the names that are not here, each once, in order; renew the lease of the others."""

    def verify(self, name: str) -> bool:
        """Read a block from the medium and tell whether its content still makes its name."""

    def overwrite(self, name: str, data: Buffer) -> None:
        """Put sound content in the place of a damaged block's; durable on return.

        Only healing calls this, with content that makes the name.
        """

    def set_aside(self, name: str) -> None:
        """Keep a damaged block for those who repair, and miss it from now on.

        So whoever sends its content again heals it. A block that is not here is no fault.
        """

    def names(self) -> Iterator[str]:
        """Walk the names of all stored blocks, in no order."""

    def idle_seconds(self, name: str) -> float:
        """Tell for how long nobody has stored or asked for this block."""

    def discard(self, name: str, *, idle: float = 0.0) -> bool:
        """Remove a block idle for so many seconds; False if it is gone or was renewed.

        Only the collector calls this, after it has found that nothing refers to the block.
        """
