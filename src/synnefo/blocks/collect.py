"""Garbage: blocks that nothing refers to, removed under the feet of a running cloud.

Safe against uploads in progress because storing a block, or asking whether it is there, renews
its lease, and a block younger than the grace is never looked at. The candidates are listed first
and the references read afterwards: who refers to an old block later has renewed it first.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from synnefo.blocks.port import BlockMissing, BlockStore

GRACE_SECONDS = 24 * 3600.0
"""How long a block nobody refers to stays after it was last put or asked for."""

_BATCH = 50_000

References = Callable[[set[str]], Iterable[str]]
"""Tells which of these names are in use; called once per batch, from one thread."""


@dataclass(frozen=True)
class Collected:
    """What one run did; in a dry run, what it would have done."""

    looked_at: int = 0
    removed: int = 0
    removed_bytes: int = 0
    samples: tuple[str, ...] = field(default=())


def collect(
    store: BlockStore,
    references: Sequence[References],
    *,
    grace: float = GRACE_SECONDS,
    dry_run: bool = False,
) -> Collected:
    """Remove every block that is older than the grace and that no source refers to.

    All users of the store must be among the sources: a source left out loses its data.
    """
    total = Collected()
    names = store.names()
    while batch := list(islice(names, _BATCH)):
        garbage = _unused(set(_old(store, batch, grace)), references)
        gone = [
            (name, size)
            for name in sorted(garbage)
            if (size := _drop(store, name, grace, dry_run)) is not None
        ]
        total = Collected(
            looked_at=total.looked_at + len(batch),
            removed=total.removed + len(gone),
            removed_bytes=total.removed_bytes + sum(size for _, size in gone),
            samples=(total.samples + tuple(name for name, _ in gone))[:10],
        )
    return total


def _old(store: BlockStore, names: Iterable[str], grace: float) -> Iterator[str]:
    for name in names:
        try:
            if store.idle_seconds(name) >= grace:
                yield name
        except BlockMissing:
            continue


def _unused(candidates: set[str], references: Sequence[References]) -> set[str]:
    for used in references:
        if not candidates:
            break
        candidates = candidates.difference(used(candidates))
    return candidates


def _drop(store: BlockStore, name: str, grace: float, dry_run: bool) -> int | None:
    """Remove a block and return its size; None when somebody renewed it meanwhile."""
    try:
        size = store.size(name)
    except BlockMissing:
        return None
    if dry_run or store.discard(name, idle=grace):
        return size
    return None
