"""Copying an image to the disk, with word of the progress. Spec: images-and-nodes 1.3, 1.7."""

import struct
import time

from synnefo.node.image_deploy.failures import DeployFailed
from synnefo.node.image_deploy.monitor import Monitor
from synnefo.node.image_deploy.sources import Source
from synnefo.node.image_deploy.targets import Target

SECTOR = 512
PREFIX = 2048 * SECTOR
_KINDS = {"extdump": 0x83, "ntfsdump": 0x07}
_TELL_EVERY = 3.0
_STEP = 64 * 1024
_WRITE = 1024 * 1024


def boot_record(image_format: str, size: int) -> bytes:
    """Make the first MiB of a disk whose one active partition is an image of a file system."""
    sectors = -(-size // SECTOR)
    if sectors > 0xFFFFFFFF:
        raise DeployFailed("A dump of a file system has at most 2 TiB.")
    far = b"\xfe\xff\xff"
    kind = _KINDS[image_format]
    entry = struct.pack("<B3sB3sII", 0x80, far, kind, far, PREFIX // SECTOR, sectors)
    return bytes(446) + entry + bytes(48) + b"\x55\xaa" + bytes(PREFIX - SECTOR)


def copy(source: Source, target: Target, image_format: str, monitor: Monitor) -> None:
    """Write a whole image; its zeros are written too, for nobody knows what the disk held."""
    offset = 0
    if image_format in _KINDS:
        if source.size is None:
            raise DeployFailed("The server does not say how long the image is.")
        _write(target, 0, boot_record(image_format, source.size))
        offset = PREFIX
    total = offset + source.size if source.size is not None else target.size
    if total > target.size:
        raise DeployFailed(
            f"The image has {total >> 20} MiB, the disk only {target.size >> 20} MiB."
        )
    told = time.monotonic()
    for piece in source.pieces:
        if offset + len(piece) > target.size:
            raise DeployFailed("The image is larger than the disk.")
        _write(target, offset, piece)
        offset += len(piece)
        if time.monotonic() - told >= _TELL_EVERY:
            told = time.monotonic()
            monitor.copied(offset, total)
    if source.size is not None and offset != total:
        raise DeployFailed("The image ended before its size was reached.")
    target.flush()
    monitor.copied(offset, offset)


def _write(target: Target, offset: int, data: bytes) -> None:
    for start in range(0, len(data), _WRITE):
        target.write(offset + start, data[start : start + _WRITE])
