"""Moving all blocks from the former store into the one of the settings, while both serve.

Spec: object-storage 19.4.
"""

from collections.abc import Iterator

import msgspec

from synnefo.blocks.layered import LayeredStore, move
from synnefo.blocks.port import BlockMissing
from synnefo.kit.faults import Conflict
from synnefo.pithos.engines import blocks


class Moved(msgspec.Struct):
    """What one run did; in a dry run, what it would do."""

    blocks: int = 0
    size: int = 0
    damaged: list[str] = []
    unequal: list[str] = []


def move_all(*, dry_run: bool = False, verify: bool = False) -> Iterator[Moved]:
    """Move every block of the former store; tell after each how far it is.

    What was moved is in the former store no more, so a run that was stopped goes on by itself.
    """
    store = blocks.store()
    if not isinstance(store, LayeredStore):
        raise Conflict(
            "No former store is set: name the one to be emptied in PITHOS_BACKEND_BLOCK_FORMER."
        )
    told = Moved()
    for name in store.lower.names():
        with blocks.told():
            _move_one(store, name, told, dry_run=dry_run, verify=verify)
        yield told


def _move_one(store: LayeredStore, name: str, told: Moved, *, dry_run: bool, verify: bool) -> None:
    try:
        size = store.lower.size(name)
    except BlockMissing:
        return
    if not dry_run and not move(store, name):
        told.damaged.append(name)
        return
    told.blocks += 1
    told.size += size
    if verify and not dry_run and not store.upper.verify(name):
        told.unequal.append(name)
