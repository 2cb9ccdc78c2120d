"""Sending files block by block: only what the other side lacks travels. Spec: kamaki 7.2."""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from kamaki.errors import KamakiError
from kamaki.output import Bar
from kamaki.places import Place
from synnefo.blocks.hashing import BLOCK_SIZE, strip
from synnefo.clients.pithos_shapes import HashMap, MissingBlocks, Stored
from synnefo.kit.faults import PreconditionFailed, ServiceUnavailable

T = TypeVar("T")
ROUNDS = 7
"""Rounds without progress after which an upload is given up."""


class Receiver(Protocol):
    """The part of a storage client that takes objects made of blocks."""

    def put_hashmap(
        self, container: str, name: str, hashmap: HashMap, *, content_type: str,
        headers: Mapping[str, str],
    ) -> Stored:  # fmt: skip
        """Make an object of stored blocks; MissingBlocks tells which to send first."""

    def put_block(self, container: str, block: bytes) -> str:
        """Keep one block; tell its name."""


class Grain(msgspec.Struct, frozen=True):
    """How a container cuts objects into blocks and names these."""

    size: int = BLOCK_SIZE
    kind: str = "sha256"

    def name(self, block: bytes) -> str:
        """Name a block by its content without trailing zeros. Spec: kamaki 7.1."""
        return hashlib.new(self.kind, strip(block)).hexdigest()


class Options(msgspec.Struct, frozen=True):
    """How to move a file."""

    threads: int = 5
    bar: bool = True
    force: bool = False
    content_type: str = "application/octet-stream"
    headers: Mapping[str, str] = {}


class Upload(msgspec.Struct, frozen=True):
    """One file on its way to its place; block uploads go to one's `own` account."""

    file: Path
    to: Place
    receiver: Receiver
    own: Receiver
    grain: Grain = Grain()
    options: Options = Options()

    def run(self) -> Stored:
        """Offer the map, send what is missing, offer it again until it is taken."""
        hashmap = HashMap(self.file.stat().st_size, self._hashes())
        left, idle = -1, 0
        while True:
            try:
                return self._offer(hashmap)
            except MissingBlocks as missing:
                idle = idle + 1 if len(missing.hashes) == left else 0
                left = len(missing.hashes)
                if idle >= ROUNDS:
                    told = f"{left} blocks failed to upload"
                    raise KamakiError(told, importance=3) from missing
                self._send(hashmap, missing.hashes)

    def _offer(self, hashmap: HashMap) -> Stored:
        fresh = {} if self.options.force else {"If-None-Match": "*"}
        try:
            return self.receiver.put_hashmap(
                self.to.container,
                self.to.name,
                hashmap,
                content_type=self.options.content_type,
                headers={**self.options.headers, **fresh},
            )
        except PreconditionFailed as error:
            raise KamakiError(
                f"Object {self.to} already exists",
                details=["To replace it, use -f or --force."],
            ) from error

    def _hashes(self) -> list[str]:
        size, step = self.file.stat().st_size, self.grain.size
        bar = Bar("Calculating block hashes", size, shown=self.options.bar)
        with self.file.open("rb") as source:
            descriptor = source.fileno()

            def name(offset: int) -> str:
                block = os.pread(descriptor, step, offset)
                bar.add(len(block))
                return self.grain.name(block)

            with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
                found = list(pool.map(name, range(0, size, step)))
        bar.end()
        return found

    def _send(self, hashmap: HashMap, wanted: list[str]) -> None:
        first = {name: index for index, name in reversed(list(enumerate(hashmap.hashes)))}
        bar = Bar(f"Uploading {self.file.name}", len(wanted), shown=self.options.bar)
        with self.file.open("rb") as source:
            descriptor = source.fileno()

            def send(name: str) -> None:
                offset = first[name] * self.grain.size
                block = os.pread(descriptor, self.grain.size, offset)
                self._send_block(name, block)
                bar.add(1)

            in_parallel(send, wanted, self.options.threads)
        bar.end()

    def _send_block(self, name: str, block: bytes) -> None:
        """Send one block; what the service is too busy for is sent in the next round."""
        try:
            sent = self.own.put_block(self.to.container, block)
        except ServiceUnavailable:
            return
        if sent != name:
            raise KamakiError(f"{self.file} changed while it was uploaded. Upload it again.")


def in_parallel(work: Callable[[T], None], things: Iterable[T], threads: int) -> None:
    """Do something with each of many things; the first failure drops what has not begun."""
    pool = ThreadPoolExecutor(threads)
    try:
        for _done in pool.map(work, things):
            pass
    finally:
        pool.shutdown(cancel_futures=True)
