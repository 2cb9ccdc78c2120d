"""The map of a volume as a file: a checked table of entries, then a log of changes.

Header (64 bytes), table (64 bytes for each block), log (88 bytes for each record). The check of
a log record covers the record before it, so a sound record proves all those ahead of it.

The log answers two questions after an accident. After a power cut only what a COMMIT record
follows is true: data was synced before the commit was written. After the death of the process
alone, within one run of the kernel, everything that was written is true, because the page cache
has the data too: records carry the id of the boot that wrote them.
"""

import os
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag
from pathlib import Path

from synnefo.archipelago import entries
from synnefo.archipelago.faults import Damaged
from synnefo.blocks.durable import Medium, replace_file, write_all

VERSION = 4
_HEADER = struct.Struct(">4sIQIIQ16sI")
_HEADER_SIZE = 64
_SIGNATURE = b"AMF."
_RECORD = struct.Struct(">IB3x8sQ64s")


class Flags(IntFlag):
    """Flags of a map. Spec: volumes 2.5."""

    READONLY = 1
    DELETED = 2


class Kind(IntEnum):
    """What a log record says."""

    ENTRY = 1
    COMMIT = 2
    CLOSED = 3


@dataclass(frozen=True)
class Header:
    """The facts of a volume that are not blocks; `generation` names its writable blocks."""

    size: int
    flags: int = 0
    epoch: int = 0
    generation: bytes = entries.NO_GENERATION

    @property
    def blocks(self) -> int:
        """Count the blocks."""
        return -(-self.size // entries.BLOCK)

    @property
    def is_deleted(self) -> bool:
        """Tell whether only the memory of the epoch is left."""
        return bool(self.flags & Flags.DELETED)

    @property
    def is_readonly(self) -> bool:
        """Tell whether this is a snapshot."""
        return bool(self.flags & Flags.READONLY)

    def encode(self, table_check: int) -> bytes:
        """Pack the header with the check of the table that follows it."""
        packed = _HEADER.pack(
            _SIGNATURE,
            VERSION,
            self.size,
            entries.BLOCK,
            self.flags,
            self.epoch,
            self.generation,
            table_check,
        )
        return (packed + struct.pack(">I", zlib.crc32(packed))).ljust(_HEADER_SIZE, b"\0")


def read_header(path: Path) -> Header:
    """Read the header alone; FileNotFoundError when there is no file."""
    with path.open("rb", buffering=0) as file:
        return _decode_header(file.read(_HEADER_SIZE), path)[0]


def _decode_header(data: bytes, path: Path) -> tuple[Header, int]:
    if len(data) != _HEADER_SIZE or data[:4] != _SIGNATURE:
        raise Damaged(f"{path} is not the map of a volume.")
    (check,) = struct.unpack_from(">I", data, _HEADER.size)
    _, version, size, block, flags, epoch, generation, table_check = _HEADER.unpack_from(data)
    if version != VERSION or block != entries.BLOCK:
        raise Damaged(f"{path} has the format {version}, which this program does not read.")
    if check != zlib.crc32(data[: _HEADER.size]):
        raise Damaged(f"{path} is damaged: the check of its header does not match.")
    return Header(size, flags, epoch, generation), table_check


def write_new(path: Path, header: Header, table: bytes | bytearray, medium: Medium) -> None:
    """Write a whole map: afterwards the old or the new one is there, never a mix."""
    replace_file(path, header.encode(zlib.crc32(table)) + table, medium)


def write_tombstone(path: Path, header: Header, medium: Medium) -> None:
    """Leave of a removed volume its epoch only. Spec: volumes 3.10, 12."""
    gone = replace(header, flags=header.flags | Flags.DELETED)
    replace_file(path, gone.encode(0), medium)


@dataclass
class Loaded:
    """A map as read: `unsynced` are the blocks whose data may not be on the medium yet."""

    header: Header
    table: bytearray
    log_end: int
    log_check: int
    uncommitted: bool
    was_closed: bool


def load(path: Path, boot: bytes) -> Loaded:
    """Read a map and what its log makes of it."""
    data = path.read_bytes()
    header, table_check = _decode_header(data[:_HEADER_SIZE], path)
    end = _HEADER_SIZE + header.blocks * entries.SIZE
    table = bytearray(data[_HEADER_SIZE:end])
    if header.is_deleted:
        return Loaded(header, bytearray(), _HEADER_SIZE, 0, uncommitted=False, was_closed=True)
    if len(data) < end or zlib.crc32(table) != table_check:
        raise Damaged(f"{path} is damaged: the check of its table does not match.")
    return _replay(header, table, memoryview(data)[end:], boot)


def _replay(header: Header, table: bytearray, log: memoryview, boot: bytes) -> Loaded:
    start = _HEADER_SIZE + len(table)
    state = Loaded(header, table, start, _seed(header, table), uncommitted=False, was_closed=False)
    pending: list[tuple[int, bytes]] = []
    read_check, at, same_boot = state.log_check, 0, True
    while at + _RECORD.size <= len(log):
        check, kind, wrote, index, packed = _RECORD.unpack_from(log, at)
        if check != zlib.crc32(log[at + 4 : at + _RECORD.size], read_check):
            break
        read_check, at = check, at + _RECORD.size
        if kind == Kind.ENTRY:
            pending.append((index, packed))
            same_boot = same_boot and wrote == boot[:8]
            state.was_closed = False
            continue
        _apply(table, pending)
        pending, same_boot = [], True
        state.log_end, state.log_check = start + at, check
        state.was_closed = kind == Kind.CLOSED
    if pending and same_boot:
        _apply(table, pending)
        state.log_end, state.log_check, state.uncommitted = start + at, read_check, True
    return state


def _apply(table: bytearray, pending: Iterable[tuple[int, bytes]]) -> None:
    for index, packed in pending:
        table[index * entries.SIZE : (index + 1) * entries.SIZE] = packed


def _seed(header: Header, table: bytes | bytearray) -> int:
    """Start the chain of checks from the very table that the log follows."""
    return zlib.crc32(header.encode(zlib.crc32(table)))


class MapLog:
    """The open log of a volume that is being written."""

    def __init__(self, path: Path, loaded: Loaded, boot: bytes, medium: Medium) -> None:
        """Open for appending; what follows the last sound record is cut off."""
        self._path = path
        self._boot = boot[:8]
        self._medium = medium
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        os.ftruncate(self._fd, loaded.log_end)
        self._start = _HEADER_SIZE + len(loaded.table)
        self._end = loaded.log_end
        self._check = loaded.log_check
        self.uncommitted = loaded.uncommitted

    @property
    def length(self) -> int:
        """Count the bytes of the log."""
        return self._end - self._start

    def append(self, index: int, packed: bytes) -> None:
        """Tell the kernel of a changed entry; true after a power cut only once committed."""
        self._write(Kind.ENTRY, index, packed)
        self.uncommitted = True

    def commit(self) -> None:
        """Make all entries so far true, once `sync` returns; their data is synced before."""
        self._write(Kind.COMMIT, 0, entries.EMPTY)
        self.uncommitted = False

    def sync(self) -> None:
        """Return when the log is on the medium."""
        self._medium.sync_file(self._fd)

    def close(self, *, clean: bool) -> None:
        """Stop writing; clean when everything has been committed."""
        if clean:
            self._write(Kind.CLOSED, 0, entries.EMPTY)
            self._medium.sync_file(self._fd)
        os.close(self._fd)

    def _write(self, kind: Kind, index: int, packed: bytes) -> None:
        body = _RECORD.pack(0, kind, self._boot, index, packed)[4:]
        check = zlib.crc32(body, self._check)
        record = struct.pack(">I", check) + body
        write_all(self._fd, record, self._end)
        self._end += len(record)
        self._check = check
