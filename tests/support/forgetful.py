"""A medium that remembers only what was promised, to simulate power cuts."""

import errno
import os
import random
from pathlib import Path

_PAGE = 4096


class ForgetfulMedium:
    """Records what was synced; `cut` builds the tree that a power cut could have left.

    Of a directory the synced or the present listing survives; of each page of a file the synced
    or the present content. With `good` set, so many syncs succeed and the next finds no power.
    """

    def __init__(self, good: int | None = None) -> None:
        self.good = good
        self._contents: dict[int, bytes] = {}
        self._keep: dict[int, int] = {}
        self._listings: dict[Path, dict[str, tuple[int, bool]]] = {}

    def _count(self) -> None:
        if self.good is not None:
            self.good -= 1
            if self.good < 0:
                raise OSError(errno.EIO, "The power is gone")

    def sync_file(self, fd: int) -> None:
        self._count()
        status = os.fstat(fd)
        if status.st_ino not in self._keep:
            self._keep[status.st_ino] = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)
        self._contents[status.st_ino] = os.pread(self._keep[status.st_ino], status.st_size, 0)

    def sync_directory(self, path: Path) -> None:
        self._count()
        self._listings[path] = self._list(path)

    def cut(self, source: Path, target: Path, choose: random.Random) -> None:
        target.mkdir(parents=True)
        listing = self._listings.get(source, {})
        if source.exists() and choose.random() < 0.5:
            listing = self._list(source)
        for name, (inode, is_directory) in listing.items():
            if is_directory:
                self.cut(source / name, target / name, choose)
            else:
                (target / name).write_bytes(self._survivor(source / name, inode, choose))

    def close(self) -> None:
        for fd in self._keep.values():
            os.close(fd)

    def _list(self, path: Path) -> dict[str, tuple[int, bool]]:
        found = {}
        for entry in os.scandir(path):
            found[entry.name] = (entry.inode(), entry.is_dir())
            if entry.is_file() and entry.inode() not in self._keep:
                self._keep[entry.inode()] = os.open(entry.path, os.O_RDONLY)
        return found

    def _survivor(self, path: Path, inode: int, choose: random.Random) -> bytes:
        synced = self._contents.get(inode, b"")
        fd = self._keep[inode]
        present = os.pread(fd, os.fstat(fd).st_size, 0)
        if present == synced or choose.random() < 0.3:
            return synced
        length = max(len(synced), len(present))
        synced, present = synced.ljust(length, b"\0"), present.ljust(length, b"\0")
        out = bytearray(synced)
        for at in range(0, length, _PAGE):
            if synced[at : at + _PAGE] != present[at : at + _PAGE] and choose.random() < 0.5:
                out[at : at + _PAGE] = present[at : at + _PAGE]
        return bytes(out)
