"""The block store that Pithos shares with Archipelago, and its faults in Pithos' words."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import msgspec

from synnefo.blocks.beliefs import Beliefs
from synnefo.blocks.choice import Where, open_store
from synnefo.blocks.filed import FiledStore
from synnefo.blocks.layered import LayeredStore, heal
from synnefo.blocks.port import BlockMissing, BlockRotten, BlockStore, StoreFault, StoreFull
from synnefo.blocks.sound import SoundReads
from synnefo.kit import conf
from synnefo.kit.faults import InsufficientStorage, ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.kit.metrics import Counter
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.settings import ServeSettings

log = get_logger(__name__)
DAMAGED = Counter("pithos_damaged_blocks_total", "Damaged blocks met while reading")

WRITERS = 8
"""Threads of a process that hash and write blocks while the next ones are received."""


def store() -> BlockStore:
    """Answer the block store of the settings; with a former one below while blocks move."""
    return _opened(*_wish())


def _wish() -> tuple[bytes, int]:
    settings = conf.of(PithosSettings)
    path = settings.pithos_backend_block_path
    layers = [
        Where(settings.pithos_backend_block_module, settings.pithos_backend_block_kwargs, path)
    ]
    if settings.pithos_backend_block_former:
        former = dict(settings.pithos_backend_block_former)
        layers.append(Where(former.pop("module", "filed"), former, path))
    return msgspec.json.encode(layers), settings.pithos_backend_block_size


@cache
def _opened(wish: bytes, block_size: int) -> BlockStore:
    layers = msgspec.json.decode(wish, type=list[Where])
    with told():
        upper, *lower = (open_store(where, block_size=block_size) for where in layers)
        if isinstance(upper, FiledStore):
            upper.on_written = _written
        return LayeredStore(upper, lower[0]) if lower else upper


def sound(name: str) -> int:
    """Open a block whose content makes its name; what is damaged is healed or refused."""
    reads = _sound_reads(*_wish(), conf.of(PithosSettings).pithos_block_trust)
    try:
        return reads.open(name)
    except BlockRotten:
        is_healed = heal(store(), name)
        DAMAGED.inc()
        log.error("block-damaged", block=name, is_healed=is_healed)
        if not is_healed:
            raise
        return reads.open(name)


@cache
def _sound_reads(wish: bytes, block_size: int, trust: float) -> SoundReads:
    return SoundReads(_opened(wish, block_size), trust=trust, beliefs=_beliefs())


@cache
def _beliefs() -> Beliefs:
    return Beliefs(Path(conf.of(ServeSettings).synnefo_data_dir) / "run" / "sound-blocks")


def _written(name: str, fd: int) -> None:
    """Spare readers the hashing of what this process has just hashed and written."""
    _sound_reads(*_wish(), conf.of(PithosSettings).pithos_block_trust).written(name, fd)


def filed_layers() -> list[FiledStore]:
    """Answer those layers of the store that are folders."""
    found = store()
    layers = (found.upper, found.lower) if isinstance(found, LayeredStore) else (found,)
    return [layer for layer in layers if isinstance(layer, FiledStore)]


@cache
def writers() -> ThreadPoolExecutor:
    """Answer this process' threads for writing blocks."""
    return ThreadPoolExecutor(WRITERS, thread_name_prefix="pithos-blocks")


def tidy() -> int:
    """Remove what writers that were cut off left in the store; count it."""
    return sum(layer.sweep() for layer in filed_layers())


@contextmanager
def told() -> Iterator[None]:
    """Turn faults of the store into what a person can act on."""
    try:
        yield
    except StoreFull as fault:
        raise InsufficientStorage(
            "The disks of the object store are full; nothing was stored. Tell the operators."
        ) from fault
    except (BlockMissing, BlockRotten) as fault:
        raise ServiceUnavailable(
            "A part of this object is lost or damaged in the store, and is not given out. "
            "Tell the operators.",
            details=str(fault),
        ) from fault
    except StoreFault as fault:
        raise ServiceUnavailable(
            "The object store cannot reach its disks. Try again shortly.", details=str(fault)
        ) from fault
