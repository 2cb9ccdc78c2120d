"""What an image file really is, told by its first bytes. Spec: openstack-api 7.

Nothing here trusts what the sender says: a file is refused when its head is that of another
format, or when its own numbers do not fit its size.
"""

import struct

import msgspec

from synnefo.kit.faults import BadRequest, UnsupportedMedia
from synnefo.kit.units import human_size

HEAD = 64 * 1024
"""Bytes of a file that are enough to tell its format."""

_SIGNATURES: tuple[tuple[str, int, bytes], ...] = (
    ("qcow2", 0, b"QFI\xfb"),
    ("vmdk", 0, b"KDMV"),
    ("vmdk", 0, b"# Disk DescriptorFile"),
    ("vhdx", 0, b"vhdxfile"),
    ("vhd", 0, b"conectix"),
    ("vdi", 64, b"\x7f\x10\xda\xbe"),
    ("qed", 0, b"QED\x00"),
    ("luks", 0, b"LUKS\xba\xbe"),
    ("gzip", 0, b"\x1f\x8b\x08"),
    ("xz", 0, b"\xfd7zXZ\x00"),
    ("bzip2", 0, b"BZh"),
    ("zstd", 0, b"\x28\xb5\x2f\xfd"),
    ("zip", 0, b"PK\x03\x04"),
    ("7z", 0, b"7z\xbc\xaf\x27\x1c"),
    ("png", 0, b"\x89PNG\r\n\x1a\n"),
    ("jpeg", 0, b"\xff\xd8\xff"),
    ("pdf", 0, b"%PDF-"),
    ("elf", 0, b"\x7fELF"),
    ("web page", 0, b"<!DOCTYPE"),
    ("web page", 0, b"<!doctype"),
    ("web page", 0, b"<html"),
)
_COMPRESSED = frozenset({"gzip", "xz", "bzip2", "zstd", "zip", "7z"})
_DISKS = frozenset({"qcow2", "vmdk", "vhdx", "vhd", "vdi", "qed"})
_ISO_OFFSET = 0x8001
_ISO = b"CD001"
_QCOW2 = struct.Struct(">4sIQIIQIIQQIIQ")
_EXTERNAL_DATA = 1 << 2


class Qcow2(msgspec.Struct, frozen=True):
    """What a qcow2 file says of itself."""

    virtual_size: int
    end_of_tables: int
    """Bytes that the file must have at least."""


def detect(head: bytes) -> str:
    """Name the format of a file by its first bytes; `raw` when nothing is recognised."""
    for name, offset, magic in _SIGNATURES:
        if head.startswith(magic, offset):
            return name
    if head[_ISO_OFFSET : _ISO_OFFSET + len(_ISO)] == _ISO and not _has_boot_sector(head):
        return "iso"
    return "raw"


def _has_boot_sector(head: bytes) -> bool:
    return head[510:512] == b"\x55\xaa"


def check_claim(claimed: str, head: bytes, *, largest: int) -> None:
    """Refuse a file whose real format is not the claimed one.

    UnsupportedMedia when it is something else, BadRequest when its own header makes no sense.
    `largest` is the most bytes that a disk made of it may have.
    """
    if not head:
        raise BadRequest("The file is empty. An image needs content.")
    real = detect(head)
    if claimed == "qcow2":
        if real != "qcow2":
            raise UnsupportedMedia(f"This is no qcow2 image: {_advice(real)}")
        _check_size(read_qcow2(head).virtual_size, largest)
    elif claimed == "iso":
        if head[_ISO_OFFSET : _ISO_OFFSET + len(_ISO)] != _ISO:
            raise UnsupportedMedia(f"This is no ISO image: {_advice(real)}")
    elif claimed not in {"aki", "ari"} and real not in {"raw", "iso"}:
        raise UnsupportedMedia(f"This is no {claimed} image: {_advice(real)}")


def _advice(real: str) -> str:
    if real in _COMPRESSED:
        return f"it is compressed with {real}. Unpack it and upload what is inside."
    if real == "qcow2":
        return "it is a qcow2 image. Give the disk format qcow2."
    if real in _DISKS:
        return f"it is a {real} image. Convert it with 'qemu-img convert -O qcow2' first."
    if real == "iso":
        return "it is an ISO image. Give the disk format iso."
    if real == "raw":
        return "its first bytes are not those of the format. Check the file and the disk format."
    return f"it is a {real} file. Choose a disk image."


def read_qcow2(head: bytes) -> Qcow2:
    """Read a qcow2 header; refuse one that is damaged or that refers to other files."""
    if len(head) < _QCOW2.size:
        raise BadRequest("The qcow2 image is cut off: it ends within its header.")
    (_m, version, backing, _bs, bits, size, crypt, entries, l1, refs, clusters, _sn, _so) = (
        _QCOW2.unpack_from(head)
    )
    features = struct.unpack_from(">Q", head, 72)[0] if version == 3 and len(head) >= 80 else 0
    if version not in {2, 3} or not 9 <= bits <= 21:
        raise BadRequest("The qcow2 image has a header that makes no sense. Is it damaged?")
    if backing or features & _EXTERNAL_DATA:
        raise BadRequest(
            "The qcow2 image needs another file. Convert it with 'qemu-img convert -O qcow2',"
            " which makes one file of both."
        )
    if crypt:
        raise BadRequest("The qcow2 image is encrypted. Convert it without encryption first.")
    return Qcow2(size, max(l1 + entries * 8, refs + (clusters << bits)))


def check_whole(claimed: str, head: bytes, size: int) -> None:
    """Refuse a file that ended before its own tables do."""
    if claimed == "qcow2" and read_qcow2(head).end_of_tables > size:
        raise BadRequest("The qcow2 image is cut off: its tables lie after the end of the file.")


def _check_size(size: int, largest: int) -> None:
    if not 0 < size <= largest:
        raise BadRequest(
            f"The disk of this image would have {human_size(size)};"
            f" at most {human_size(largest)} is taken here."
        )


def virtual_size(claimed: str, head: bytes, size: int) -> int:
    """Tell how large a disk made of the image is at least."""
    return read_qcow2(head).virtual_size if claimed == "qcow2" else size
