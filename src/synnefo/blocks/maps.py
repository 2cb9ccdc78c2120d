"""Maps of whole objects: which blocks, in order, make an image.

A map is the historic headerless Pithos hash map: 32 bytes for each block. What follows the first
all-zero entry is ours and unseen by older readers: the size in bytes, and a check of the whole.
Volumes that start from a map pin it: the pin is a hard link, so a pinned map costs nothing and
its blocks stay, whatever happens to the map's own name. Spec: volumes 2.3, 9, 10.
"""

import contextlib
import os
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from synnefo.blocks.durable import DISK, Medium, faults, make_directory, replace_file
from synnefo.blocks.hashing import BLOCK_SIZE, is_name
from synnefo.blocks.port import BlockStore, StoreFault

_ENTRY = 32
_TRAILER = struct.Struct(">32x4sQI")
_MAGIC = b"AMF0"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:+@=-]{0,122}\Z")


class MapMissing(StoreFault):
    """No map has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no map named {name}.")


class BlocksMissing(StoreFault):
    """A map would name blocks that the store does not hold."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"{len(missing)} blocks are not in the store, the first is {missing[0]}.")
        self.missing = list(missing)


class BadMap(StoreFault):
    """A map's name, size or bytes make no sense."""


class BlockMap:
    """The blocks of one object: `digests` holds 32 bytes for each, `size` counts bytes."""

    def __init__(self, digests: bytes, size: int) -> None:
        if len(digests) % _ENTRY:
            raise BadMap("The map does not hold whole entries.")
        if -(-size // BLOCK_SIZE) != len(digests) // _ENTRY:
            raise BadMap(f"{len(digests) // _ENTRY} blocks cannot make {size} bytes.")
        self.digests = digests
        self.size = size

    @property
    def hashes(self) -> list[str]:
        """List the names of the blocks in order."""
        text = self.digests.hex()
        return [text[at : at + 64] for at in range(0, len(text), 64)]

    def encode(self) -> bytes:
        """Write the map as bytes."""
        check = zlib.crc32(self.digests)
        return self.digests + _TRAILER.pack(_MAGIC, self.size, check)


def from_hashes(hashes: Sequence[str], size: int) -> BlockMap:
    """Make a map from names; refuse what is no name of a block."""
    for name in hashes:
        if not is_name(name):
            raise BadMap(f"{name!r} is not the name of a block.")
    return BlockMap(bytes.fromhex("".join(hashes)), size)


def decode(data: bytes, *, size: int | None = None) -> BlockMap:
    """Read a map; one without our trailer takes the caller's size, else whole blocks.

    Spec: volumes 2.3.
    """
    with_trailer = len(data) - _TRAILER.size
    if with_trailer >= 0 and data[with_trailer + _ENTRY :][:4] == _MAGIC:
        _, own_size, check = _TRAILER.unpack_from(data, with_trailer)
        digests = data[:with_trailer]
        if zlib.crc32(digests) != check:
            raise BadMap("The map is damaged: its check does not match.")
        if size not in {None, own_size}:
            raise BadMap(f"The map is of {own_size} bytes, not of {size}.")
        return BlockMap(digests, own_size)
    digests = _up_to_zero_entry(data)
    return BlockMap(digests, len(digests) // _ENTRY * BLOCK_SIZE if size is None else size)


def _up_to_zero_entry(data: bytes) -> bytes:
    whole = data[: len(data) - len(data) % _ENTRY]
    for at in range(0, len(whole), _ENTRY):
        if whole[at : at + _ENTRY] == bytes(_ENTRY):
            return whole[:at]
    return whole


class MapStore:
    """Maps by name in one directory, and the pins that volumes hold on them."""

    def __init__(self, root: Path, *, medium: Medium = DISK) -> None:
        """Use a directory, usually `maps` inside the block store's; it is made when missing."""
        self._names = root / "names"
        self._pins = root / "pins"
        self._medium = medium
        with faults():
            make_directory(self._names, medium)
            make_directory(self._pins, medium)

    def put(self, name: str, hashes: Sequence[str], size: int, *, store: BlockStore) -> None:
        """Publish a map, durable on return; putting it again replaces it.

        Its blocks must be in the store, and their leases are renewed: `BlocksMissing` otherwise.
        """
        block_map = from_hashes(hashes, size)
        path = self._path(name)
        if missing := store.missing(hashes):
            raise BlocksMissing(missing)
        with faults():
            replace_file(path, block_map.encode(), self._medium)

    def get(self, name: str, *, size: int | None = None) -> BlockMap:
        """Read a map; a given size must be the map's own."""
        return decode(self._read(self._path(name), name), size=size)

    def has(self, name: str) -> bool:
        """Tell whether a map has that name."""
        return self._path(name).exists()

    def remove(self, name: str) -> bool:
        """Forget a map; pins on it stay. False if there was none."""
        with faults():
            try:
                self._path(name).unlink()
            except FileNotFoundError:
                return False
        return True

    def names(self) -> Iterator[str]:
        """Walk the names of all maps."""
        with faults():
            yield from (e.name for e in os.scandir(self._names) if not e.name.startswith("."))

    def pin(self, name: str, holder: str) -> BlockMap:
        """Keep a map's blocks for a holder; durable on return. Returns the map."""
        return self._link(self._path(name), name, holder)

    def share_pin(self, holder: str, other: str) -> bool:
        """Let another holder keep what a holder keeps; False when it keeps nothing."""
        try:
            self._link(self._pin_path(holder), holder, other)
        except MapMissing:
            return False
        return True

    def pin_hashes(
        self, holder: str, hashes: Sequence[str], size: int, *, store: BlockStore
    ) -> BlockMap:
        """Keep blocks for a holder without a map of their own."""
        block_map = from_hashes(hashes, size)
        with faults():
            replace_file(self._pin_path(holder), block_map.encode(), self._medium)
        if missing := store.missing(hashes):
            self.unpin(holder)
            raise BlocksMissing(missing)
        return block_map

    def unpin(self, holder: str) -> None:
        """Let go of what a holder keeps; nothing to let go is no fault."""
        with faults():
            self._pin_path(holder).unlink(missing_ok=True)

    def holders(self) -> Iterator[str]:
        """Walk the holders of pins."""
        with faults():
            yield from (e.name for e in os.scandir(self._pins) if not e.name.startswith("."))

    def used(self, names: set[str]) -> set[str]:
        """Tell which of these blocks some map or pin needs."""
        wanted = {bytes.fromhex(name) for name in names}
        found: set[str] = set()
        for path in self._all_files():
            with contextlib.suppress(MapMissing):
                data = decode(self._read(path, path.name)).digests
                entries = {data[at : at + _ENTRY] for at in range(0, len(data), _ENTRY)}
                found.update(digest.hex() for digest in entries & wanted)
        return found

    def walk(self, *, after: str = "") -> Iterator[tuple[str, list[str]]]:
        """Walk `names/NAME` and `pins/HOLDER` in order, each with its blocks."""
        labels = [f"names/{name}" for name in self.names()]
        labels += [f"pins/{holder}" for holder in self.holders()]
        for label in sorted(labels):
            if label > after:
                with contextlib.suppress(MapMissing):
                    yield label, decode(self._read(self._names.parent / label, label)).hashes

    def having(self, block: str) -> list[str]:
        """List the maps and pins that need a block, as `walk` labels them."""
        return [label for label, hashes in self.walk() if block in hashes]

    def _all_files(self) -> Iterator[Path]:
        """Walk names, then pins, then the pins made meanwhile.

        What lost its name or its pin during the walk was pinned by somebody else before.
        """
        yield from (self._names / name for name in list(self.names()))
        first = set(self.holders())
        yield from (self._pins / holder for holder in first)
        yield from (self._pins / holder for holder in set(self.holders()) - first)

    def _link(self, source: Path, name: str, holder: str) -> BlockMap:
        target = self._pin_path(holder)
        with faults():
            target.unlink(missing_ok=True)
            try:
                target.hardlink_to(source)
            except FileNotFoundError:
                raise MapMissing(name) from None
            self._medium.sync_directory(target.parent)
        return decode(self._read(target, name))

    def _path(self, name: str) -> Path:
        return self._names / _checked(name)

    def _pin_path(self, holder: str) -> Path:
        return self._pins / _checked(holder)

    @staticmethod
    def _read(path: Path, name: str) -> bytes:
        with faults():
            try:
                return path.read_bytes()
            except FileNotFoundError:
                raise MapMissing(name) from None


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise BadMap(f"{name!r} cannot be the name of a map.")
    return name
