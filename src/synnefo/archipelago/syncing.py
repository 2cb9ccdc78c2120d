"""Syncing many files at once: one commit of the filesystem's journal serves them all."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

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
