"""Putting a stream of blocks: one is received while others are hashed and written."""

import queue
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from synnefo.blocks.hashing import hash_block
from synnefo.blocks.port import BlockStore


class BlockPipeline:
    """Turn consecutive buffers into block names, with `depth` buffers of memory and no more.

    Take a buffer with `buffer()`, fill it from its start, give it back with `submit()`; buffers
    are used again, so memory stays flat however long the stream is. `finish()` waits until every
    block is durable and returns the names in the order of submission. The first fault stops the
    stream: the next `buffer()`, `submit()` or `finish()` raises it.
    """

    def __init__(self, store: BlockStore, pool: ThreadPoolExecutor, *, depth: int = 2) -> None:
        self._store = store
        self._pool = pool
        self._free: queue.SimpleQueue[bytearray] = queue.SimpleQueue()
        self._fresh = depth
        self._pending: list[Future[str]] = []
        self._settled = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for future in self._pending:
            future.cancel()

    def buffer(self) -> memoryview:
        """Hand out a writable buffer of one block; wait until one is free."""
        self._raise_first_fault()
        if self._fresh and self._free.empty():
            self._fresh -= 1
            return memoryview(bytearray(self._store.block_size))
        return memoryview(self._free.get())

    def submit(
        self, buffer: memoryview, length: int, watch: Callable[[memoryview], None] | None = None
    ) -> None:
        """Store the first `length` bytes of a buffer and make it free again.

        `watch`, for a digest of the whole stream, sees the bytes first, in order, in this thread.
        """
        self._raise_first_fault()
        if watch is not None:
            watch(buffer[:length])
        self._pending.append(self._pool.submit(self._put, buffer, length))

    def finish(self) -> list[str]:
        """Wait until all is durable; return the names in order."""
        return [future.result() for future in self._pending]

    def _put(self, buffer: memoryview, length: int) -> str:
        try:
            data = buffer[:length]
            name = hash_block(data)
            self._store.put_named(name, data)
            return name
        finally:
            whole = buffer.obj
            if isinstance(whole, bytearray):
                self._free.put(whole)

    def _raise_first_fault(self) -> None:
        while self._settled < len(self._pending) and self._pending[self._settled].done():
            self._pending[self._settled].result()
            self._settled += 1
