"""A file system in memory, and the two shapes it leaves in: a folder and an initramfs."""

import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

FOLDER, FILE, LINK = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777


class Node(msgspec.Struct, frozen=True):
    """A file, folder or symbolic link (its data is where it points)."""

    mode: int
    data: bytes = b""
    owner: int = 0
    group: int = 0


Tree = dict[str, Node]
"""Relative path -> node. Folders that only lead to something need no node of their own."""


def whole(tree: Mapping[str, Node]) -> Tree:
    """Add the folders that are only implied, and put parents before children."""
    folders = {str(parent) for path in tree for parent in Path(path).parents}
    implied = dict.fromkeys(folders - {"."}, Node(FOLDER))
    return dict(sorted((implied | dict(tree)).items()))


def of_folder(source: Path) -> Tree:
    """Read a folder of plain files; what starts with #! becomes executable."""
    tree: Tree = {}
    for path in sorted(source.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            mode = FILE | 0o111 if data.startswith(b"#!") else FILE
            tree[path.relative_to(source).as_posix()] = Node(mode, data)
    return tree


def write_folder(tree: Mapping[str, Node], target: Path) -> None:
    """Lay a whole tree out below `target`; owners are left to who reads it."""
    for path, node in tree.items():
        place = target / path
        if stat.S_ISDIR(node.mode):
            place.mkdir(exist_ok=True)
        elif stat.S_ISLNK(node.mode):
            place.symlink_to(node.data.decode())
        else:
            place.write_bytes(node.data)
            place.chmod(stat.S_IMODE(node.mode) | 0o600)


def initramfs(tree: Mapping[str, Node], moment: int) -> bytes:
    """Pack a whole tree as a cpio archive in the `newc` format."""
    parts = [_record(i, path, node, moment) for i, (path, node) in enumerate(tree.items(), 1)]
    return b"".join(parts) + _record(0, "TRAILER!!!", Node(0), 0)


def _record(number: int, path: str, node: Node, moment: int) -> bytes:
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(node.mode) else 1
    numbers = (number, node.mode, node.owner, node.group, links, moment, len(node.data))
    fields = (*numbers, 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(f"{field:08x}".encode() for field in fields) + name
    return _padded(head) + _padded(node.data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
