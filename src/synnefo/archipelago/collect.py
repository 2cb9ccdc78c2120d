"""Garbage of volumes: private blocks that no map names any more. Spec: volumes 12.

A generation's name is never used twice, so what no map named once is never named again. The
candidates are listed first and the maps read afterwards, twice: a clone that was being made
during the first reading is seen in the second.
"""

from dataclasses import dataclass

from synnefo.archipelago import entries
from synnefo.archipelago.entries import Base
from synnefo.archipelago.faults import VolumeFault
from synnefo.archipelago.shelf import Shelf


@dataclass
class Swept:
    """What was removed; in a dry run, what would have been."""

    generations: int = 0
    blocks: int = 0
    stored_bytes: int = 0


def collect(shelf: Shelf, *, dry_run: bool = False) -> Swept:
    """Remove private blocks that no volume and no snapshot names; safe while all is in use."""
    candidates = list(shelf.privates.generations())
    living: set[bytes] = set()
    named: dict[bytes, set[int]] = {}
    for _ in range(2):
        for name in list(shelf.names()):
            _gather(shelf, name, living, named)
    swept = Swept()
    for generation in candidates:
        if generation not in living:
            _sweep(shelf, generation, named.get(generation, set()), swept, dry_run=dry_run)
    return swept


def _gather(shelf: Shelf, name: str, living: set[bytes], named: dict[bytes, set[int]]) -> None:
    """Add what one map names; a map that cannot be read stops the whole collection."""
    header = shelf.any_header(name)
    if header is None or header.is_deleted:
        return
    try:
        loaded = shelf.load(name)
    except VolumeFault:
        if shelf.any_header(name) == header:
            raise
        return
    living.add(loaded.header.generation)
    for index in range(loaded.header.blocks):
        entry = entries.decode(loaded.table, index)
        if entry.has_private:
            named.setdefault(entry.generation, set()).add(index)
        if entry.base == Base.FROZEN:
            named.setdefault(entry.base_id[:16], set()).add(index)


def _sweep(
    shelf: Shelf, generation: bytes, named: set[int], swept: Swept, *, dry_run: bool
) -> None:
    garbage = [i for i in shelf.privates.indexes(generation) if i not in named]
    for index in garbage:
        swept.blocks += 1
        swept.stored_bytes += shelf.privates.stored_bytes(generation, index)
        if not dry_run:
            shelf.privates.remove(generation, index)
    if garbage and not named:
        swept.generations += 1
    if not dry_run and not named:
        shelf.privates.remove_empty(generation)
