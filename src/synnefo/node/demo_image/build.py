"""From Debian's packages to a bootable disk image."""

import subprocess
import tempfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from synnefo.node.demo_image import disk, packages, programs
from synnefo.node.demo_image.tools import EPOCH, BuildFailed
from synnefo.node.demo_image.tree import (
    FILE,
    FOLDER,
    LINK,
    Node,
    Tree,
    initramfs,
    of_folder,
    whole,
)

GUEST = Path(__file__).parent / "guest"
EXECUTABLE = FILE | 0o111
LIBRARIES = "lib/x86_64-linux-gnu"
BOOT_CODES = (Path("/usr/lib/SYSLINUX/mbr.bin"), Path("/usr/lib/syslinux/mbr/mbr.bin"))
INIT_NAMES = ("init", "getty", "reboot", "poweroff", "uevent")
PROGRAMS = ("sbin/dropbear", "sbin/resize2fs", "bin/dropbearkey", "bin/dbclient")

MODULE_FOLDERS = (
    "drivers/acpi",
    "drivers/ata",
    "drivers/block",
    "drivers/cdrom",
    "drivers/char",
    "drivers/input",
    "drivers/net",
    "drivers/scsi",
    "drivers/virtio",
    "fs/fat",
    "fs/isofs",
    "fs/nls",
    "net/core",
)
"""Where the modules of `programs` and what they need lie in the kernel's tree."""

FOLDERS = {
    "dev": FOLDER,
    "proc": FOLDER,
    "sys": FOLDER,
    "run": FOLDER,
    "mnt": FOLDER,
    "home": FOLDER,
    "root": 0o040700,
    "tmp": 0o041777,
    "var/tmp": 0o041777,
    "var/log": FOLDER,
    "var/lib/guest": 0o040700,
    "etc/dropbear": 0o040700,
}


def build(target: Path, cache: Path) -> None:
    """Write the image to `target`, whole or not at all; packages are kept in `cache`."""
    files = _read_packages(packages.fetch(cache))
    parts = _parts(files)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".demo-image-") as name:
        scratch = Path(name)
        disk.write(parts, scratch / "disk.img", scratch)
        (scratch / "disk.img").replace(target)


def _read_packages(archives: Sequence[Path]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for archive in archives:
        files |= packages.contents(archive, _is_wanted)
    return files


def _is_wanted(path: str) -> bool:
    if path.startswith(("boot/vmlinuz-", "lib/x86_64-linux-gnu/lib", "lib/x86_64-linux-gnu/ld-")):
        return True
    if path in PROGRAMS or path == "bin/busybox":
        return True
    return ".ko" in path and any(f"/kernel/{folder}/" in path for folder in MODULE_FOLDERS)


def _parts(files: Mapping[str, bytes]) -> disk.Parts:
    kernel = next((data for path, data in files.items() if path.startswith("boot/vmlinuz-")), None)
    if kernel is None:
        raise BuildFailed("The kernel package holds no kernel.")
    modules = {
        programs.module_name(path): programs.plain_module(path, data)
        for path, data in files.items()
        if ".ko" in path
    }
    packed = initramfs(whole(_initrd_tree(files["bin/busybox"], modules)), EPOCH)
    return disk.Parts(
        kernel=kernel,
        initrd=_gzip(packed),
        root=_root_tree(files, modules),
        boot_code=_boot_code(),
    )


def _initrd_tree(busybox: bytes, modules: Mapping[str, bytes]) -> Tree:
    first = programs.loading_order(modules, programs.FIRST)
    both = programs.loading_order(modules, (*programs.FIRST, *programs.FALLBACK))
    fallback = [name for name in both if name not in first]
    tree = of_folder(GUEST / "initrd")
    tree |= {f"modules/{name}.ko": Node(FILE, modules[name]) for name in both}
    tree |= {
        "modules/first": _lines(f"{name}.ko" for name in first),
        "modules/fallback": _lines(f"{name}.ko" for name in fallback),
    }
    tree |= {name: Node(FOLDER) for name in ("dev", "proc", "sys", "root")}
    tree |= _busybox_tree(busybox)
    return tree


def _root_tree(files: Mapping[str, bytes], modules: Mapping[str, bytes]) -> Tree:
    first = programs.loading_order(modules, programs.FIRST)
    order = programs.loading_order(modules, (*programs.FIRST, *programs.LATER))
    later = [name for name in order if name not in first]
    tree = {path: Node(mode) for path, mode in FOLDERS.items()}
    tree |= _program_tree(files)
    tree |= {f"lib/modules/{name}.ko": Node(FILE, modules[name]) for name in later}
    tree["lib/modules/order"] = _lines(f"{name}.ko" for name in later)
    tree |= of_folder(GUEST / "root")
    tree["etc/shadow"] = Node(0o100600, tree["etc/shadow"].data)
    tree["home/user"] = Node(FOLDER, owner=1000, group=1000)
    return tree


def _program_tree(files: Mapping[str, bytes]) -> Tree:
    """Place busybox, and the other programs with their libraries."""
    shelf = {
        path.rpartition("/")[2]: data
        for path, data in files.items()
        if path.startswith(f"{LIBRARIES}/")
    }
    others = {path: files[path] for path in PROGRAMS if path in files}
    tree = _busybox_tree(files["bin/busybox"])
    tree |= {f"sbin/{name}": Node(LINK, b"../bin/busybox") for name in INIT_NAMES}
    tree |= {path: Node(EXECUTABLE, data) for path, data in others.items()}
    for name, data in programs.libraries_of(others.values(), shelf).items():
        folder = "lib64" if name == programs.INTERPRETER else LIBRARIES
        tree[f"{folder}/{name}"] = Node(EXECUTABLE, data)
    return tree


def _busybox_tree(busybox: bytes) -> Tree:
    """Place busybox under all its names."""
    tree = {f"bin/{name}": Node(LINK, b"busybox") for name in _applets(busybox)}
    return tree | {"bin/busybox": Node(EXECUTABLE, busybox)}


def _applets(busybox: bytes) -> list[str]:
    """Ask busybox for the names it answers to."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "busybox")
        program.write_bytes(busybox)
        program.chmod(0o755)
        names = subprocess.run([program, "--list"], capture_output=True, text=True, check=True)
    return names.stdout.split()


def _boot_code() -> bytes:
    found = next((path for path in BOOT_CODES if path.is_file()), None)
    if found is None:
        raise BuildFailed("The boot code of syslinux is missing: apt-get install syslinux")
    return found.read_bytes()


def _lines(names: Iterable[str]) -> Node:
    return Node(FILE, "".join(f"{name}\n" for name in names).encode())


def _gzip(data: bytes) -> bytes:
    """Compress without a time stamp."""
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(data) + packer.flush()
