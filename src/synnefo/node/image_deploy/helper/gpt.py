"""GUID partition tables. Sizes are in sectors of 512 bytes."""

import binascii
import os
import struct
from dataclasses import dataclass
from typing import IO

from synnefo.node.image_deploy.helper.partitions import (
    GPT,
    SECTOR,
    Partition,
    check,
    read_sector,
    write_sector,
)
from synnefo.node.image_deploy.helper.report import Refused

_HEADER = struct.Struct("<8sIIII QQQQ 16s QIII")
_SIGNATURE = b"EFI PART"
_ENTRIES_MAX = 1024
_SWAP = bytes.fromhex("6dfd5706aba4c44384e50933c84b4f4f")


@dataclass
class Table:
    """A table as read; `entries` are its raw bytes."""

    disk_id: bytes
    entries: bytearray
    count: int
    entry_size: int
    first_usable: int

    def partitions(self) -> list[Partition]:
        """List what is in it by number."""
        found = []
        for slot in range(self.count):
            at = slot * self.entry_size
            if any(self.entries[at : at + 16]):
                start, last = struct.unpack_from("<QQ", self.entries, at + 32)
                if last < start:
                    raise Refused(f"Partition {slot + 1} of the image ends before it begins.")
                found.append(Partition(slot + 1, start, last - start + 1, slot=slot))
        return found

    def resize(self, partition: Partition, end: int) -> None:
        """Let a partition end before a sector."""
        struct.pack_into("<Q", self.entries, partition.slot * self.entry_size + 40, end - 1)

    def add_swap(self, number: int, start: int, end: int) -> None:
        """Enter a swap partition."""
        if not 0 < number <= self.count:
            raise Refused(f"There is no place for a partition {number} in the table.")
        at = (number - 1) * self.entry_size
        if any(self.entries[at : at + 16]):
            raise Refused(f"The image has a partition {number} already, which was to be swap.")
        packed = _SWAP + os.urandom(16) + struct.pack("<QQ", start, end - 1)
        self.entries[at : at + self.entry_size] = packed.ljust(self.entry_size, b"\0")


def read(disk: IO[bytes], sectors: int) -> Table:
    """Read the first table; Refused when its checks do not match or it makes no sense."""
    data = read_sector(disk, 1)
    fields = _HEADER.unpack_from(data)
    signature, _, size, check_sum, _, _, _, first, _, disk_id, at, count, entry_size, table_sum = (
        fields
    )
    if signature != _SIGNATURE or not _HEADER.size <= size <= SECTOR:
        raise Refused("The image's GUID partition table has no proper header.")
    whole = data[:16] + bytes(4) + data[20:size]
    if binascii.crc32(whole) != check_sum:
        raise Refused("The image's GUID partition table is damaged.")
    if not 0 < count <= _ENTRIES_MAX or entry_size not in {128, 256, 512}:
        raise Refused(f"The image's GUID partition table claims {count} entries.")
    if at < 2 or at + count * entry_size // SECTOR > sectors:
        raise Refused("The image's GUID partition table points behind the end of the disk.")
    disk.seek(at * SECTOR)
    entries = bytearray(disk.read(count * entry_size))
    if binascii.crc32(entries) != table_sum:
        raise Refused("The entries of the image's GUID partition table are damaged.")
    table = Table(disk_id, entries, count, entry_size, first)
    check(table.partitions(), sectors)
    return table


def write(disk: IO[bytes], table: Table, sectors: int) -> None:
    """Write both tables: the second one at the end of the disk as it is now."""
    length = -(-len(table.entries) // SECTOR)
    for own, other, at in ((sectors - 1, 1, sectors - 1 - length), (1, sectors - 1, 2)):
        disk.seek(at * SECTOR)
        disk.write(table.entries)
        disk.seek(own * SECTOR)
        disk.write(_header(table, (own, other, at), sectors))
    _protect(disk, sectors)


def _protect(disk: IO[bytes], sectors: int) -> None:
    """Let the old table say that the whole disk is taken."""
    data = bytearray(read_sector(disk, 0))
    for at in range(446, 510, 16):
        if data[at + 4] == GPT:
            length = min(sectors - 1, 0xFFFFFFFF)
            struct.pack_into("<II", data, at + 8, 1, length)
    write_sector(disk, 0, bytes(data))


def _header(table: Table, places: tuple[int, int, int], sectors: int) -> bytes:
    length = -(-len(table.entries) // SECTOR)
    own, other, at = places
    fields = (own, other, table.first_usable, sectors - 2 - length, table.disk_id, at)
    shape = (table.count, table.entry_size, binascii.crc32(table.entries))
    blank = _HEADER.pack(_SIGNATURE, 0x10000, _HEADER.size, 0, 0, *fields, *shape)
    check_sum = binascii.crc32(blank)
    packed = _HEADER.pack(_SIGNATURE, 0x10000, _HEADER.size, check_sum, 0, *fields, *shape)
    return packed.ljust(SECTOR, b"\0")
