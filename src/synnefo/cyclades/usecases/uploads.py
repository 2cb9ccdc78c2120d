"""A file on its way in: looked at, counted and hashed while it passes.

The MD5 is left to the storage, which needs it anyway, unless the sender told one.

The last piece is held back until everything is checked, so that a refused or cut off file never
becomes the content of an image.
"""

import hashlib
from collections.abc import Iterator
from typing import Protocol

import msgspec

from synnefo.cyclades.domain import image_formats
from synnefo.kit.faults import BadRequest, Fault, TooLarge
from synnefo.kit.units import MIB, human_size

PIECE = MIB


class Source(Protocol):
    """Something that bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes; nothing at the end."""
        ...


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender said of the file; what is empty was not told."""

    disk_format: str
    size: int | None = None
    largest: int
    md5: str = ""
    sha256: str = ""
    sha512: str = ""


class Upload:
    """One pass of a file; iterate over it once."""

    def __init__(self, source: Source, expected: Expected) -> None:
        self._source = source
        self._expected = expected
        wanted = [name for name in ("md5", "sha256") if getattr(expected, name)]
        self._hashes = {
            name: hashlib.new(name, usedforsecurity=False) for name in ("sha512", *wanted)
        }
        self.head = b""
        self.size = 0
        self.failure: Fault | None = None

    @property
    def sha512(self) -> str:
        """Tell the SHA-512 of what passed."""
        return self._hashes["sha512"].hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._checked()
        except Fault as fault:
            self.failure = fault
            raise

    def _checked(self) -> Iterator[bytes]:
        held = self._first()
        image_formats.check_claim(
            self._expected.disk_format, self.head, largest=self._expected.largest
        )
        while piece := self._next(PIECE):
            yield held
            held = piece
        self._check_end()
        yield held

    def _first(self) -> bytes:
        pieces = bytearray()
        while len(pieces) < image_formats.HEAD and (piece := self._next(PIECE)):
            pieces += piece
        self.head = bytes(pieces[: image_formats.HEAD])
        return bytes(pieces)

    def _next(self, most: int) -> bytes:
        wanted = most
        if self._expected.size is not None:
            wanted = min(most, self._expected.size - self.size)
        try:
            piece = self._source.read(wanted) if wanted else b""
        except (OSError, EOFError) as error:
            raise _cut_off(self.size) from error
        if not piece and wanted and self._expected.size is not None:
            raise _cut_off(self.size)
        self.size += len(piece)
        if self.size > self._expected.largest:
            raise TooLarge(f"An image has at most {human_size(self._expected.largest)} here.")
        for one in self._hashes.values():
            one.update(piece)
        return piece

    def _check_end(self) -> None:
        for name, one in self._hashes.items():
            wanted = getattr(self._expected, name)
            if wanted and wanted.lower() != one.hexdigest():
                raise BadRequest(
                    f"The file that arrived is not the one that was sent: its {name} is"
                    f" {one.hexdigest()}, not {wanted}. Upload it again."
                )
        image_formats.check_whole(self._expected.disk_format, self.head, self.size)


def _cut_off(size: int) -> BadRequest:
    return BadRequest(f"The upload was cut off after {size} bytes. Nothing was stored; try again.")
