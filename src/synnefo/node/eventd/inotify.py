"""What changes in a folder, as the kernel tells it."""

import ctypes
import os
import select
import struct
from pathlib import Path

CLOSE_WRITE = 0x8
MOVED_TO = 0x80
OVERFLOW = 0x4000
IGNORED = 0x8000
_HEAD = struct.Struct("iIII")
_libc = ctypes.CDLL(None, use_errno=True)


class Watch:
    """Names of the files that are written into a folder or moved there."""

    def __init__(self, folder: Path) -> None:
        self._file = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        _check(self._file)
        try:
            _check(
                _libc.inotify_add_watch(
                    self._file, os.fsencode(folder), ctypes.c_uint32(CLOSE_WRITE | MOVED_TO)
                )
            )
        except OSError:
            os.close(self._file)
            raise
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)
        self.is_broken = False
        """Whether something was missed: the folder must be looked through, and watched anew."""

    def close(self) -> None:
        """Stop watching."""
        os.close(self._file)

    def wait(self, seconds: float) -> list[str]:
        """Answer what changed, each name once; empty when nothing does for so long."""
        if not self._poll.poll(seconds * 1000):
            return []
        names: dict[str, None] = {}
        data = os.read(self._file, 65536)
        place = 0
        while place < len(data):
            _watch, mask, _cookie, length = _HEAD.unpack_from(data, place)
            place += _HEAD.size + length
            if mask & (OVERFLOW | IGNORED):
                self.is_broken = True
            name = data[place - length : place].rstrip(b"\0")
            if name:
                names[os.fsdecode(name)] = None
        return list(names)


def _check(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
