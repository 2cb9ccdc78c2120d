"""What the guest runs: kernel modules in loading order, and programs with their libraries."""

import lzma
import struct
from collections.abc import Iterable, Mapping

from synnefo.node.demo_image.tools import BuildFailed

FIRST = ("virtio_pci", "virtio_blk")
FALLBACK = ("virtio_scsi", "sd_mod", "ata_piix")
LATER = (
    "virtio_net",
    "evdev",
    "button",
    "isofs",
    "virtio_rng",
    "virtio_balloon",
    "virtio_console",
    "sr_mod",
    "vfat",
    "nls_cp437",
    "nls_ascii",
)
INTERPRETER = "ld-linux-x86-64.so.2"

_DT_NEEDED, _DT_STRTAB, _PT_LOAD, _PT_DYNAMIC = 1, 5, 1, 2


def module_name(path: str) -> str:
    """Name a module as the kernel does: `kernel/drivers/a-b.ko.xz` is `a_b`."""
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")


def plain_module(path: str, data: bytes) -> bytes:
    """Undo the compression that newer packages ship modules with."""
    return lzma.decompress(data) if path.endswith(".xz") else data


def loading_order(modules: Mapping[str, bytes], wanted: Iterable[str]) -> list[str]:
    """List modules so that each comes after what it needs; unknown ones are left out."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order or name not in modules:
            return
        for need in _module_needs(modules[name]):
            visit(need)
        order.append(name)

    for name in wanted:
        visit(name)
    return order


def _module_needs(data: bytes) -> list[str]:
    """Read the `depends=` line of a module's own description."""
    start = data.find(b"\0depends=")
    if start < 0:
        return []
    line = data[start + 9 : data.index(b"\0", start + 9)].decode()
    return [name.replace("-", "_") for name in line.split(",") if name]


def libraries_of(programs: Iterable[bytes], shelf: Mapping[str, bytes]) -> dict[str, bytes]:
    """Pick from `shelf` (name -> file) all that the programs need, and what that needs."""
    found: dict[str, bytes] = {INTERPRETER: _from_shelf(INTERPRETER, shelf)}
    waiting = [name for program in programs for name in needed(program)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _from_shelf(name, shelf)
            waiting.extend(needed(found[name]))
    return found


def _from_shelf(name: str, shelf: Mapping[str, bytes]) -> bytes:
    if name not in shelf:
        raise BuildFailed(f"No package brought the library {name}.")
    return shelf[name]


def needed(program: bytes) -> list[str]:
    """Name the shared libraries that a 64-bit ELF file asks for."""
    headers = _program_headers(program)
    dynamic = next((h for h in headers if h[0] == _PT_DYNAMIC), None)
    if dynamic is None:
        return []
    entries = list(struct.iter_unpack("<qQ", program[dynamic[2] : dynamic[2] + dynamic[5]]))
    strings = next(value for tag, value in entries if tag == _DT_STRTAB)
    base = next(h[2] - h[3] for h in headers if h[0] == _PT_LOAD and h[3] <= strings < h[3] + h[5])
    offsets = [base + strings + value for tag, value in entries if tag == _DT_NEEDED]
    return [program[at : program.index(b"\0", at)].decode() for at in offsets]


def _program_headers(program: bytes) -> list[tuple[int, ...]]:
    """Answer (type, flags, offset, address, physical, size in file, in memory, align) each."""
    table, size, count = struct.unpack_from("<32xQ14xHH", program)
    return [struct.unpack_from("<IIQQQQQQ", program, table + i * size) for i in range(count)]
