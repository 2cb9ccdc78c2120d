"""Everything that volumes are made of, in the places of one node."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synnefo.archipelago import mapfile
from synnefo.archipelago.faults import VolumeMissing
from synnefo.archipelago.lease import Leases
from synnefo.archipelago.mapfile import Header
from synnefo.archipelago.names import boot_id, check_name
from synnefo.archipelago.privates import Privates
from synnefo.archipelago.settings import Places
from synnefo.blocks.durable import DISK, Medium, make_directory
from synnefo.blocks.filed import FiledStore
from synnefo.blocks.maps import MapStore


@dataclass(frozen=True)
class Shelf:
    """The stores under the volumes."""

    places: Places
    blocks: FiledStore
    block_maps: MapStore
    privates: Privates
    leases: Leases
    maps: Path
    boot: bytes
    medium: Medium

    def map_path(self, name: str) -> Path:
        """Tell where the map of a volume lies."""
        return self.maps / check_name(name)

    def header(self, name: str) -> Header:
        """Read what is known of a volume; VolumeMissing for a removed one too."""
        header = self.any_header(name)
        if header is None or header.is_deleted:
            raise VolumeMissing(name)
        return header

    def any_header(self, name: str) -> Header | None:
        """Read a header, a removed volume's too; None when the name was never used."""
        try:
            return mapfile.read_header(self.map_path(name))
        except FileNotFoundError:
            return None

    def load(self, name: str) -> mapfile.Loaded:
        """Read the whole map of a volume."""
        try:
            loaded = mapfile.load(self.map_path(name), self.boot)
        except FileNotFoundError:
            raise VolumeMissing(name) from None
        if loaded.header.is_deleted:
            raise VolumeMissing(name)
        return loaded

    def names(self) -> Iterator[str]:
        """Walk the names of maps, removed ones too."""
        yield from (e.name for e in os.scandir(self.maps) if not e.name.startswith("."))


def open_shelf(places: Places, *, medium: Medium = DISK, boot: bytes | None = None) -> Shelf:
    """Open the stores; what is missing is made."""
    maps = places.volumes / "maps"
    make_directory(maps, medium)
    return Shelf(
        places=places,
        blocks=FiledStore(places.blocks, medium=medium),
        block_maps=MapStore(places.block_maps, medium=medium),
        privates=Privates(places.volumes / "data", medium),
        leases=Leases(places.volumes / "locks", places.owner, medium),
        maps=maps,
        boot=boot or boot_id(),
        medium=medium,
    )


def new_generation() -> bytes:
    """Name a generation of private blocks that never was before."""
    return secrets.token_bytes(16)
