"""Bodies of uploads, checked against what their sender said about them.

A body that is not as announced raises at its end, before anything refers to what was stored.
"""

import base64
import binascii
import hashlib
import hmac
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, TooLarge
from synnefo.kit.units import is_number
from synnefo.pithos.api.s3.faults import wrong
from synnefo.pithos.domain import aws_signatures
from synnefo.pithos.domain.aws_signatures import Signature
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.http.call import Call
from synnefo.serve.http.stream import BodySource

STREAMING = "STREAMING-"
_LINE = 8192
_PIECE = 256 * 1024


class Signed(msgspec.Struct, frozen=True):
    """How a request was signed, and the key that checks its chunks."""

    signature: Signature
    key: bytes


class Digest(Protocol):
    """A sum over a body."""

    def update(self, data: memoryview, /) -> None:
        """Take more of the body in."""

    def digest(self) -> bytes:
        """Answer the sum."""


class Crc32:
    """The checksum that most clients send by themselves."""

    def __init__(self) -> None:
        self._sum = 0

    def update(self, data: memoryview, /) -> None:
        """Take more of the body in."""
        self._sum = zlib.crc32(data, self._sum)

    def digest(self) -> bytes:
        """Answer the sum, its highest byte first."""
        return self._sum.to_bytes(4)


_SUMS: dict[str, Callable[[], Digest]] = {
    "x-amz-checksum-crc32": Crc32,
    "x-amz-checksum-sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "x-amz-checksum-sha256": hashlib.sha256,
}


class Filled(Protocol):
    """Where a body comes from."""

    length: int | None

    def fill(self, view: memoryview, /) -> int:
        """Fill a buffer; fewer bytes than asked mean the end."""


class CheckedBody:
    """A body whose sums are made as it passes; one that does not fit is refused at its end."""

    def __init__(self, source: Filled, wanted: Mapping[str, str]) -> None:
        self.length = source.length
        self._source = source
        self._wanted = dict(wanted)
        self._sums: dict[str, Digest] = {name: _sum_of(name) for name in wanted}
        self._received = 0

    def fill(self, view: memoryview, /) -> int:
        """Fill a buffer from its start."""
        filled = self._source.fill(view)
        for digest in self._sums.values():
            digest.update(view[:filled])
        self._received += filled
        if filled < len(view) or self._received == self.length:
            self._check()
        return filled

    def _check(self) -> None:
        for name, digest in self._sums.items():
            told = self._wanted[name]
            made = digest.digest()
            right = made.hex() if name == "sha256" else base64.b64encode(made).decode()
            if told != right:
                code = "XAmzContentSHA256Mismatch" if name == "sha256" else "BadDigest"
                raise BadRequest(
                    "The body is not what its checksum says; nothing was stored.", details=code
                )


def _sum_of(name: str) -> Digest:
    made: Digest
    if name == "sha256":
        made = hashlib.sha256()
    elif name == "md5":
        made = hashlib.md5(usedforsecurity=False)
    else:
        made = _SUMS[name]()
    return made


class ChunkedBody:
    """A body in Amazon's chunks, signed one after the other or not at all, with trailers."""

    def __init__(self, call: Call, signed: Signed, length: int) -> None:
        self.length: int | None = length
        self._input = call.body
        self._signed = signed if signed.signature.payload.startswith("STREAMING-AWS4") else None
        self._before = signed.signature.signature
        self._left = 0
        self._hash = hashlib.sha256()
        self._given = ""
        self._received = 0
        self._is_over = False
        self._sums: dict[str, Digest] = {}
        trailer = str(call.headers.get("X-Amz-Trailer", "")).strip().lower()
        if trailer in _SUMS:
            self._sums[trailer] = _sum_of(trailer)

    def fill(self, view: memoryview, /) -> int:
        """Fill a buffer from its start; the end is read too as soon as all data is there."""
        filled = 0
        while filled < len(view) and not self._is_over:
            if not self._left:
                self._next_chunk()
                continue
            piece = self._read(min(self._left, len(view) - filled, _PIECE))
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._take(memoryview(piece))
        if self._received == self.length and not self._is_over and not self._left:
            self._next_chunk()
        return filled

    def _take(self, piece: memoryview) -> None:
        self._left -= len(piece)
        self._received += len(piece)
        if self._signed:
            self._hash.update(piece)
        for digest in self._sums.values():
            digest.update(piece)
        if self._received > (self.length or 0):
            raise wrong("The body is longer than it says.", "IncompleteBody")
        if not self._left:
            self._end_chunk()
            if self._line():
                raise wrong("The chunks of the body are not as they must be.", "IncompleteBody")

    def _next_chunk(self) -> None:
        size, _, rest = self._line().partition(";")
        try:
            self._left = int(size, 16)
        except ValueError as error:
            raise wrong("The chunks of the body are not as they must be.") from error
        self._given = rest.partition("chunk-signature=")[2].strip()
        self._hash = hashlib.sha256()
        if not self._left:
            self._end_chunk()
            self._finish()

    def _end_chunk(self) -> None:
        if self._signed is None:
            return
        told, digest = self._signed.signature, self._hash.hexdigest()
        made = aws_signatures.of_chunk(told, self._signed.key, self._before, digest)
        if not hmac.compare_digest(made.encode(), self._given.encode()):
            raise BadRequest("A chunk is not signed as it must be.", details="AccessDenied")
        self._before = self._given

    def _finish(self) -> None:
        """Read the trailers and compare the checksum among them."""
        self._is_over = True
        if self._received != self.length:
            raise wrong("The body is shorter than it says.", "IncompleteBody")
        while line := self._line():
            name, _, value = line.partition(":")
            digest = self._sums.get(name.strip().lower())
            if digest is not None:
                made = base64.b64encode(digest.digest()).decode()
                if made != value.strip():
                    raise BadRequest(
                        "The body is not what its checksum says; nothing was stored.",
                        details="BadDigest",
                    )

    def _line(self) -> str:
        found: bytes = self._input.readline(_LINE)  # type: ignore[attr-defined] # WSGI has it
        return found.decode("latin-1").rstrip("\r\n")

    def _read(self, size: int) -> bytes:
        found = self._input.read(size)
        if not found:
            raise wrong("The body ended too early; nothing was stored.", "IncompleteBody")
        return found


def body_of(call: Call, signed: Signed) -> Filled:
    """Answer the body of an upload, checked by every sum that came with it."""
    limit = conf.of(PithosSettings).pithos_max_upload_size
    payload = signed.signature.payload
    if payload.startswith(STREAMING):
        text = str(call.headers.get("X-Amz-Decoded-Content-Length", ""))
        if not is_number(text):
            raise wrong("Send x-amz-decoded-content-length.", "MissingContentLength")
        if int(text) > limit:
            raise TooLarge(f"One upload carries at most {limit} bytes.", details="EntityTooLarge")
        return _checked(call, ChunkedBody(call, signed, int(text)), {})
    source = BodySource(call.meta, limit=limit)
    if source.length is None:
        raise wrong("Send Content-Length.", "MissingContentLength")
    sums = {} if payload == aws_signatures.UNSIGNED else {"sha256": payload}
    return _checked(call, source, sums)


def _checked(call: Call, source: Filled, sums: dict[str, str]) -> Filled:
    digest = str(call.headers.get("Content-MD5", ""))
    if digest:
        try:
            base64.b64decode(digest, validate=True)
        except binascii.Error as error:
            raise wrong("Content-MD5 is no MD5 in base64.", "InvalidDigest") from error
        sums["md5"] = digest
    for name in _SUMS:
        if call.headers.get(name):
            sums[name] = str(call.headers.get(name))
    return CheckedBody(source, sums) if sums else source
