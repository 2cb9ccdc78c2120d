"""One request at a time: what the inner loop does not do itself."""

import errno

from synnefo.archipelago.faults import ReadOnly, VolumeFault
from synnefo.archipelago.nbd.protocol import Command, Wish, wire_error
from synnefo.archipelago.volume import Volume
from synnefo.blocks.port import StoreFault, StoreFull

_ALLOWED: dict[int, int] = {
    Command.READ: int(Wish.FUA),
    Command.WRITE: int(Wish.FUA),
    Command.FLUSH: int(Wish.FUA),
    Command.TRIM: int(Wish.FUA),
    Command.WRITE_ZEROES: int(Wish.FUA | Wish.NO_HOLE),
}
_TAKES_SPACE = frozenset({Command.WRITE, Command.WRITE_ZEROES})


def refusal(volume: Volume, command: int, flags: int, extent: tuple[int, int]) -> int:
    """Tell with which error a request must be refused; 0 when it may be done.

    An extent is offset and length in bytes.
    """
    if command not in _ALLOWED or flags & ~_ALLOWED[command]:
        return errno.EINVAL
    if command == Command.FLUSH:
        return 0
    offset, length = extent
    if command != Command.READ and volume.header.is_readonly:
        return errno.EPERM
    if length == 0:
        return errno.EINVAL
    if offset + length > volume.size:
        return errno.ENOSPC if command in _TAKES_SPACE else errno.EINVAL
    return 0


def read(volume: Volume, flags: int, offset: int, length: int) -> tuple[int, bytes | bytearray]:
    """Read; the error, or 0 with the data."""
    code = refusal(volume, Command.READ, flags, (offset, length))
    if code:
        return code, b""
    try:
        return 0, volume.read(offset, length)
    except (OSError, VolumeFault, StoreFault) as error:
        return _code(error), b""


def change(
    volume: Volume,
    command: int,
    flags: int,
    extent: tuple[int, int],
    *,
    data: memoryview | None = None,
) -> int:
    """Write, zero, trim or flush; return the error or 0."""
    code = refusal(volume, command, flags, extent)
    if code:
        return code
    try:
        _do(volume, command, flags, extent, data=data)
        if flags & Wish.FUA and command != Command.FLUSH:
            volume.sync_blocks(*extent)
    except (OSError, VolumeFault, StoreFault) as error:
        return _code(error)
    return 0


def _do(
    volume: Volume,
    command: int,
    flags: int,
    extent: tuple[int, int],
    *,
    data: memoryview | None = None,
) -> None:
    if command == Command.FLUSH:
        if volume.is_writable:
            volume.flush()
    elif command == Command.WRITE and data is not None:
        volume.write(extent[0], data)
    elif command == Command.TRIM:
        volume.trim(*extent)
    else:
        volume.write_zeroes(*extent, keep_space=bool(flags & Wish.NO_HOLE))


def _code(error: Exception) -> int:
    """Choose the error that a guest sees."""
    if isinstance(error, ReadOnly):
        return errno.EPERM
    if isinstance(error, StoreFull):
        return errno.ENOSPC
    return wire_error(error.errno) if isinstance(error, OSError) else errno.EIO
