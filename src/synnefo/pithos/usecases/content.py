"""Bytes in and out: bodies become blocks, blocks become answers; memory stays flat.

Spec: object-storage 15.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Protocol

import msgspec

from synnefo.blocks.hashing import hash_block
from synnefo.blocks.pipeline import BlockPipeline
from synnefo.blocks.port import StoreFault
from synnefo.kit.units import KIB
from synnefo.pithos.domain.ranges import Span
from synnefo.pithos.engines import blocks
from synnefo.pithos.models import SmallBlock
from synnefo.pithos.usecases.found import INLINE
from synnefo.wire.hashmaps import DIGEST_SIZE, NOTHING, root_of_digests

SMALL = 256 * KIB
"""Bodies up to this size take one buffer of their own and no thread."""
PIECE = 256 * KIB
"""Bytes handed on at once: few enough to stay in the processor's cache."""


class Source(Protocol):
    """Where bytes come from: a request's body or something read before."""

    length: int | None

    def fill(self, view: memoryview, /) -> int:
        """Fill a buffer from its start; fewer bytes than asked mean the end."""


class Content(msgspec.Struct, frozen=True):
    """Bytes that are in the store: their packed hashes, size and MD5, if it is known."""

    digests: bytes
    size: int
    checksum: str = ""
    data: bytes = b""
    """The bytes themselves where they go into the database and not into the store."""

    @property
    def root(self) -> str:
        """Name the content. Spec: object-storage 15.2."""
        return root_of_digests(self.digests)


EMPTY = Content(b"", 0, hashlib.md5(b"", usedforsecurity=False).hexdigest())


class Lines:
    """A source made of pieces in memory."""

    def __init__(self, data: bytes) -> None:
        self.length: int | None = len(data)
        self._rest = memoryview(data)

    def fill(self, view: memoryview, /) -> int:
        """Fill a buffer from its start."""
        piece = self._rest[: len(view)]
        view[: len(piece)] = piece
        self._rest = self._rest[len(piece) :]
        return len(piece)


class Pieces:
    """A source made of pieces that come one after the other."""

    def __init__(self, pieces: Iterator[bytes], length: int) -> None:
        self.length: int | None = length
        self._pieces = pieces
        self._rest = memoryview(b"")

    def fill(self, view: memoryview, /) -> int:
        """Fill a buffer from its start."""
        filled = 0
        while filled < len(view):
            if not self._rest:
                piece = next(self._pieces, b"")
                if not piece:
                    break
                self._rest = memoryview(piece)
            taken = self._rest[: len(view) - filled]
            view[filled : filled + len(taken)] = taken
            self._rest = self._rest[len(taken) :]
            filled += len(taken)
        return filled


def receive(source: Source, *, is_apart: bool = False, is_md5_made: bool = True) -> Content:
    """Store a body as blocks; on return they are durable, and nothing refers to them yet.

    A small one is only read, unless it must be in the store `is_apart` from any object. MD5 costs
    more than twice what the blocks' own names do, so a large body can go without.
    """
    if source.length == 0:
        return EMPTY
    if not is_apart and source.length is not None and source.length <= INLINE:
        return _receive_inline(source, source.length)
    with blocks.told():
        if source.length is not None and source.length <= SMALL:
            return _receive_small(source, source.length)
        return _receive_large(source, is_md5_made=is_md5_made)


def _receive_inline(source: Source, length: int) -> Content:
    data = bytearray(length)
    source.fill(memoryview(data))
    checksum = hashlib.md5(data, usedforsecurity=False).hexdigest()
    name = hash_block(data)
    kept = b"" if name == NOTHING else bytes(data)
    return Content(bytes.fromhex(name), length, checksum, kept)


def _receive_small(source: Source, length: int) -> Content:
    data = bytearray(length)
    filled = source.fill(memoryview(data))
    if filled < length:
        del data[filled:]
    name = blocks.store().put(data)
    checksum = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return Content(bytes.fromhex(name), len(data), checksum)


def _receive_large(source: Source, *, is_md5_made: bool) -> Content:
    digest = hashlib.md5(usedforsecurity=False) if is_md5_made else None
    size = 0
    with BlockPipeline(blocks.store(), blocks.writers()) as pipeline:
        while True:
            buffer = pipeline.buffer()
            filled = source.fill(buffer)
            if not filled:
                break
            pipeline.submit(buffer, filled, digest.update if digest else None)
            size += filled
            if filled < len(buffer):
                break
        names = pipeline.finish()
    return Content(bytes.fromhex("".join(names)), size, digest.hexdigest() if digest else "")


def receive_blocks(source: Source) -> list[str]:
    """Store a body cut into blocks and tell their hashes. Spec: object-storage 6.4."""
    return _hex(receive(source, is_apart=True).digests)


def _hex(digests: bytes) -> list[str]:
    text = digests.hex()
    return [text[at : at + 64] for at in range(0, len(text), 64)]


def hashes_told(digests: bytes) -> list[str]:
    """List a content's hashes as the API tells them: of nothing, it is the hash of nothing."""
    return _hex(digests) or [NOTHING]


class Outlet(Protocol):
    """A way to the reader for parts of files, past this process' memory."""

    def send(self, fd: int, offset: int, length: int) -> int:
        """Send a part of a file; tell how much of it was there."""


def stream(digests: bytes, span: Span, outlet: Outlet | None = None) -> Iterator[bytes]:
    """Read the bytes of a span, at most `PIECE` at once; the first piece is read here and now.

    So a fault of the first block is told before any answer has begun; a later one cuts it off.
    With an outlet only the first block and zeros are given here, the rest goes out by itself.
    """
    pieces = _streamed(digests, span, outlet)
    return chain((next(pieces, b""),), pieces)


def _streamed(digests: bytes, span: Span, outlet: Outlet | None) -> Iterator[bytes]:
    block_size = blocks.store().block_size
    position = span.start
    while position < span.stop:
        index, offset = divmod(position, block_size)
        name = digests[index * DIGEST_SIZE : (index + 1) * DIGEST_SIZE].hex()
        length = min(block_size - offset, span.stop - position)
        way = outlet if position > span.start else None
        yield from _block(name, Span(offset, offset + length), way)
        position += length


def _block(name: str, span: Span, outlet: Outlet | None) -> Iterator[bytes]:
    """Read a part of one sound block; what lies past its stored end is zeros."""
    try:
        fd = -1 if name == NOTHING else blocks.sound(name)
    except StoreFault:
        data = small(name)
        if data is not None:
            yield padded(data, span)
            return
        with blocks.told():
            raise
    try:
        sent = outlet.send(fd, span.start, span.length) if outlet and fd >= 0 else 0
        yield from _pieces(fd, Span(span.start + sent, span.stop))
    finally:
        if fd >= 0:
            os.close(fd)


def _pieces(fd: int, span: Span) -> Iterator[bytes]:
    at = span.start
    while at < span.stop:
        wanted = min(PIECE, span.stop - at)
        piece = os.pread(fd, wanted, at) if fd >= 0 else b""
        yield piece or bytes(wanted)
        at += len(piece) or wanted


def padded(data: bytes, span: Span) -> bytes:
    """Cut a span out of bytes whose trailing zeros may be missing."""
    piece = data[span.start : span.stop]
    return piece + bytes(span.length - len(piece))


def small(name: str) -> bytes | None:
    """Answer a block that lies in the database, if it does and is sound."""
    found = SmallBlock.objects.filter(hash=name).values_list("data", flat=True).first()
    return bytes(found) if found is not None and hash_block(found) == name else None


def spill(names: Sequence[str]) -> list[str]:
    """Put blocks that lie in the database into the store too; answer which there were."""
    rows = SmallBlock.objects.filter(hash__in=names).values_list("hash", "data")
    found = []
    with blocks.told():
        for name, data in rows:
            blocks.store().put(bytes(data))
            found.append(name)
    return found


def missing(hashes: list[str]) -> list[str]:
    """List the hashes whose blocks are not stored, each once, in order."""
    with blocks.told():
        found = blocks.store().missing(hashes)
    there: set[str] = set()
    for start in range(0, len(found), 500):
        there.update(spill(found[start : start + 500]))
    return [name for name in found if name not in there]
