"""Byte ranges of volumes and of the files under them."""

import os

from synnefo.archipelago.entries import BLOCK
from synnefo.archipelago.privates import punch
from synnefo.blocks.durable import write_all

WRITE_PIECE = 64 * 1024
"""Longest single write to a private block.

The kernel caches a long write in folios of its length, and pays for every later small write to
such a folio by its size: 4 KiB into a 2 MiB folio costs five times more than into a 64 KiB one.
"""

_PIECE = 1024 * 1024


def write_pieces(fd: int, data: memoryview | bytes, offset: int) -> None:
    """Write every byte at a place, so that small writes to it stay cheap."""
    view = memoryview(data)
    for at in range(0, len(view), WRITE_PIECE):
        write_all(fd, view[at : at + WRITE_PIECE], offset + at)


def pieces(offset: int, length: int) -> list[tuple[int, int, int]]:
    """Cut a range at the borders of blocks: index, first and last byte within."""
    found = []
    end = offset + length
    while offset < end:
        index, start = divmod(offset, BLOCK)
        stop = min(BLOCK, end - index * BLOCK)
        found.append((index, start, stop))
        offset = index * BLOCK + stop
    return found


def read_into(fd: int, offset: int, target: memoryview) -> None:
    """Fill a zeroed target as far as the file goes."""
    done = 0
    while done < len(target):
        count = os.preadv(fd, [target[done:]], offset + done)
        if count == 0:
            return
        done += count


def copy(source: int, target: int, start: int, end: int) -> None:
    """Copy a range; past the end of the source the target becomes zeros."""
    while start < end:
        data = os.pread(source, min(_PIECE, end - start), start)
        if not data:
            punch(target, start, end - start)
            return
        write_pieces(target, data, start)
        start += len(data)
