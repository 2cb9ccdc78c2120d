"""What a volume syncs: many files at once, for one commit of the journal serves them all."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial

from synnefo.archipelago.descriptors import Descriptors
from synnefo.archipelago.privates import Privates
from synnefo.blocks.durable import Medium

_THREADS = 16
_INLINE = 1


class Syncer:
    """A pool of threads that is not started before it is needed."""

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_THREADS, thread_name_prefix="sync")

    def close(self) -> None:
        """End the threads, if there are any."""
        if "_pool" in self.__dict__:
            self._pool.shutdown()

    def run(self, sync: Callable[[int], None], indexes: Sequence[int]) -> None:
        """Sync all; wait for all of them even when one fails, then raise the first fault."""
        if len(indexes) <= _INLINE:
            for index in indexes:
                sync(index)
            return
        share = -(-len(indexes) // _THREADS)
        parts = [indexes[at : at + share] for at in range(0, len(indexes), share)]
        futures = [self._pool.submit(_each, sync, part) for part in parts]
        faults = [fault for future in futures if (fault := future.exception()) is not None]
        if faults:
            raise faults[0]


def _each(sync: Callable[[int], None], part: Sequence[int]) -> None:
    for index in part:
        sync(index)


class Promises:
    """Syncs of one volume, and the end of them: after a failed sync nothing is promised again.

    The kernel forgets the pages that it could not write, so a second sync would succeed and lie.
    """

    def __init__(self, privates: Privates, descriptors: Descriptors, medium: Medium) -> None:
        self.broken: OSError | None = None
        self._privates = privates
        self._descriptors = descriptors
        self._medium = medium
        self._syncer = Syncer()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Sync something within; a fault ends all promises."""
        try:
            yield
        except OSError as error:
            self.broken = error
            self._descriptors.forget_all()
            raise

    def sync_data(self, generation: bytes, indexes: Sequence[int]) -> None:
        """Sync the private blocks of a generation."""
        with self.kept():
            self._syncer.run(partial(self._sync_block, generation), indexes)

    def sync_names(self, generation: bytes) -> None:
        """Sync the names of a generation's blocks."""
        with self.kept():
            self._privates.sync_names(generation)

    def sync_ahead(self, generation: bytes, indexes: Sequence[int]) -> None:
        """Sync private blocks while others use the tables; promises nothing, tells no fault."""
        with contextlib.suppress(OSError):
            self._syncer.run(partial(self._sync_closed, generation), indexes)

    def close(self) -> None:
        """End the threads."""
        self._syncer.close()

    def _sync_block(self, generation: bytes, index: int) -> None:
        """Sync one file; several threads at once, so the tables are only looked at."""
        fd = self._descriptors.opened(index)
        if fd >= 0:
            self._medium.sync_file(fd)
        else:
            self._sync_closed(generation, index)

    def _sync_closed(self, generation: bytes, index: int) -> None:
        """Sync one file that the tables know nothing of."""
        fd = self._privates.open(generation, index, writing=True)
        try:
            self._medium.sync_file(fd)
        finally:
            os.close(fd)
