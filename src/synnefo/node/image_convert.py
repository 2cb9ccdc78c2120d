"""Turns what publishers ship into a raw, sparse disk that the cloud can boot."""

import gzip
import json
import lzma
import shutil
import subprocess
from pathlib import Path
from typing import IO

from synnefo.kit.units import MIB
from synnefo.node.image_download import FetchFailed

_MAGIC = {
    "qcow2": (0, b"QFI\xfb"),
    "vmdk": (0, b"KDMV"),
    "vhdx": (0, b"vhdxfile"),
    "vdi": (0x40, b"\x7f\x10\xda\xbe"),
}
_PACKED = {"xz": (0, b"\xfd7zXZ\x00"), "gzip": (0, b"\x1f\x8b")}
_BOOT_SIGNATURE = (510, b"\x55\xaa")
_EXT_SIGNATURE = (1080, b"\x53\xef")
HEAD = 4096


def to_raw(source: Path, target: Path) -> None:
    """Write a raw disk to `target`, whatever disk `source` is; FetchFailed when it is none."""
    packing = _kind(source, _PACKED)
    if packing is None:
        _convert(source, target)
        return
    unpacked = target.with_name(f"{target.name}.unpacked")
    try:
        _unpack(source, unpacked, packing)
        _convert(unpacked, target)
    finally:
        unpacked.unlink(missing_ok=True)


def _convert(source: Path, target: Path) -> None:
    form = _kind(source, _MAGIC)
    if form is None:
        _check_raw(source)
        form = "raw"
    _refuse_references(source, form)
    _qemu_img("convert", "-f", form, "-O", "raw", str(source), str(target))
    _check_raw(target)


def _kind(file: Path, signatures: dict[str, tuple[int, bytes]]) -> str | None:
    with file.open("rb") as source:
        head = source.read(HEAD)
    for name, (offset, mark) in signatures.items():
        if head[offset : offset + len(mark)] == mark:
            return name
    return None


def _check_raw(file: Path) -> None:
    """Refuse what has neither a boot sector nor a file system, such as a page of HTML."""
    signatures = {"disk": _BOOT_SIGNATURE, "file system": _EXT_SIGNATURE}
    if file.stat().st_size < HEAD or _kind(file, signatures) is None:
        raise FetchFailed(f"{file.name} is no disk image: it has no boot sector.")


def _refuse_references(file: Path, form: str) -> None:
    """Refuse an image that leads to other files of this host."""
    facts = json.loads(_qemu_img("info", "--output=json", "-f", form, str(file)))
    details = facts.get("format-specific", {}).get("data", {})
    extents = [extent.get("filename") for extent in details.get("extents", ())]
    others = {"backing file": facts.get("backing-filename"), "data file": details.get("data-file")}
    for what, name in others.items():
        if name:
            raise FetchFailed(f"{file.name} leads to a {what} ({name}); such images are refused.")
    if any(Path(extent).resolve() != file.resolve() for extent in extents if extent):
        raise FetchFailed(f"{file.name} leads to other files; such images are refused.")


def _unpack(source: Path, target: Path, packing: str) -> None:
    """Decompress, leaving holes where there are only zeros."""
    with _opened(source, packing) as packed, target.open("wb") as sink:
        try:
            while data := packed.read(MIB):
                if data.strip(b"\0"):
                    sink.write(data)
                else:
                    sink.seek(len(data), 1)
            sink.truncate()
        except (OSError, EOFError, lzma.LZMAError) as error:
            raise FetchFailed(f"{source.name} cannot be decompressed: {error}") from error


def _opened(source: Path, packing: str) -> IO[bytes]:
    if packing == "xz":
        return lzma.open(source, "rb")
    return gzip.open(source, "rb")  # type: ignore[return-value] # a file in all that is used here


def _qemu_img(*arguments: str) -> str:
    program = shutil.which("qemu-img")
    if program is None:
        raise FetchFailed(
            "The program qemu-img is missing. Install it: apt-get install qemu-utils"
        )
    done = subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise FetchFailed(f"qemu-img {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout
