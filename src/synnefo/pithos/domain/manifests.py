"""Objects made of other objects, dynamic and static. Spec: object-storage 7.7, 18."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

import msgspec

from synnefo.kit.faults import BadRequest
from synnefo.pithos.domain.ranges import Span

MANIFEST = "X-Object-Manifest"
"""The header, and the metadata item, that makes an object a name for many."""
MAX_SEGMENTS = 1000
MAX_MANIFEST = 8 * 1024 * 1024


class Wanted(msgspec.Struct):
    """One segment as a client lists it in a static manifest."""

    path: str
    etag: str | None = None
    size_bytes: int | None = None
    range: str | None = None


class Segment(msgspec.Struct, frozen=True):
    """One piece of a large object: where it lies and which of its bytes count."""

    container: str
    name: str
    etag: str
    span: Span


class Slice(msgspec.Struct, frozen=True):
    """The bytes of one segment that a read needs."""

    segment: int
    span: Span


def segments_wanted(body: bytes) -> list[Wanted]:
    """Read a static manifest as clients send it."""
    try:
        wanted = msgspec.json.decode(body, type=list[Wanted])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"The manifest is not a JSON list of segments: {error}.") from error
    if not 1 <= len(wanted) <= MAX_SEGMENTS:
        raise BadRequest(f"A manifest lists 1 to {MAX_SEGMENTS} segments.")
    return wanted


def dynamic_prefix(header: str) -> tuple[str, str]:
    """Read `container/prefix` of X-Object-Manifest."""
    container, _, prefix = unquote(header).lstrip("/").partition("/")
    if not container or not prefix:
        raise BadRequest("X-Object-Manifest is written container/prefix.")
    return container, prefix


def etag_of(parts: Iterable[str]) -> str:
    """Tell the ETag of a large object: the MD5 of its segments' ETags in a row."""
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def etag_of_segment(segment: Segment, size: int) -> str:
    """Tell what a segment puts into the whole's ETag; a part of it says which part."""
    if segment.span == Span(0, size):
        return segment.etag
    return f"{segment.etag}:{segment.span.start}-{segment.span.stop - 1};"


def cut(lengths: Sequence[int], span: Span) -> Iterator[Slice]:
    """Tell which bytes of which segments make up a span of the whole."""
    begin = 0
    for index, length in enumerate(lengths):
        low, high = max(span.start, begin), min(span.stop, begin + length)
        if low < high:
            yield Slice(index, Span(low - begin, high - begin))
        begin += length
