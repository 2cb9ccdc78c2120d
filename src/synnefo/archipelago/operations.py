"""What can be done to volumes as wholes. Spec: volumes 3.

Everything here works on volumes that no process serves; `control` reaches those that are.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from synnefo.archipelago import entries, mapfile
from synnefo.archipelago.entries import Base
from synnefo.archipelago.faults import (
    BadSize,
    VolumeExists,
    VolumeFault,
    VolumeMissing,
)
from synnefo.archipelago.mapfile import Header
from synnefo.archipelago.names import check_name
from synnefo.archipelago.shelf import Shelf, new_generation
from synnefo.archipelago.volume import open_volume
from synnefo.blocks.hashing import ZERO_NAME
from synnefo.blocks.maps import BadMap, BlockMap, MapMissing

_ZERO_DIGEST = bytes.fromhex(ZERO_NAME)


@dataclass(frozen=True)
class Info:
    """What `info` tells of a volume; sizes in bytes."""

    name: str
    size: int
    is_snapshot: bool
    epoch: int
    locked_by: str


def create(shelf: Shelf, name: str, size: int) -> None:
    """Make an empty volume: all zeros, nothing stored. Spec: volumes 3.2."""
    if size <= 0:
        raise BadSize("A volume needs a size of at least one byte.")
    with _new(shelf, name) as epoch:
        header = Header(size, epoch=epoch, generation=new_generation())
        _write(shelf, name, header, bytearray(header.blocks * entries.SIZE))


def clone(
    shelf: Shelf,
    name: str,
    origin: str,
    *,
    size: int | None = None,
    origin_size: int | None = None,
) -> None:
    """Make a volume that starts as a snapshot or as the map of an image; no data is copied.

    Spec: volumes 3.3.
    """
    with _new(shelf, name) as epoch:
        try:
            if exists(shelf, origin):
                _clone_snapshot(shelf, name, origin, size, epoch=epoch)
            else:
                block_map = _pin(shelf, name, origin, origin_size)
                _write_from_map(shelf, name, block_map, size, epoch=epoch)
        except (VolumeFault, OSError):
            shelf.block_maps.unpin(name)
            raise


def create_from_hashes(
    shelf: Shelf, name: str, hashes: Sequence[str], size: int, *, grow_to: int | None = None
) -> None:
    """Make a volume that starts as a list of blocks, all of which are in the store.

    Spec: volumes 3.4.
    """
    with _new(shelf, name) as epoch:
        block_map = shelf.block_maps.pin_hashes(name, hashes, size, store=shelf.blocks)
        try:
            _write_from_map(shelf, name, block_map, grow_to, epoch=epoch)
        except (VolumeFault, OSError):
            shelf.block_maps.unpin(name)
            raise


def snapshot(shelf: Shelf, name: str, snapshot_name: str) -> None:
    """Freeze a volume that nobody writes. Spec: volumes 3.5."""
    shelf.header(name)
    with snapshot_place(shelf, snapshot_name):
        volume = open_volume(shelf, name)
        try:
            volume.snapshot(snapshot_name)
        finally:
            volume.close()


@contextmanager
def snapshot_place(shelf: Shelf, snapshot_name: str) -> Iterator[None]:
    """Hold the name of a snapshot to be; refuse one that is taken."""
    with _new(shelf, snapshot_name, what="snapshot"):
        yield


def remove(shelf: Shelf, name: str) -> None:
    """Remove a volume or snapshot; blocks that others may share are left to `collect`.

    Spec: volumes 3.10.
    """
    header = shelf.header(name)
    lease = shelf.leases.acquire(name)
    try:
        mapfile.write_tombstone(shelf.map_path(name), header, shelf.medium)
        shelf.block_maps.unpin(name)
        if header.generation != entries.NO_GENERATION:
            shelf.privates.remove_generation(header.generation)
    finally:
        lease.release()


def rename(shelf: Shelf, name: str, new_name: str) -> None:
    """Give a volume another name; its blocks stay where they are. Spec: volumes 3.11."""
    header = shelf.header(name)
    lease = shelf.leases.acquire(name)
    try:
        with _new(shelf, new_name) as epoch:
            loaded = shelf.load(name)
            shelf.block_maps.share_pin(name, new_name)
            moved = replace(loaded.header, epoch=max(epoch, header.epoch))
            _write(shelf, new_name, moved, loaded.table)
            mapfile.write_tombstone(shelf.map_path(name), header, shelf.medium)
            shelf.block_maps.unpin(name)
    finally:
        lease.release()


def grow(shelf: Shelf, name: str, size: int) -> None:
    """Append zeros to a volume that nobody serves. Spec: volumes 3.12."""
    volume = open_volume(shelf, name)
    try:
        volume.grow(size)
    finally:
        volume.close()


def exists(shelf: Shelf, name: str) -> bool:
    """Tell whether there is a volume or snapshot of that name."""
    try:
        shelf.header(name)
    except VolumeFault:
        return False
    return True


def info(shelf: Shelf, name: str) -> Info:
    """Tell the facts of one volume; needs no lock. Spec: volumes 3.14."""
    header = shelf.header(name)
    owner = shelf.leases.owner(name)
    return Info(name, header.size, header.is_readonly, header.epoch, owner)


def listing(shelf: Shelf) -> list[Info]:
    """List volumes and snapshots by name; what is no map is passed over."""
    found = []
    for name in sorted(shelf.names()):
        try:
            found.append(info(shelf, name))
        except VolumeFault:
            continue
    return found


def stored_bytes(shelf: Shelf, name: str) -> int:
    """Count the bytes that a volume's own, private blocks take."""
    loaded = shelf.load(name)
    return sum(
        shelf.privates.stored_bytes(entry.generation, index)
        for index in range(loaded.header.blocks)
        if (entry := entries.decode(loaded.table, index)).has_private
    )


def map_lines(shelf: Shelf, name: str) -> list[str]:
    """Describe every block that holds something: index, private part, what lies under it."""
    loaded = shelf.load(name)
    lines = []
    for index in range(loaded.header.blocks):
        entry = entries.decode(loaded.table, index)
        if entry.has_private or entry.base:
            private = f"{entry.generation.hex()} mask {entry.mask:016x}" if entry.mask else "-"
            lines.append(f"{index} {private} {Base(entry.base).name} {entry.base_id.hex()}")
    return lines


def _pin(shelf: Shelf, name: str, origin: str, origin_size: int | None) -> BlockMap:
    try:
        block_map = shelf.block_maps.pin(origin, name)
        if origin_size not in {None, block_map.size}:
            return BlockMap(block_map.digests, origin_size or 0)
    except MapMissing:
        raise VolumeFault(f"There is no snapshot or image map named {origin}.") from None
    except BadMap as error:
        raise BadSize(f"Map {origin} cannot be cloned: {error}") from None
    return block_map


def _write_from_map(
    shelf: Shelf, name: str, block_map: BlockMap, size: int | None, *, epoch: int
) -> None:
    size = _clone_size(block_map.size, size)
    header = Header(size, epoch=epoch, generation=new_generation())
    table = entries.from_digests(block_map.digests, _ZERO_DIGEST)
    _write(shelf, name, header, table)


def _clone_snapshot(shelf: Shelf, name: str, origin: str, size: int | None, *, epoch: int) -> None:
    loaded = shelf.load(origin)
    if not loaded.header.is_readonly:
        raise VolumeFault(f"Volume {origin} is written to: make a snapshot and clone that.")
    size = _clone_size(loaded.header.size, size)
    header = Header(size, epoch=epoch, generation=new_generation())
    shelf.block_maps.share_pin(origin, name)
    _write(shelf, name, header, loaded.table)
    try:
        shelf.header(origin)
    except VolumeMissing:
        mapfile.write_tombstone(shelf.map_path(name), header, shelf.medium)
        raise


def _clone_size(origin_size: int, size: int | None) -> int:
    if size is not None and size < origin_size:
        raise BadSize(f"The clone needs at least the {origin_size} bytes of its origin.")
    return size or origin_size


def _write(shelf: Shelf, name: str, header: Header, table: bytearray) -> None:
    padded = table + bytes(header.blocks * entries.SIZE - len(table))
    mapfile.write_new(shelf.map_path(name), header, padded, shelf.medium)


@contextmanager
def _new(shelf: Shelf, name: str, what: str = "volume") -> Iterator[int]:
    """Hold a free name and give the epoch to use with it. Spec: volumes 2.7."""
    check_name(name, what)
    lease = shelf.leases.acquire(name, durable=False)
    try:
        before = shelf.any_header(name)
        if before is not None and not before.is_deleted:
            raise VolumeExists(name)
        yield 1 if before is None else before.epoch + 1
    finally:
        lease.release()
