"""How a block gets its name.

A block's name is the lower-case hex SHA-256 of its content with trailing zeros stripped, so two
blocks that differ only in how many zeros follow the content are one block.
Spec: object-storage 15.1, volumes 2.1.
"""

import hashlib
import re

BLOCK_SIZE = 4 * 1024 * 1024
"""Bytes of a full block, for the whole installation."""

ZERO_NAME = hashlib.sha256(b"").hexdigest()
"""Name of the block that is nothing but zeros: always present, never stored."""

_NAME = re.compile(r"[0-9a-f]{64}\Z")
_ZEROS = bytes(64 * 1024)
_STEPS = (64 * 1024, 4096, 256)
"""Pieces compared from the end: comparing runs at memory speed, `rstrip` does not."""

Buffer = bytes | bytearray | memoryview


def is_name(text: str) -> bool:
    """Tell whether a text can be the name of a block."""
    return _NAME.match(text) is not None


def content_length(data: Buffer) -> int:
    """Count the bytes before the trailing zeros."""
    view = memoryview(data)
    end = len(view)
    for step in _STEPS:
        zeros = _ZEROS[:step]
        while end >= step and view[end - step : end] == zeros:
            end -= step
    tail = bytes(view[max(0, end - _STEPS[-1]) : end])
    return end - len(tail) + len(tail.rstrip(b"\0"))


def is_zero(data: Buffer) -> bool:
    """Tell whether there is nothing but zeros."""
    return content_length(data) == 0


def strip(data: Buffer) -> memoryview:
    """View the content without its trailing zeros; nothing is copied."""
    return memoryview(data)[: content_length(data)]


def hash_block(data: Buffer) -> str:
    """Name a block by its content; the interpreter lock is free while it works."""
    return hashlib.sha256(strip(data)).hexdigest()
