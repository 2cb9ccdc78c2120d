"""Tasks on the disk: partition table, file systems, swap. Spec: images-and-nodes 1.9."""

import fcntl
import os
import struct
import uuid
from dataclasses import replace
from pathlib import Path
from typing import IO

from synnefo.node.image_deploy.helper import gpt, partitions
from synnefo.node.image_deploy.helper.partitions import ALIGN, MARGIN, SECTOR, Partition
from synnefo.node.image_deploy.helper.report import Refused
from synnefo.node.image_deploy.helper.work import Work

_SWAP_KIND = 0x82
_REREAD = 0x125F
_EXT_MAGIC = 0xEF53
_BTRFS_RESIZE = 0x50009403
_XFS_GEOMETRY = 0x80705864
_XFS_GROW = 0x4010586E
_PAGE = 4096


def fix_partition_table(work: Work) -> None:
    """Make the last partition as large as the disk allows, and room for swap."""
    if work.rules.family in {"openbsd", "netbsd"}:
        raise Refused("Disks of OpenBSD and NetBSD cannot be enlarged here.")
    with work.disk.open("r+b") as disk:
        sectors = disk.seek(0, os.SEEK_END) // SECTOR
        swap = _wanted_swap(work)
        if partitions.is_gpt(disk):
            made = _fix_gpt(disk, sectors, swap)
        elif work.rules.family == "freebsd":
            raise Refused("An image of FreeBSD needs a GUID partition table.")
        else:
            made = _fix_msdos(disk, sectors, swap)
        disk.flush()
        os.fsync(disk.fileno())
        _reread(disk)
    if made:
        work.swaps.append(work.partition(made))


def _wanted_swap(work: Work) -> tuple[int, int]:
    """Read SWAP=ID:SIZE_MB; a number of 0 means that no partition is wanted."""
    number, _, size = work.rules.text("SWAP").partition(":")
    if not (work.is_linux and size):
        return 0, 0
    if not (number.isdigit() and size.isdigit() and int(size)):
        raise Refused("SWAP must be ID:SIZE_MB or the letter of a disk.")
    return int(number), int(size) * 2048


def _ends(last: int, sectors: int, swap_length: int) -> tuple[int, int]:
    """Tell where the last partition ends and where the disk does, for swap between the two."""
    end = sectors - MARGIN + 1
    before = end - swap_length
    if swap_length:
        before -= before % ALIGN
    if swap_length and before <= last:
        raise Refused("There is no room on the disk for the swap that the image wants.")
    return max(last, before), end


def _fix_gpt(disk: IO[bytes], sectors: int, swap: tuple[int, int]) -> int:
    table = gpt.read(disk, sectors)
    found = table.partitions()
    if not found:
        raise Refused("The image has a partition table without partitions.")
    last = max(found, key=lambda one: one.start)
    before, end = _ends(last.end, sectors, swap[1])
    table.resize(last, before)
    if swap[0]:
        table.add_swap(swap[0], before, end)
    gpt.write(disk, table, sectors)
    return swap[0]


def _fix_msdos(disk: IO[bytes], sectors: int, swap: tuple[int, int]) -> int:
    found = partitions.read(disk, sectors)
    if not found:
        raise Refused("The image has a partition table without partitions.")
    last = max(found, key=lambda one: (one.start, not one.is_extended))
    addressable = min(sectors, 2**32)
    before, end = _ends(last.end, addressable, swap[1])
    frame = next((one for one in found if one.is_extended), None)
    if frame is not None and last.number > 4:
        logical_swap = swap[0] >= 5
        widened = replace(frame, length=(end if logical_swap else before) - frame.start)
        partitions.write_entry(disk, widened)
        frame = widened
    partitions.write_entry(disk, replace(last, length=before - last.start))
    if swap[0]:
        _add_swap(disk, found, frame, (swap[0], before, end))
    return swap[0]


def _add_swap(
    disk: IO[bytes], found: list[Partition], frame: Partition | None, swap: tuple[int, int, int]
) -> None:
    """Enter a swap partition: primary up to number 4, else logical."""
    number, start, end = swap
    taken = {one.number for one in found}
    if number <= 4:
        if number in taken:
            raise Refused(f"The image has a partition {number} already, which was to be swap.")
        made = Partition(number, start, end - start, _SWAP_KIND, 0, number - 1)
        partitions.write_entry(disk, made)
        return
    if frame is None or frame.end < end:
        if frame is not None:
            raise Refused("The extended partition of the image cannot be enlarged for swap.")
        free = next((n for n in range(1, 5) if n not in taken), 0)
        if not free:
            raise Refused("The image has four primary partitions: there is no place for swap.")
        frame = Partition(free, start, end - start, 0x05, 0, free - 1)
        partitions.write_entry(disk, frame)
    partitions.new_logical(disk, frame, (start, end), _SWAP_KIND)


def _reread(disk: IO[bytes]) -> None:
    """Have the kernel look at the table anew; a file has nothing to look."""
    if Path(disk.name).is_block_device():
        fcntl.ioctl(disk, _REREAD)


def kind_of(device: Path) -> str:
    """Tell the kind of file system by what it says of itself; empty when it is none of ours."""
    with device.open("rb") as file:
        head = file.read(2048)
        file.seek(65536 + 64)
        btrfs = file.read(8)
    if len(head) == 2048 and struct.unpack_from("<H", head, 1024 + 56)[0] == _EXT_MAGIC:
        return "ext"
    known = {b"XFSB": "xfs"}.get(head[:4], "")
    if head[3:7] == b"NTFS":
        return "ntfs"
    return "btrfs" if btrfs == b"_BHRfS_M" else known


def resize_unmounted(work: Work) -> None:
    """Let a file system of the ext kind fill its partition."""
    device = work.root
    if not device.exists():
        raise Refused(f"The image has no partition {work.rules.text('ROOT_PARTITION')}.")
    kind = kind_of(device)
    if kind == "ext":
        _resize_ext(work, device)
    elif not kind:
        work.report.warn("The root file system is of no kind that can be enlarged.")


def _resize_ext(work: Work, device: Path) -> None:
    with device.open("rb") as file:
        file.seek(1024)
        head = file.read(1024)
    state = struct.unpack_from("<H", head, 58)[0]
    if not state & 1 or state & 2:
        raise Refused(
            "The root file system of the image is not clean: shut its machine down in good order, "
            "or run fsck on it, before you upload it."
        )
    damaged = "The root file system of the image is damaged."
    work.must(damaged, "e2fsck", "-f", "-p", str(device), good=(0, 1))
    work.must("The root file system cannot be enlarged.", "resize2fs", "-f", str(device))


def resize_mounted(work: Work) -> None:
    """Let a file system that grows only while it is mounted fill its partition."""
    kind = kind_of(work.root)
    if kind == "btrfs":
        _control(work.top, _BTRFS_RESIZE, struct.pack("<q4088s", 0, b"max"))
    elif kind == "xfs":
        _grow_xfs(work)
    elif kind != "ext":
        work.report.warn("The root file system was not enlarged: it is of no kind that can be.")


def _grow_xfs(work: Work) -> None:
    geometry = _control(work.top, _XFS_GEOMETRY, bytes(112))
    block = struct.unpack_from("<I", geometry)[0]
    percent = struct.unpack_from("<I", geometry, 28)[0]
    with work.root.open("rb") as device:
        blocks = device.seek(0, os.SEEK_END) // block
    if blocks > struct.unpack_from("<Q", geometry, 32)[0]:
        _control(work.top, _XFS_GROW, struct.pack("<QI4x", blocks, percent))


def _control(folder: Path, request: int, data: bytes) -> bytes:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return fcntl.ioctl(fd, request, data)
    except OSError as error:
        raise Refused(f"The root file system cannot be enlarged: {error.strerror}.") from None
    finally:
        os.close(fd)


def add_swap(work: Work) -> None:
    """Make what SWAP names usable, and have it used."""
    wish = work.rules.text("SWAP")
    if not (work.is_linux and wish):
        return
    if ":" not in wish:
        work.swaps.append(_disk_of(work, wish))
    elif work.rules.is_cloud_init:
        size = wish.partition(":")[2]
        config = f"swap:\n  filename: /swap.img\n  size: {int(size)}M\n"
        work.tree.write("/etc/cloud/cloud.cfg.d/98-snf-image-swap.cfg", config)
        return
    lines = work.tree.read_if_any("/etc/fstab")
    for device in work.swaps:
        name = make_swap(device)
        lines += "" if lines.endswith("\n") or not lines else "\n"
        lines += f"UUID={name} none swap sw 0 0\n"
    work.tree.write("/etc/fstab", lines)


def _disk_of(work: Work, letter: str) -> Path:
    place = ord(letter.lower()) - ord("a") if len(letter) == 1 else -1
    if not 0 < place < len(work.disks):
        raise Refused(f"SWAP names the disk '{letter}', which the machine does not have.")
    return work.disks[place]


def make_swap(device: Path) -> str:
    """Write the head of a swap area; return the UUID that it is known by."""
    with device.open("r+b") as file:
        pages = file.seek(0, os.SEEK_END) // _PAGE
        if pages < 10:
            raise Refused("There is no room for swap.")
        made = uuid.uuid4()
        head = bytes(1024) + struct.pack("<III", 1, pages - 1, 0) + made.bytes
        file.seek(0)
        file.write(head.ljust(_PAGE - 10, b"\0") + b"SWAPSPACE2")
        os.fsync(file.fileno())
    return str(made)
