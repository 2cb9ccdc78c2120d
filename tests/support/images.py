"""Image files for tests."""

import struct
import subprocess
from pathlib import Path

MIB = 1024**2


def a_raw(size: int = 3 * MIB, mark: bytes = b"boot") -> bytes:
    """Make a plain disk with a boot sector's end."""
    return mark + bytes(510 - len(mark)) + b"\x55\xaa" + bytes(size - 512)


def a_qcow2_file(folder: Path, size: int = 8 * MIB, mark: bytes = b"boot") -> bytes:
    """Pack a plain disk as qemu-img does."""
    plain, packed = folder / "plain.raw", folder / "packed.qcow2"
    plain.write_bytes(a_raw(size, mark))
    command = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(plain), str(packed)]
    subprocess.run(command, check=True, capture_output=True)
    return packed.read_bytes()


def a_qcow2_head(size: int = 1024**3, *, backing: int = 0) -> bytes:
    """Make the head of a packed disk, and nothing after it."""
    return struct.pack(
        ">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, backing, 0, 16, size, 0, 2, 196608, 65536, 1, 0, 0
    )


class CutOff:
    """A body whose sender goes away in the middle."""

    def __init__(self, content: bytes, *, how: type[Exception] | None = None) -> None:
        self._content = content
        self._how = how

    def read(self, size: int = -1, /) -> bytes:
        """Give what there is, then nothing, or a broken connection."""
        if not self._content and self._how is not None:
            raise self._how("gone")
        piece, self._content = self._content[:size], self._content[size:]
        return piece
