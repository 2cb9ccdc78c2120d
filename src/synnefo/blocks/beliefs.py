"""Which blocks are known to be sound, in a small table that the processes of a host share."""

import hashlib
import mmap
import os
import struct
from pathlib import Path

from synnefo.kit.logs import get_logger

log = get_logger(__name__)

SLOTS = 1 << 17
"""Blocks that are kept in mind; half a TiB of full ones. A newer one takes an older one's slot."""
_ENTRY = 32
_UNTIL = struct.Struct("d")
_BOOT = Path("/proc/sys/kernel/random/boot_id")

Identity = tuple[int, int, int, int]


def identity(fd: int) -> Identity:
    """Tell one state of one file from every other."""
    told = os.fstat(fd)
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns


class Beliefs:
    """Until when a file is believed to hold the block that its name says.

    Times are of the host's monotonic clock. An entry is its own proof: one that was half written,
    or written before the host started, counts as none.
    """

    def __init__(self, place: Path | None) -> None:
        """Share a file with other processes, or keep to oneself where there is none."""
        self._table = _table(place)
        self._key = _BOOT.read_bytes()[:36] if _BOOT.exists() else b""

    def remember(self, name: str, found: Identity, until: float) -> None:
        """Believe in a file up to a moment."""
        at = _place(name)
        self._table[at : at + _ENTRY] = self._entry(name, found, _UNTIL.pack(until))

    def until(self, name: str, found: Identity) -> float:
        """Tell up to which moment a file is believed; 0 when it is not known."""
        at = _place(name)
        entry = self._table[at : at + _ENTRY]
        end = entry[-_UNTIL.size :]
        return float(_UNTIL.unpack(end)[0]) if entry == self._entry(name, found, end) else 0.0

    def forget(self, name: str) -> None:
        """Believe nothing of a block."""
        at = _place(name)
        self._table[at : at + _ENTRY] = bytes(_ENTRY)

    def _entry(self, name: str, found: Identity, until: bytes) -> bytes:
        text = f"{name} {found}".encode() + until
        size = _ENTRY - _UNTIL.size
        return hashlib.blake2b(text, key=self._key, digest_size=size).digest() + until


def _place(name: str) -> int:
    return int(name[:12], 16) % SLOTS * _ENTRY


def _table(place: Path | None) -> mmap.mmap:
    size = SLOTS * _ENTRY
    if place is not None:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.ftruncate(fd, size)
                return mmap.mmap(fd, size)
            finally:
                os.close(fd)
        except OSError as error:
            log.warning("beliefs-not-shared", error=str(error))
    return mmap.mmap(-1, size)
