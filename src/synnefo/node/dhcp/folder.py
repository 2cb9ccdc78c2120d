"""Hears which files of a folder change."""

import ctypes
import os
import struct
from pathlib import Path

_WRITTEN, _GONE, _OVERFLOW = 0x8 | 0x80, 0x200 | 0x40, 0x4000
_EVENT = struct.Struct("iIII")
_CLOEXEC_NONBLOCK = os.O_CLOEXEC | os.O_NONBLOCK
_libc = ctypes.CDLL(None, use_errno=True)


class FolderWatch:
    """An inotify watch; its `fileno` becomes readable when something changed."""

    def __init__(self, folder: Path) -> None:
        self._fd = int(_libc.inotify_init1(_CLOEXEC_NONBLOCK))
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "inotify cannot be used")
        wanted = _libc.inotify_add_watch(self._fd, os.fsencode(folder), _WRITTEN | _GONE)
        if wanted < 0:
            os.close(self._fd)
            raise OSError(ctypes.get_errno(), f"{folder} cannot be watched")

    def fileno(self) -> int:
        """Answer the descriptor to wait on."""
        return self._fd

    def close(self) -> None:
        """Stop hearing."""
        os.close(self._fd)

    def changes(self) -> set[str] | None:
        """Answer the names that were written or removed; None when too many changed to tell."""
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return set()
        names: set[str] = set()
        at = 0
        while at < len(data):
            _watch, mask, _cookie, size = _EVENT.unpack_from(data, at)
            if mask & _OVERFLOW:
                return None
            at += _EVENT.size
            names.add(os.fsdecode(data[at : at + size].rstrip(b"\0")))
            at += size
        return names
