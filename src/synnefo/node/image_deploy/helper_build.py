"""Builds the helper: a kernel, and an initrd with Python, the tasks and a few programs.

All of it comes from Debian's packages; nothing is installed and no root is needed.
Spec: images-and-nodes 1.8.
"""

import hashlib
import py_compile
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from synnefo.node.demo_image import packages, programs
from synnefo.node.demo_image.tools import EPOCH, BuildFailed
from synnefo.node.demo_image.tree import FILE, FOLDER, LINK, Node, Tree, initramfs, whole

PACKAGES = (
    "busybox-static",
    "e2fsprogs",
    "python3.11-minimal",
    "libpython3.11-minimal",
    "libpython3.11-stdlib",
)
PYTHON = "bin/python3.11"
LIBRARY = "lib/python3.11"
PROGRAMS = ("sbin/e2fsck", "sbin/resize2fs", PYTHON)
LIBRARIES = "lib/x86_64-linux-gnu"
APPLETS = (
    *("sh", "cat", "chroot", "echo", "findfs", "grep", "insmod", "mkdir", "mount", "poweroff"),
    *("reboot", "rm", "sed", "sleep", "sync", "umount", "usleep"),
)
FIRST = ("virtio_pci", "virtio_blk", "virtio_scsi", "sd_mod")
LATER = {"xfs": ("xfs",), "btrfs": ("btrfs",), "vfat": ("vfat", "nls_cp437", "nls_ascii")}
EXECUTABLE = FILE | 0o111
PARTS = ("kernel", "initrd")
_OURS = "synnefo.node.image_deploy.helper"
_SOURCE = Path(__file__).parents[3]
_INIT = """#!/bin/sh
export PATH=/sbin:/bin PYTHONHOME=/ LC_ALL=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
load first
tries=0
until grep -qs rules /sys/block/*/serial || [ $tries -ge 250 ]; do
	tries=$((tries + 1))
	usleep 20000
done
python3.11 -S -s -B /helper/start.py
sync
reboot -f
"""
_LOAD = """#!/bin/sh
while read -r module; do
	insmod "/modules/$module"
done < "/modules/$1" 2>/dev/null
"""
_START = f"""import sys
from {_OURS}.__main__ import main
sys.exit(main())
"""


def build(folder: Path, cache: Path) -> None:
    """Write `kernel` and `initrd` into a folder, each whole or not at all."""
    files: dict[str, bytes] = {}
    for archive in packages.fetch(cache, PACKAGES):
        files |= packages.contents(archive, _is_wanted)
    kernel = next((data for path, data in files.items() if path.startswith("boot/vmlinuz-")), None)
    if kernel is None:
        raise BuildFailed("The kernel package holds no kernel.")
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"kernel": kernel, "initrd": initramfs(whole(_tree(files)), EPOCH)}
    for name, data in parts.items():
        scratch = folder / f".{name}.new"
        scratch.write_bytes(data)
        scratch.chmod(0o644)
        scratch.replace(folder / name)
    (folder / "version").write_text(version(), encoding="ascii")


def version() -> str:
    """Tell one state of the tasks from another."""
    digest = hashlib.sha256()
    for path in (*sorted(_own_files()), Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(folder: Path) -> bool:
    """Tell whether a helper is there, with the tasks of this very program."""
    try:
        built = (folder / "version").read_text(encoding="ascii")
    except OSError:
        return False
    return built == version() and all((folder / name).is_file() for name in PARTS)


def _is_wanted(path: str) -> bool:
    if path.startswith(("boot/vmlinuz-", f"{LIBRARIES}/lib", f"{LIBRARIES}/ld-", f"{LIBRARY}/")):
        return "/test/" not in path
    return path in PROGRAMS or path == "bin/busybox" or (".ko" in path and "/kernel/" in path)


def _tree(files: Mapping[str, bytes]) -> Tree:
    tree: Tree = {name: Node(FOLDER) for name in ("dev", "proc", "sys", "tmp", "target", "run")}
    tree["init"] = Node(EXECUTABLE, _INIT.encode())
    tree["bin/load"] = Node(EXECUTABLE, _LOAD.encode())
    tree["bin/busybox"] = Node(EXECUTABLE, files["bin/busybox"])
    tree |= {f"bin/{name}": Node(LINK, b"busybox") for name in APPLETS}
    tree |= _modules(files)
    tree |= _programs(files)
    tree |= _python(files)
    tree["helper/start.py"] = Node(FILE, _START.encode())
    return tree


def _modules(files: Mapping[str, bytes]) -> Tree:
    """Place the kernel's modules, and lists in loading order."""
    known = {programs.module_name(path): path for path in files if ".ko" in path}
    plain = {name: programs.plain_module(path, files[path]) for name, path in known.items()}
    tree: Tree = {}
    for kind, wanted in {"first": FIRST, **LATER}.items():
        order = programs.loading_order(plain, wanted)
        tree |= {f"modules/{name}.ko": Node(FILE, plain[name]) for name in order}
        lines = "".join(f"{name}.ko\n" for name in order)
        tree[f"modules/{kind}"] = Node(FILE, lines.encode())
    return tree


def _programs(files: Mapping[str, bytes]) -> Tree:
    shelf = {
        path.rpartition("/")[2]: data
        for path, data in files.items()
        if path.startswith(f"{LIBRARIES}/")
    }
    chosen = {path: files[path] for path in PROGRAMS if path in files}
    missing = set(PROGRAMS) - set(chosen)
    if missing:
        raise BuildFailed(f"No package brought {', '.join(sorted(missing))}.")
    tree = {path: Node(EXECUTABLE, data) for path, data in chosen.items()}
    for name, data in programs.libraries_of(chosen.values(), shelf).items():
        folder = "lib64" if name == programs.INTERPRETER else LIBRARIES
        tree[f"{folder}/{name}"] = Node(EXECUTABLE, data)
    return tree


def _python(files: Mapping[str, bytes]) -> Tree:
    """Place the tasks, and those modules of the library that they import."""
    tree: Tree = {}
    with tempfile.TemporaryDirectory() as folder:
        for path in _own_files():
            own = path.relative_to(_SOURCE).with_suffix("")
            tree |= _compiled(f"helper/{own}", path.read_bytes(), Path(folder))
        for name in _imported():
            data = files.get(f"{LIBRARY}/{name}")
            if data is None:
                continue
            stem = name.removesuffix(".py")
            if name == stem:
                tree[f"{LIBRARY}/{name}"] = Node(EXECUTABLE, data)
            else:
                tree |= _compiled(f"{LIBRARY}/{stem}", data, Path(folder))
    return tree


def _compiled(stem: str, source: bytes, scratch: Path) -> Tree:
    """Place a module compiled, which it takes this very Python to do; else as it is."""
    if sys.version_info[:2] != (3, 11):
        return {f"{stem}.py": Node(FILE, source)}
    plain, made = scratch / "m.py", scratch / "m.pyc"
    plain.write_bytes(source)
    py_compile.compile(str(plain), str(made), dfile=f"/{stem}.py", doraise=True)
    return {f"{stem}.pyc": Node(FILE, made.read_bytes())}


def _own_files() -> list[Path]:
    own = Path(__file__).parent
    return [own.parent / "__init__.py", own / "__init__.py", *(own / "helper").glob("*.py")]


def _imported() -> Iterable[str]:
    """Ask a Python of our own which files of the library the tasks import."""
    script = "\n".join(
        (
            f"import sys; sys.path.insert(0, {str(_SOURCE)!r})",
            f"import {_OURS}.__main__, encodings.utf_8, encodings.ascii, encodings.latin_1",
            "specs = [getattr(m, '__spec__', None) for m in list(sys.modules.values())]",
            "print('\\n'.join(str(spec.origin) for spec in specs if spec))",
        )
    )
    told = subprocess.run(
        [sys.executable, "-S", "-s", "-X", "frozen_modules=off", "-c", script],
        check=True,
        capture_output=True,
        text=True,
    )
    top = Path(sysconfig.get_paths()["stdlib"]).resolve()
    always = ["encodings/__init__.py", "os.py", "site.py", "encodings/aliases.py"]
    found = [Path(line) for line in told.stdout.splitlines() if line.startswith("/")]
    inside = [str(p.resolve().relative_to(top)) for p in found if p.resolve().is_relative_to(top)]
    return sorted({*always, *(name for name in inside)})
