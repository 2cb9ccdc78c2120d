"""Folders that look like mounted images, and disks that hold nothing but a partition table."""

import os
import struct
from pathlib import Path

from synnefo.node.image_deploy.helper.report import Report
from synnefo.node.image_deploy.helper.rules import Rules
from synnefo.node.image_deploy.helper.work import Ran, Work

UID, GID = os.getuid(), os.getgid()


def a_root(top: Path, files: dict[str, str] | None = None) -> Path:
    """Make the root of a small Debian whose accounts are all ours, for we may not give away."""
    plain = {
        "/etc/debian_version": "12.1\n",
        "/etc/hostname": "old\n",
        "/etc/hosts": "127.0.0.1 localhost old\n127.0.1.1 old\n",
        "/etc/passwd": f"root:x:{UID}:{GID}:root:/root:/bin/sh\n"
        f"user:x:{UID}:{GID}::/home/user:/bin/sh\n",
        "/etc/shadow": "root:*:1:0:99999:7:::\nuser:!:1:0:99999:7:::\n",
        "/etc/group": f"root:x:{GID}:\nusers:x:{GID}:\n",
        "/etc/machine-id": "0" * 32 + "\n",
        "/etc/network/interfaces": "iface eth9 inet dhcp\n",
    }
    for path, text in (plain | (files or {})).items():
        place = top / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return top


class Patient:
    """An image that tasks are tried on, and all that they said."""

    def __init__(self, top: Path, rules: Rules, disk: Path | None = None) -> None:
        self.top = top
        self.said: list[str] = []
        self.ran: list[tuple[str, ...]] = []
        self.work = Work(
            rules=rules,
            report=Report(self.said.append),
            disks=[disk or top / "disk"],
            top=top,
            programs=self._run,
            mounts=[top],
            owner=(UID, GID),
        )

    def _run(self, *words: str) -> Ran:
        self.ran.append(words)
        return Ran(0, "")

    def read(self, path: str) -> str:
        """Read a file of the image."""
        return (self.top / path.lstrip("/")).read_text()

    def warnings(self) -> list[str]:
        """List what the tasks warned of."""
        return [x.partition(":")[2].strip() for x in self.said if x.startswith("WARNING")]


def rules(**more: object) -> Rules:
    """Make rules for one machine; names in capitals are properties."""
    properties = {key: str(more.pop(key)) for key in list(more) if key.isupper()}
    plain = {"OSFAMILY": "linux", "ROOT_PARTITION": "1"}
    return Rules("snf-1", "my-server", properties=plain | properties, **more)  # type: ignore[arg-type] # what tests give


def an_msdos_disk(path: Path, mib: int, *parts: tuple[int, int, int]) -> Path:
    """Make a disk with primary partitions: kind, first sector, length."""
    entries = b"".join(
        struct.pack("<B3sB3sII", 0, b"\0\0\0", kind, b"\0\0\0", start, length)
        for kind, start, length in parts
    )
    with path.open("wb") as disk:
        disk.write(bytes(446) + entries.ljust(64, b"\0") + b"\x55\xaa")
        disk.truncate(mib << 20)
    return path
