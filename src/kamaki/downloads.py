"""Fetching files block by block: only what the local file lacks travels. Spec: kamaki 7.4."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import msgspec

from kamaki.errors import KamakiError
from kamaki.output import Bar
from kamaki.places import Place
from kamaki.transfers import Grain, Options, in_parallel
from synnefo.clients.pithos_shapes import HashMap
from synnefo.kit.faults import ItemNotFound


class Piece(Protocol):
    """Bytes of an object as they arrive."""

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes."""


class Giver(Protocol):
    """The part of a storage client that hands out objects."""

    def get_hashmap(self, container: str, name: str, *, version: str) -> HashMap:
        """Tell which blocks an object is made of."""

    def get_object(
        self, container: str, name: str, *, offset: int, length: int, version: str
    ) -> AbstractContextManager[Piece]:
        """Give a part of an object."""


class Spot(msgspec.Struct, frozen=True):
    """Where a block lies in the file."""

    offset: int
    length: int


class Download(msgspec.Struct, frozen=True):
    """One object of one version on its way into a file."""

    source: Place
    version: str
    file: Path
    giver: Giver
    options: Options = Options()

    def run(self) -> int:
        """Fetch what the file lacks; answers how many blocks were fetched."""
        if self.file.exists() and not self.options.force:
            raise KamakiError(
                f"{self.file} already exists",
                details=["To resume or replace it, use -f or --resume."],
            )
        hashmap = self.giver.get_hashmap(
            self.source.container, self.source.name, version=self.version
        )
        try:
            return self._fill(hashmap)
        except ItemNotFound as error:
            told = f"{self.source} changed while it was downloaded. Download it again."
            raise KamakiError(told) from error

    def _fill(self, hashmap: HashMap) -> int:
        grain = Grain(hashmap.block_size, hashmap.block_hash)
        with self.file.open("r+b" if self.file.exists() else "w+b") as out:
            descriptor = out.fileno()
            wanted = self._differing(hashmap, grain, descriptor)
            bar = Bar(f"Downloading {self.source.name}", len(wanted), shown=self.options.bar)

            def fetch(item: tuple[str, list[Spot]]) -> None:
                name, spots = item
                block = self._block(name, spots[0], grain)
                for spot in spots:
                    fitting = block[: spot.length].ljust(spot.length, b"\0")
                    os.pwrite(descriptor, fitting, spot.offset)
                bar.add(1)

            in_parallel(fetch, wanted.items(), self.options.threads)
            out.truncate(hashmap.size)
        bar.end()
        return len(wanted)

    def _block(self, name: str, spot: Spot, grain: Grain) -> bytes:
        place, part = self.source, {"offset": spot.offset, "length": spot.length}
        with self.giver.get_object(
            place.container, place.name, version=self.version, **part
        ) as answer:
            block = b"".join(answer.chunks())
        if grain.name(block) != name:
            raise KamakiError(f"A block of {place} arrived broken. Try again with -f.")
        return block

    def _differing(self, hashmap: HashMap, grain: Grain, descriptor: int) -> dict[str, list[Spot]]:
        """Answer the blocks to fetch, each once, with every spot where it belongs.

        A file that ends early lacks nothing where only zeros follow: it is made long enough.
        """
        found: dict[str, list[Spot]] = {}
        for index, name in enumerate(hashmap.hashes):
            offset = index * grain.size
            spot = Spot(offset, min(grain.size, hashmap.size - offset))
            if grain.name(os.pread(descriptor, spot.length, offset)) != name:
                found.setdefault(name, []).append(spot)
        return found
