"""Reading every needed block again: what is lost or damaged is found, healed, or told.

Blocks are walked in the order of their names, as the database and the published maps name them,
so a lost block is found as well as a damaged one, and a walk that was stopped goes on where it
was. Spec: object-storage 15.6.
"""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
from django.db import connections

from synnefo.blocks.layered import heal
from synnefo.blocks.maps import MapStore
from synnefo.blocks.port import BlockMissing, BlockStore
from synnefo.kit import clock, conf
from synnefo.kit.logs import get_logger
from synnefo.pithos.engines import blocks
from synnefo.pithos.models import BlockUse, DamagedBlock, Facet, ScrubRound, Version
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import block_uses
from synnefo.pithos.usecases.content import small
from synnefo.pithos.usecases.found import DB
from synnefo.wire.hashmaps import NOTHING

log = get_logger(__name__)
_AT_ONCE = 500
_MAPS = "~"
"""Starts the position among the maps, which come after all objects."""
_IN_LISTS = (
    "SELECT DISTINCT digest FROM pithos_blockuse WHERE digest > %s ORDER BY digest LIMIT %s"
)
_ALONE = (
    "SELECT DISTINCT v.hash FROM pithos_version v WHERE v.hash > %s AND v.hash_list_id IS NULL "
    "AND v.size > 0 AND v.is_snapshot = %s AND NOT EXISTS "
    "(SELECT 1 FROM pithos_smallblock s WHERE s.hash = v.hash) ORDER BY v.hash LIMIT %s"
)


class Pace(msgspec.Struct, frozen=True):
    """How fast to read, and when to stop; zero is no limit."""

    rate: int = 0
    seconds: float = 0.0


class Sufferer(msgspec.Struct, frozen=True):
    """What cannot be read whole because of a block."""

    block: str
    state: str
    kind: str
    name: str

    def row(self) -> dict[str, str]:
        """Write it as a line of a table."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


def run(pace: Pace, *, restart: bool = False) -> ScrubRound:
    """Go on with the running round, or begin one, until it is over or the time is."""
    while block_uses.index_some():
        pass
    current = ScrubRound.objects.filter(finished__isnull=True).order_by("pk").last()
    if current is None or restart:
        current = ScrubRound.objects.create(started=clock.now())
    begun, read, seen = time.monotonic(), 0, set[str]()
    while some := _next(current.position, seen):
        for name, position in some:
            size = _look(current, name)
            read += size
            current.position = position
            _wait(pace, begun, read)
            if pace.seconds and time.monotonic() - begun > pace.seconds:
                current.save()
                return current
        current.save()
    _finish(current)
    return current


def _finish(current: ScrubRound) -> None:
    current.finished = clock.now()
    current.save()
    ScrubRound.objects.filter(pk__lt=current.pk).delete()


def _wait(pace: Pace, begun: float, read: int) -> None:
    if pace.rate:
        ahead = read / pace.rate - (time.monotonic() - begun)
        if ahead > 0:
            time.sleep(min(ahead, 60.0))


def _next(position: str, seen: set[str]) -> list[tuple[str, str]]:
    """List the blocks to look at after a position, each with the position after it.

    `seen` holds those that this run met in maps: volumes of one image need the same ones.
    """
    if not position.startswith(_MAPS):
        names = _named(position)
        if names:
            return [(name, name) for name in names]
    return _of_maps(position, seen)


def _named(position: str) -> list[str]:
    with connections[DB].cursor() as cursor:
        cursor.execute(_IN_LISTS, [bytes.fromhex(position), _AT_ONCE])
        in_lists = [bytes(row[0]).hex() for row in cursor.fetchall()]
        cursor.execute(_ALONE, [position, False, _AT_ONCE])
        alone = [row[0] for row in cursor.fetchall()]
    return sorted({*in_lists, *alone} - {NOTHING})[:_AT_ONCE]


def _of_maps(position: str, seen: set[str]) -> list[tuple[str, str]]:
    """List what only the maps of volumes and images need, map by map."""
    maps = _maps()
    for label, hashes in maps.walk(after=position.removeprefix(_MAPS)):
        left = sorted(_unknown(set(hashes) - seen - {NOTHING}))
        seen.update(left)
        if left:
            return [(name, position) for name in left[:-1]] + [(left[-1], _MAPS + label)]
    return []


def _unknown(hashes: set[str]) -> set[str]:
    """Tell which blocks no object has, so that they were not looked at among the objects."""
    names, found = iter(sorted(hashes)), set[str]()
    while some := list(islice(names, _AT_ONCE)):
        found.update(Version.objects.filter(hash__in=some).values_list("hash", flat=True))
        digests = [bytes.fromhex(name) for name in some]
        rows = BlockUse.objects.filter(digest__in=digests).values_list("digest", flat=True)
        found.update(bytes(digest).hex() for digest in rows)
    return hashes - found


def _maps() -> MapStore:
    return MapStore(Path(conf.of(PithosSettings).pithos_backend_block_path) / "maps")


def _look(current: ScrubRound, name: str) -> int:
    """Look at one block; heal it or note that it is lost or damaged. Answer its size."""
    store = blocks.store()
    size, state = _state(store, name)
    current.blocks += 1
    current.size += size
    if state == "sound":
        DamagedBlock.objects.filter(hash=name).delete()
    elif heal(store, name, small(name)):
        current.healed += 1
        log.warning("block-healed", block=name, was=state)
        DamagedBlock.objects.filter(hash=name).delete()
    else:
        current.damaged += 1
        log.error("block-damaged", block=name, state=state)
        DamagedBlock.objects.get_or_create(
            hash=name, defaults={"noticed": clock.now(), "is_lost": state == "lost"}
        )
    return size


def _state(store: BlockStore, name: str) -> tuple[int, str]:
    with blocks.told():
        try:
            size = store.size(name)
            return size, "sound" if store.verify(name) else "damaged"
        except BlockMissing:
            return 0, "lost"


def sufferers() -> Iterator[Sufferer]:
    """Tell what cannot be read whole: objects, their former versions, images, maps of volumes.

    A block that came back meanwhile, because somebody sent it again, is forgotten here.
    """
    for row in list(DamagedBlock.objects.order_by("hash")):
        if blocks.store().has(row.hash):
            row.delete()
            continue
        state = "lost" if row.is_lost else "damaged"
        for use in block_uses.uses_of([row.hash])[row.hash]:
            kind = _kind(use) if use.is_current else "former version"
            label = f"{use.account}/{use.container}/{use.name}"
            yield Sufferer(row.hash, state, kind, f"{label} ({use.serial})")
        for label in _maps().having(row.hash):
            kind = "volume" if label.startswith("pins/") else "map"
            yield Sufferer(row.hash, state, kind, label)


def _kind(use: block_uses.Use) -> str:
    is_image = Facet.objects.filter(domain="plankton", node__current=use.serial).exists()
    return "image" if is_image else "object"
