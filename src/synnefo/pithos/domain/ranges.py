"""Byte ranges, asked for and written to. Spec: object-storage 7.2.2, 7.5.2; RFC 9110."""

import re

import msgspec

from synnefo.kit.faults import BadRequest, RangeNotSatisfiable

MAX_PARTS = 100
_PART = re.compile(r"^([0-9]{0,18})-([0-9]{0,18})$")
_CONTENT = re.compile(r"^bytes (?:([0-9]{1,18})-([0-9]{0,18})|\*)/([0-9]{1,18}|\*)$")


class Span(msgspec.Struct, frozen=True):
    """Bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """Count the bytes."""
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        """Write the span as a Content-Range header tells it."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


def wanted(header: str | None, size: int) -> list[Span] | None:
    """Read a Range header for an object of `size` bytes; None means all of it.

    RangeNotSatisfiable when it is well formed and no part of it exists.
    """
    parts = _parts(header)
    if parts is None:
        return None
    spans = [span for part in parts if (span := _cut(part, size)) is not None]
    if not spans:
        raise RangeNotSatisfiable(
            f"The object has {size} bytes; none of the asked ones exists.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return spans


def _parts(header: str | None) -> list[tuple[str, str]] | None:
    text = (header or "").replace(" ", "")
    if not text.startswith("bytes="):
        return None
    found = [_PART.match(part) for part in text[6:].split(",") if part]
    if not found or len(found) > MAX_PARTS or not all(_is_sound(match) for match in found):
        return None
    return [(match[1], match[2]) for match in found if match]


def _is_sound(match: re.Match[str] | None) -> bool:
    if match is None or not (match[1] or match[2]):
        return False
    return not (match[1] and match[2]) or int(match[1]) <= int(match[2])


def _cut(part: tuple[str, str], size: int) -> Span | None:
    first, last = part
    if not first:
        span = Span(max(0, size - int(last)), size)
    else:
        span = Span(int(first), min(int(last) + 1, size) if last else size)
    return span if span.start < span.stop else None


class Target(msgspec.Struct, frozen=True):
    """Where new bytes go; `offset` None appends, `length` and `total` may be untold."""

    offset: int | None = None
    length: int | None = None
    total: int | None = None


def target(header: str | None) -> Target:
    """Read the Content-Range of a data update."""
    if not header:
        raise BadRequest("Send Content-Range, such as 'bytes 0-9/*' or 'bytes */*' to append.")
    found = _CONTENT.match(header.strip())
    if found is None:
        raise RangeNotSatisfiable(f"'{header}' is not a Content-Range.")
    total = None if found[3] == "*" else int(found[3])
    if found[1] is None:
        return Target(None, None, total)
    first = int(found[1])
    last = int(found[2]) if found[2] else None
    beyond = total is not None and (first >= total or (last is not None and last >= total))
    if (last is not None and first > last) or beyond:
        raise RangeNotSatisfiable(f"'{header}' does not fit together.")
    return Target(first, None if last is None else last - first + 1, total)
