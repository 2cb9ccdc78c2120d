"""Making struct types ready before threads use them.

msgspec learns how to decode a type when it first decodes it, and while one thread learns, another
finds the half of it: the process dies of a segmentation fault.
"""

import contextlib
from collections.abc import Iterator

import msgspec


def ready_all() -> int:
    """Let msgspec learn every struct type that is loaded; count them.

    Every program that decodes in threads calls this when its modules are loaded, before it starts
    the first thread.
    """
    count = 0
    for kind in _below(msgspec.Struct):
        with contextlib.suppress(TypeError, NameError):  # some are for no wire
            msgspec.json.Decoder(kind)
            count += 1
    return count


def _below(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    below: list[type[msgspec.Struct]] = kind.__subclasses__()
    for one in below:
        yield one
        yield from _below(one)
