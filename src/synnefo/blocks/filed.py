"""A block store in a directory of a POSIX filesystem.

`ROOT/data/abc/abc…` holds the blocks, fanned out over 4096 directories by the first three digits
of the name; `ROOT/incoming` the ones being written; `ROOT/leaving` the ones being removed.
All of it is one filesystem.
"""

import contextlib
import errno
import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from synnefo.blocks.durable import (
    DISK,
    Medium,
    digest_of,
    faults,
    make_directory,
    store_fault,
    write_all,
)
from synnefo.blocks.hashing import BLOCK_SIZE, ZERO_NAME, Buffer, hash_block, is_name, strip
from synnefo.blocks.port import BlockMissing

_FAN = 3
_ABANDONED_SECONDS = 24 * 3600.0
_SETTLED_SECONDS = 10.0
_serial = itertools.count()


class FiledStore:
    """Blocks as files: written aside, synced, then given their name."""

    def __init__(self, root: Path, *, block_size: int = BLOCK_SIZE, medium: Medium = DISK) -> None:
        """Use a directory as a store; it is made when missing."""
        self.root = root
        self._block_size = block_size
        self._medium = medium
        self._data = root / "data"
        self._incoming = root / "incoming"
        self._leaving = root / "leaving"
        self._damaged = root / "damaged"
        self._fans: set[str] = set()
        self.on_written: Callable[[str, int], None] | None = None
        """Told the name and a descriptor of each file that was written and synced anew."""
        with faults():
            for place in (self._data, self._incoming, self._leaving):
                make_directory(place, medium)

    @property
    def block_size(self) -> int:
        """Tell the size of a full block in bytes."""
        return self._block_size

    def path(self, name: str) -> Path:
        """Tell where a block lies, whether it is there or not."""
        if not is_name(name):
            raise BlockMissing(name)
        return self._data / name[:_FAN] / name

    def put(self, data: Buffer) -> str:
        """Store a block if it is new and return its name; durable on return."""
        name = hash_block(data)
        self.put_named(name, data)
        return name

    def put_named(self, name: str, data: Buffer) -> None:
        """Store a block whose name the caller has just computed with `hash_block`."""
        if len(data) > self._block_size:
            raise ValueError(f"A block holds at most {self._block_size} bytes, not {len(data)}.")
        if name == ZERO_NAME:
            return
        with faults():
            if not self._renew(name):
                self._write(self.path(name), strip(data))

    def get(self, name: str) -> bytes:
        """Read a whole block without its trailing zeros."""
        if name == ZERO_NAME:
            return b""
        fd = self.open(name)
        try:
            with faults():
                return _read_up_to(fd, 0, os.fstat(fd).st_size)
        finally:
            os.close(fd)

    def size(self, name: str) -> int:
        """Count the stored bytes of a block, trailing zeros not among them."""
        return 0 if name == ZERO_NAME else self._stat(name).st_size

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Read exactly `length` bytes, zeros past the stored content."""
        if name == ZERO_NAME:
            return bytes(length)
        fd = self.open(name)
        try:
            with faults():
                data = _read_up_to(fd, offset, length)
        finally:
            os.close(fd)
        return data if len(data) == length else data + bytes(length - len(data))

    def read_into(self, name: str, offset: int, target: memoryview) -> None:
        """Fill the whole target from `offset` on, zeros past the stored content."""
        filled = 0
        if name != ZERO_NAME:
            fd = self.open(name)
            try:
                with faults():
                    filled = _fill(fd, offset, target)
            finally:
                os.close(fd)
        if filled < len(target):
            target[filled:] = bytes(len(target) - filled)

    def open(self, name: str) -> int:
        """Open a block for reading and return a descriptor that the caller closes."""
        with faults():
            for place in (self.path(name), self._leaving / name, self.path(name)):
                with contextlib.suppress(FileNotFoundError):
                    return os.open(place, os.O_RDONLY | os.O_CLOEXEC)
        raise BlockMissing(name)

    def has(self, name: str) -> bool:
        """Tell whether a block is here, without renewing its lease."""
        return name == ZERO_NAME or (is_name(name) and self.path(name).exists())

    def missing(self, names: Iterable[str]) -> list[str]:
        """List the names that are not here, each once, in order; renew the lease of the others."""
        with faults():
            return [
                name
                for name in dict.fromkeys(names)
                if name != ZERO_NAME and not (is_name(name) and self._renew(name))
            ]

    def verify(self, name: str) -> bool:
        """Read a block from the medium and tell whether its content still makes its name.

        What the kernel keeps of it is dropped before, and after so that others' blocks may stay.
        """
        if name == ZERO_NAME:
            return True
        fd = self.open(name)
        try:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            is_sound = digest_of(fd) == name
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        except OSError as error:
            if error.errno == errno.EIO:
                return False
            raise store_fault(error) from error
        finally:
            os.close(fd)
        return is_sound

    def overwrite(self, name: str, data: Buffer) -> None:
        """Put sound content in the place of a damaged block's; durable on return."""
        with faults():
            self._write(self.path(name), strip(data))

    def set_aside(self, name: str) -> None:
        """Keep a damaged block in `ROOT/damaged`, and miss it from now on."""
        with faults():
            make_directory(self._damaged, self._medium)
            with contextlib.suppress(FileNotFoundError):
                self.path(name).rename(self._damaged / name)

    def names(self) -> Iterator[str]:
        """Walk the names of all stored blocks, in no order."""
        with faults():
            for fan in os.scandir(self._data):
                yield from (entry.name for entry in os.scandir(fan) if is_name(entry.name))

    def idle_seconds(self, name: str) -> float:
        """Tell for how long nobody has stored or asked for this block."""
        return max(0.0, time.time() - self._stat(name).st_mtime)

    def discard(self, name: str, *, idle: float = 0.0) -> bool:
        """Remove a block idle for so many seconds; False if it is gone or was renewed.

        The block steps aside first and its lease is read again: whoever renewed it in between
        did so on this very file, and it goes back under its name.
        """
        path, aside = self.path(name), self._leaving / name
        with faults():
            try:
                path.rename(aside)
            except FileNotFoundError:
                return False
            if time.time() - aside.stat().st_mtime < idle:
                self._restore(name)
                return False
            aside.unlink()
        return True

    def sweep(self, *, older_than: float = _ABANDONED_SECONDS) -> int:
        """Remove what cut-off writers left, bring back what cut-off removers took; count both."""
        limit = time.time() - older_than
        with faults():
            cut_off = [e.name for e in os.scandir(self._incoming) if e.stat().st_mtime < limit]
            for name in cut_off:
                (self._incoming / name).unlink(missing_ok=True)
            set_aside = [e.name for e in os.scandir(self._leaving) if e.stat().st_ctime < limit]
            for name in set_aside:
                self._restore(name)
        return len(cut_off) + len(set_aside)

    def _restore(self, name: str) -> None:
        aside = self._leaving / name
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            self.path(name).hardlink_to(aside)
        aside.unlink(missing_ok=True)

    def _stat(self, name: str) -> os.stat_result:
        with faults():
            try:
                return self.path(name).stat()
            except FileNotFoundError as error:
                raise BlockMissing(name) from error

    def _renew(self, name: str) -> bool:
        """Mark a block as wanted now; False when it is not here.

        A name that appeared a moment ago may not be durable yet, so its directory is synced.
        """
        path = self.path(name)
        try:
            if time.time() - path.stat().st_ctime < _SETTLED_SECONDS:
                self._medium.sync_directory(path.parent)
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    def _write(self, path: Path, content: memoryview) -> None:
        temporary = self._incoming / f"{path.name}.{os.getpid()}.{next(_serial)}"
        self._prepare_fan(path.parent)
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            try:
                write_all(fd, content)
                self._medium.sync_file(fd)
                if self.on_written is not None:
                    self.on_written(path.name, fd)
            finally:
                os.close(fd)
            temporary.rename(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        self._medium.sync_directory(path.parent)

    def _prepare_fan(self, fan: Path) -> None:
        """Make the directory of a block once; another process may have been quicker."""
        if fan.name not in self._fans:
            fan.mkdir(exist_ok=True)
            self._medium.sync_directory(fan.parent)
            self._fans.add(fan.name)


def _read_up_to(fd: int, offset: int, length: int) -> bytes:
    """Read until the length or the end of the file."""
    data = os.pread(fd, length, offset)
    while data and len(data) < length:
        more = os.pread(fd, length - len(data), offset + len(data))
        if not more:
            break
        data += more
    return data


def _fill(fd: int, offset: int, target: memoryview) -> int:
    """Read into a buffer until it is full or the file ends; return the bytes read."""
    filled = 0
    while filled < len(target):
        count = os.preadv(fd, [target[filled:]], offset + filled)
        if count == 0:
            break
        filled += count
    return filled
