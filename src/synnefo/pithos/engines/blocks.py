"""The block store that Pithos shares with Archipelago, and its faults in Pithos' words."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from synnefo.blocks.filed import FiledStore
from synnefo.blocks.port import BlockMissing, BlockStore, StoreFault, StoreFull
from synnefo.kit import conf
from synnefo.kit.faults import InsufficientStorage, ItemNotFound, ServiceUnavailable
from synnefo.pithos.settings import PithosSettings

WRITERS = 8
"""Threads of a process that hash and write blocks while the next ones are received."""


def store() -> BlockStore:
    """Answer the block store of the settings."""
    settings = conf.of(PithosSettings)
    return _opened(settings.pithos_backend_block_path, settings.pithos_backend_block_size)


@cache
def _opened(path: str, block_size: int) -> BlockStore:
    with told():
        return FiledStore(Path(path), block_size=block_size)


@cache
def writers() -> ThreadPoolExecutor:
    """Answer this process' threads for writing blocks."""
    return ThreadPoolExecutor(WRITERS, thread_name_prefix="pithos-blocks")


def tidy() -> int:
    """Remove what writers that were cut off left in the store; count it."""
    found = store()
    return found.sweep() if isinstance(found, FiledStore) else 0


@contextmanager
def told() -> Iterator[None]:
    """Turn faults of the store into what a person can act on."""
    try:
        yield
    except StoreFull as fault:
        raise InsufficientStorage(
            "The disks of the object store are full; nothing was stored. Tell the operators."
        ) from fault
    except BlockMissing as fault:
        raise ItemNotFound("A block of this object is not in the store.") from fault
    except StoreFault as fault:
        raise ServiceUnavailable(
            "The object store cannot reach its disks. Try again shortly.", details=str(fault)
        ) from fault
