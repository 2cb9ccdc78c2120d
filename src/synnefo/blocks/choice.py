"""Which block store the settings ask for."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from synnefo.blocks.filed import FiledStore
from synnefo.blocks.hashing import BLOCK_SIZE
from synnefo.blocks.memory import MemoryStore
from synnefo.blocks.port import BlockStore, StoreFailed
from synnefo.blocks.rados import Cluster, RadosStore

_HISTORIC = {
    "pithos.backends.lib.hashfiler": "filed",
    "pithos.backends.lib.hashfiler.archipelagoblocker": "filed",
    "pithos.backends.lib.hashfiler.radosblocker": "rados",
}


class Where(msgspec.Struct, frozen=True):
    """A kind of store and what it must know: `path` of a folder, or `pool` of a cluster."""

    module: str = "filed"
    arguments: Mapping[str, str] = {}
    path: str = ""
    """Folder of a store of files that names none itself."""


def open_store(where: Where, *, block_size: int = BLOCK_SIZE) -> BlockStore:
    """Open the store that was asked for; a fault says what is wrong with the wish."""
    module = _HISTORIC.get(where.module, where.module)
    make = _MAKERS.get(module)
    if make is None:
        raise StoreFailed(f"There is no kind of block store named {where.module!r}.")
    return make(where, block_size)


def _filed(where: Where, block_size: int) -> BlockStore:
    _refuse_unknown(where, "path")
    return FiledStore(Path(where.arguments.get("path", where.path)), block_size=block_size)


def _rados(where: Where, block_size: int) -> BlockStore:
    _refuse_unknown(where, *Cluster.__struct_fields__)
    try:
        cluster = msgspec.convert(dict(where.arguments), type=Cluster, strict=False)
    except msgspec.ValidationError as error:
        raise StoreFailed(f"The settings of the block store do not fit: {error}.") from error
    return RadosStore(cluster, block_size=block_size)


def _memory(where: Where, block_size: int) -> BlockStore:
    _refuse_unknown(where)
    return MemoryStore(block_size=block_size)


def _refuse_unknown(where: Where, *known: str) -> None:
    unknown = sorted(set(where.arguments) - set(known))
    if unknown:
        raise StoreFailed(f"A block store of kind {where.module} knows no {', '.join(unknown)}.")


_MAKERS: dict[str, Callable[[Where, int], BlockStore]] = {
    "filed": _filed,
    "rados": _rados,
    "memory": _memory,
}
