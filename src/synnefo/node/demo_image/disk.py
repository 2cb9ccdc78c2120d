"""A whole disk made without root, mounts or loops: MBR, a FAT to boot from, an ext4 root."""

import stat
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import msgspec

from synnefo.kit.units import KIB, MIB
from synnefo.node.demo_image.tools import EPOCH, BuildFailed, run
from synnefo.node.demo_image.tree import Node, Tree, whole, write_folder

SECTOR = 512
START = 1 * MIB
BOOT_SIZE = 17 * MIB
ROOT_SIZE = 20 * MIB
SIZE = START + BOOT_SIZE + ROOT_SIZE
"""38 MiB, which is under 40 MB."""

DISK_ID = 0x53796E66
FAT_ID = "53796e66"
ROOT_UUID = "53796e6e-6566-4f20-9d65-6d6f726f6f74"
MAX_ROOT_BLOCKS = 2**28
"""How far the root may grow while mounted: 1 TiB in blocks of 4 KiB."""

COMMAND_LINE = (
    "console=tty0 console=ttyS0,115200 quiet panic=10 "
    "no_timer_check random.trust_cpu=on net.ifnames=0"
)
SYSLINUX = f"""DEFAULT linux
PROMPT 0
TIMEOUT 0
LABEL linux
 KERNEL vmlinuz
 APPEND initrd=initrd.gz {COMMAND_LINE}
"""


class Parts(msgspec.Struct, frozen=True):
    """What goes on the disk."""

    kernel: bytes
    initrd: bytes
    root: Tree
    boot_code: bytes
    """The first 440 bytes of the disk."""


def write(parts: Parts, target: Path, scratch: Path) -> None:
    """Write the image, sparse; `scratch` is an empty folder for the pieces."""
    boot = _boot_partition(parts, scratch)
    root = _root_partition(parts.root, scratch)
    with target.open("wb") as image:
        image.truncate(SIZE)
        image.write(_partition_table(parts.boot_code))
        _copy(boot, image, START)
        _copy(root, image, START + BOOT_SIZE)


def _partition_table(boot_code: bytes) -> bytes:
    """Make the first sector; the last partition is the root, so that it can grow."""
    entries = (
        _partition(0x80, 0x06, START, BOOT_SIZE),
        _partition(0x00, 0x83, START + BOOT_SIZE, ROOT_SIZE),
    )
    table = b"".join(entries).ljust(64, b"\0")
    return boot_code[:440].ljust(440, b"\0") + struct.pack("<IH", DISK_ID, 0) + table + b"\x55\xaa"


def _partition(flag: int, kind: int, start: int, size: int) -> bytes:
    """Describe a partition by sectors alone; the old geometry fields say "too far"."""
    far = b"\xfe\xff\xff"
    head = struct.pack("B", flag) + far + struct.pack("B", kind) + far
    return head + struct.pack("<II", start // SECTOR, size // SECTOR)


def _boot_partition(parts: Parts, scratch: Path) -> Path:
    image = scratch / "boot.img"
    with image.open("wb") as sink:
        sink.truncate(BOOT_SIZE)
    hidden = str(START // SECTOR)
    run(
        "mkfs.vfat", "-F", "16", "-s", "4", "-n", "BOOT", "-i", FAT_ID, "-h", hidden,
        "--invariant", str(image),
    )  # fmt: skip
    files = {"vmlinuz": parts.kernel, "initrd.gz": parts.initrd, "syslinux.cfg": SYSLINUX.encode()}
    for name, data in files.items():
        (scratch / name).write_bytes(data)
        run("mcopy", "-i", str(image), str(scratch / name), f"::{name}")
    run("syslinux", "--install", str(image))
    return image


def _root_partition(root: Tree, scratch: Path) -> Path:
    """Make an ext4 whose every byte follows from the tree."""
    tree = whole(root)
    folder, image = scratch / "root", scratch / "root.img"
    folder.mkdir()
    write_folder(tree, folder)
    with image.open("wb") as sink:
        sink.truncate(ROOT_SIZE)
    features = f"hash_seed={ROOT_UUID},resize={MAX_ROOT_BLOCKS},root_owner=0:0,lazy_itable_init=0"
    run(
        "mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-I", "256", "-i", "4096", "-m", "1",
        "-J", "size=4", "-L", "demo-root", "-U", ROOT_UUID, "-E", features, "-d", str(folder),
        str(image),
    )  # fmt: skip
    _settle_inodes(image, tree)
    return image


def _settle_inodes(image: Path, tree: Mapping[str, Node]) -> None:
    """Set owners, modes and times, which the folder on this host could not carry."""
    lines = [line for path, node in tree.items() for line in _inode_lines(path, node)]
    lines += [f"set_inode_field {path} {field} @{EPOCH}" for path in (".", "lost+found")
              for field in _TIMES]  # fmt: skip
    lines += [f"set_super_value {field} @{EPOCH}" for field in ("mtime", "wtime", "lastcheck")]
    script = image.with_suffix(".debugfs")
    script.write_text("\n".join(lines) + "\n")
    complaints = [
        line
        for line in run("debugfs", "-w", "-f", str(script), str(image)).splitlines()
        if not line.startswith("debugfs:")
    ]
    if complaints:
        raise BuildFailed(f"debugfs did not take the owners of files: {complaints[0]}")


_TIMES = ("atime", "ctime", "mtime", "crtime")


def _inode_lines(path: str, node: Node) -> list[str]:
    fields = {"uid": str(node.owner), "gid": str(node.group)}
    if not stat.S_ISLNK(node.mode):
        fields["mode"] = f"0{node.mode:o}"
    fields |= dict.fromkeys(_TIMES, f"@{EPOCH}")
    return [f'set_inode_field "/{path}" {field} {value}' for field, value in fields.items()]


def _copy(piece: Path, image: IO[bytes], offset: int) -> None:
    """Copy a piece to its place, leaving out blocks of zeros."""
    with piece.open("rb") as source:
        while data := source.read(64 * KIB):
            if data.strip(b"\0"):
                image.seek(offset)
                image.write(data)
            offset += len(data)
