"""Turning a snapshot into content-addressed blocks, that is, into an image.

Only blocks that were written since the image are read; the others keep their names.
Spec: volumes 3.15.
"""

from synnefo.archipelago import entries
from synnefo.archipelago.entries import BLOCK, Base
from synnefo.archipelago.faults import VolumeFault
from synnefo.archipelago.shelf import Shelf
from synnefo.archipelago.volume import Volume, open_volume
from synnefo.blocks.hashing import ZERO_NAME
from synnefo.wire.hashmaps import merkle_root


def hash_snapshot(shelf: Shelf, name: str) -> tuple[list[str], int]:
    """Store a snapshot's blocks by content; return their names and the size in bytes."""
    if not shelf.header(name).is_readonly:
        raise VolumeFault(f"Volume {name} is written to: only a snapshot can be hashed.")
    volume = open_volume(shelf, name, writing=False)
    try:
        table = shelf.load(name).table
        hashes = [_name_block(shelf, volume, table, i) for i in range(volume.header.blocks)]
        return hashes, volume.size
    finally:
        volume.close()


def publish(shelf: Shelf, name: str, map_name: str | None = None) -> str:
    """Hash a snapshot and publish the map, by default under its Merkle root; return the name."""
    hashes, size = hash_snapshot(shelf, name)
    published = map_name or merkle_root(hashes)
    shelf.block_maps.put(published, hashes, size, store=shelf.blocks)
    return published


def _name_block(shelf: Shelf, volume: Volume, table: bytearray, index: int) -> str:
    entry = entries.decode(table, index)
    if entry.base == Base.HASH and not entry.mask:
        return entry.base_id.hex()
    if entry.base == Base.ZERO and not entry.mask:
        return ZERO_NAME
    length = min(BLOCK, volume.size - index * BLOCK)
    data = volume.read(index * BLOCK, length)
    name = shelf.blocks.put(data)
    volume.descriptors.forget(index)
    return name
