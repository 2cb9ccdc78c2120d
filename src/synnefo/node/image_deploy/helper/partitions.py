"""Partition tables on a disk, read with suspicion. Sizes are in sectors of 512 bytes."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import IO

from synnefo.node.image_deploy.helper.report import Refused

SECTOR = 512
MARGIN = 2049
ALIGN = 2048
EXTENDED = frozenset({0x05, 0x0F, 0x85})
GPT = 0xEE
_ENTRY = struct.Struct("<B3sB3sII")
_LOGICAL_MAX = 60
_ADDRESS_MAX = 2**32 - 1
_FAR = b"\xfe\xff\xff"


@dataclass(frozen=True)
class Partition:
    """One partition. `record` is the sector whose table names it, `slot` its place there."""

    number: int
    start: int
    length: int
    kind: int = 0
    record: int = 0
    slot: int = 0
    flag: int = 0

    @property
    def end(self) -> int:
        """Tell the first sector after it."""
        return self.start + self.length

    @property
    def is_extended(self) -> bool:
        """Tell whether it is a frame for logical partitions."""
        return self.kind in EXTENDED


def read_sector(disk: IO[bytes], number: int) -> bytes:
    """Read one sector; Refused when the disk ends before it."""
    disk.seek(number * SECTOR)
    data = disk.read(SECTOR)
    if len(data) != SECTOR:
        raise Refused("The partition table points behind the end of the disk.")
    return data


def write_sector(disk: IO[bytes], number: int, data: bytes) -> None:
    """Write one sector."""
    disk.seek(number * SECTOR)
    disk.write(data)


def is_partitioned(disk: IO[bytes]) -> bool:
    """Tell whether the first sector looks like a table."""
    return read_sector(disk, 0)[510:] == b"\x55\xaa"


def is_gpt(disk: IO[bytes]) -> bool:
    """Tell whether the disk has a GPT."""
    if not is_partitioned(disk):
        return False
    return any(one.kind == GPT for one in _entries(read_sector(disk, 0), 0, 0))


def _entries(data: bytes, record: int, base: int) -> list[Partition]:
    found = []
    for slot in range(4):
        flag, _, kind, _, start, length = _ENTRY.unpack_from(data, 446 + 16 * slot)
        if kind and length:
            found.append(Partition(slot + 1, base + start, length, kind, record, slot, flag))
    return found


def read(disk: IO[bytes], sectors: int) -> list[Partition]:
    """List the partitions of an MSDOS table by number; Refused when they make no sense."""
    if not is_partitioned(disk):
        raise Refused("The image has no partition table.")
    primary = _entries(read_sector(disk, 0), 0, 0)
    frames = [one for one in primary if one.is_extended]
    if len(frames) > 1:
        raise Refused("The partition table has more than one extended partition.")
    logical = _logical(disk, frames[0]) if frames else []
    check(primary, sectors)
    check(logical, frames[0].end if frames else sectors)
    return [*primary, *logical]


def _logical(disk: IO[bytes], frame: Partition) -> list[Partition]:
    """Follow the chain of logical partitions, which must go forward and end."""
    found: list[Partition] = []
    record = frame.start
    while True:
        if len(found) >= _LOGICAL_MAX:
            raise Refused(f"The image has more than {_LOGICAL_MAX} logical partitions.")
        data = read_sector(disk, record)
        if data[510:] != b"\x55\xaa":
            raise Refused("The chain of logical partitions is broken.")
        entries = _entries(data, record, record)
        for one in (e for e in entries if not e.is_extended):
            found.append(replace(one, number=5 + len(found)))
        links = [e.start - record + frame.start for e in entries if e.is_extended]
        if not links:
            return found
        if len(links) > 1 or links[0] <= record:
            raise Refused("The chain of logical partitions runs in a circle.")
        record = links[0]


def check(partitions: Sequence[Partition], sectors: int) -> None:
    """Refuse partitions that overlap or leave the disk."""
    last = 0
    for one in sorted(partitions, key=lambda p: p.start):
        if one.start < max(last, 1):
            raise Refused(f"Partition {one.number} of the image overlaps another.")
        if one.end > sectors:
            raise Refused(
                f"Partition {one.number} of the image ends behind the end of the disk: "
                f"it needs {one.end // 2048} MiB, the disk has {sectors // 2048} MiB."
            )
        last = one.end


def write_entry(disk: IO[bytes], partition: Partition) -> None:
    """Put a partition's entry into the table that names it."""
    data = bytearray(read_sector(disk, partition.record))
    start = partition.start - partition.record
    if partition.end - partition.record > _ADDRESS_MAX:
        raise Refused("An MSDOS partition table cannot name so large a partition.")
    packed = _ENTRY.pack(partition.flag, _FAR, partition.kind, _FAR, start, partition.length)
    data[446 + 16 * partition.slot : 462 + 16 * partition.slot] = packed
    data[510:] = b"\x55\xaa"
    write_sector(disk, partition.record, bytes(data))


def new_logical(disk: IO[bytes], frame: Partition, place: tuple[int, int], kind: int) -> None:
    """Append a logical partition; its own record is the first sector of its place."""
    start, end = place
    record, link = frame.start, -1
    while True:
        data = read_sector(disk, record)
        if data[510:] != b"\x55\xaa":
            link = -1
            break
        entries = _entries(data, record, record)
        onward = [e.start - record + frame.start for e in entries if e.is_extended]
        if not onward:
            link = record if entries else -1
            break
        record = onward[0]
    at = frame.start if link < 0 else start
    write_sector(disk, at, bytes(510) + b"\x55\xaa")
    made = Partition(0, at + ALIGN, end - at - ALIGN, kind, at, 0)
    write_entry(disk, made)
    if link >= 0:
        old = bytearray(read_sector(disk, link))
        packed = _ENTRY.pack(0, _FAR, 0x05, _FAR, at - frame.start, end - at)
        old[462:478] = packed
        write_sector(disk, link, bytes(old))
