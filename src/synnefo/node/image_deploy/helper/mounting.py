"""Tasks that bring the image's file systems to hand and let go of them."""

import re
from dataclasses import replace
from pathlib import Path

from synnefo.node.image_deploy.helper.report import Refused
from synnefo.node.image_deploy.helper.storage import kind_of
from synnefo.node.image_deploy.helper.tree import Tree
from synnefo.node.image_deploy.helper.work import Work

_KINDS = {"ext": "ext4", "xfs": "xfs", "btrfs": "btrfs"}
_MOUNTABLE = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "vfat"})
_LOADED = frozenset({"xfs", "btrfs", "vfat"})
_OPTIONS = "rw,nodev,nosuid"
_PARTITIONS_MAX = 129
_ENTRIES_MAX = 32
_DEVICE = re.compile(r"/dev/[vsh]d([a-z])(\d*)\Z")


def find_root(work: Work) -> None:
    """Look for the root file system of an image that does not say where it is."""
    told = {key: work.rules.text(key) for key in ("OSFAMILY", "ROOT_PARTITION")}
    if all(told.values()):
        return
    if not told["ROOT_PARTITION"]:
        numbers = [n for n in range(1, _PARTITIONS_MAX) if work.partition(n).exists()]
        found = next((n for n in numbers if _is_root(work, work.partition(n))), 0)
        if not found:
            raise Refused("The image does not say which partition is its root, and none looks so.")
        told["ROOT_PARTITION"] = str(found)
        work.report.warn(f"ROOT_PARTITION is not set; partition {found} looks like the root.")
    if not told["OSFAMILY"]:
        if not _is_root(work, work.partition(int(told["ROOT_PARTITION"]))):
            raise Refused("The image does not say of which OSFAMILY it is, and it is no Linux.")
        told["OSFAMILY"] = "linux"
        work.report.warn("OSFAMILY is not set; the image looks like Linux.")
    work.rules = replace(work.rules, properties=work.rules.properties | told)


def _is_root(work: Work, device: Path) -> bool:
    """Tell whether a Linux has its root there."""
    kind = kind_of(device) if device.exists() else ""
    if kind not in _KINDS:
        return False
    load(work, _KINDS[kind])
    options = f"ro,{_OPTIONS.removeprefix('rw,')}"
    ran = work.programs("mount", "-t", _KINDS[kind], "-o", options, str(device), str(work.top))
    if ran.code:
        return False
    try:
        return Tree(work.top).is_folder("/etc")
    finally:
        work.programs("umount", str(work.top))


def load(work: Work, kind: str) -> None:
    """Have the kernel know a kind of file system that it does not know from birth."""
    if kind in _LOADED:
        work.programs("load", kind)


def mount_image(work: Work) -> None:
    """Mount the root file system, and in it what its fstab says."""
    if not work.is_linux:
        raise Refused(f"The files of a {work.rules.family} image cannot be changed here.")
    device = work.root
    kind = kind_of(device) if device.exists() else ""
    if kind not in _KINDS:
        raise Refused("The root partition of the image holds no file system that we know.")
    _mount(work, device, work.top, _KINDS[kind])
    if not work.tree.is_folder("/etc"):
        raise Refused("The root file system of the image has no /etc: is ROOT_PARTITION right?")
    for line in work.tree.read_if_any("/etc/fstab").splitlines()[:_ENTRIES_MAX]:
        _mount_entry(work, line.split())


def _mount(work: Work, device: Path, place: Path, kind: str) -> None:
    load(work, kind)
    sentence = "The root file system of the image cannot be mounted: it is damaged."
    work.must(sentence, "mount", "-t", kind, "-o", _OPTIONS, str(device), str(place))
    work.mounts.append(place)


def _mount_entry(work: Work, words: list[str]) -> None:
    if len(words) < 3 or words[0].startswith("#") or words[2] not in _MOUNTABLE:
        return
    source, point, kind = words[:3]
    if point in {"/", "none"} or ".." in point.split("/"):
        return
    device = _find(work, source)
    if device is None or not work.tree.is_folder(point):
        work.report.warn(f"{point} of the image's fstab was not found and is left out.")
        return
    load(work, kind)
    place = work.tree.place(point)
    ran = work.programs("mount", "-t", kind, "-o", _OPTIONS, str(device), str(place))
    if ran.code:
        work.report.warn(f"{point} of the image's fstab cannot be mounted and is left out.")
    else:
        work.mounts.append(place)


def _find(work: Work, source: str) -> Path | None:
    """Tell the device that an fstab means, among the machine's own disks."""
    match = _DEVICE.match(source)
    if match:
        place = ord(match[1]) - ord("a")
        if place >= len(work.disks):
            return None
        disk = work.disks[place]
        return disk.with_name(f"{disk.name}{match[2]}")
    if not re.match(r"(UUID|LABEL)=[A-Za-z0-9_. -]+\Z", source.replace('"', "")):
        return None
    found = work.programs("findfs", source.replace('"', ""))
    return Path(found.words.strip()) if found.code == 0 and found.words.strip() else None


def unmount_image(work: Work) -> None:
    """Let go of everything, in the opposite order."""
    while work.mounts:
        place = work.mounts.pop()
        work.must("The file systems of the image cannot be let go of.", "umount", str(place))
    work.programs("sync")
