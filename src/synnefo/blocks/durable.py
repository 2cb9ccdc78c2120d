"""What must reach the medium before an answer may be given."""

import contextlib
import errno
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from synnefo.blocks.port import StoreFailed, StoreFault, StoreFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


PIECE = 256 * 1024
"""Bytes of one write: some kernels take six times as long for one of 4 MiB in a row."""


class Medium(Protocol):
    """The two promises of a disk; a test's medium forgets what was never promised."""

    def sync_file(self, fd: int) -> None:
        """Return when the content of an open file is on the medium."""

    def sync_directory(self, path: Path) -> None:
        """Return when the names in a directory are on the medium."""


class Disk:
    """The operating system's own promises."""

    def sync_file(self, fd: int) -> None:
        """Return when the content of an open file is on the medium."""
        os.fdatasync(fd)

    def sync_directory(self, path: Path) -> None:
        """Return when the names in a directory are on the medium."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


DISK = Disk()


def write_all(fd: int, data: bytes | bytearray | memoryview, offset: int = 0) -> None:
    """Write every byte at a place; a short write is continued."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view[:PIECE], offset)
        view = view[written:]
        offset += written


def digest_of(fd: int) -> str:
    """Hash a file by pieces that stay in the processor's cache."""
    found, piece, at = hashlib.sha256(), memoryview(bytearray(PIECE)), 0
    while count := os.preadv(fd, [piece], at):
        found.update(piece[:count])
        at += count
    return found.hexdigest()


def store_fault(error: OSError) -> StoreFault:
    """Name a fault of the medium in the words of the store."""
    if error.errno in _FULL:
        return StoreFull("There is no space left in the store.")
    return StoreFailed(f"The store cannot be used: {error.strerror or error}.")


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """Turn faults of the medium into faults of the store."""
    try:
        yield
    except OSError as error:
        raise store_fault(error) from error


def make_directory(path: Path, medium: Medium) -> None:
    """Make a directory and its parents, each durable in the one above it."""
    if path.is_dir():
        return
    make_directory(path.parent, medium)
    path.mkdir(exist_ok=True)
    medium.sync_directory(path.parent)


def replace_file(path: Path, data: bytes, medium: Medium = DISK) -> None:
    """Write a whole small file: afterwards, even after a power cut, it is the old or the new."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        try:
            write_all(fd, data)
            medium.sync_file(fd)
        finally:
            os.close(fd)
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    medium.sync_directory(path.parent)
