"""qemu-img at arm's length: it reads files of strangers, so it gets limits and no choices."""

import json
import shutil
import subprocess
from pathlib import Path

import msgspec

from synnefo.cyclades.domain import image_formats
from synnefo.kit.faults import Fault

_MEMORY = 2 * 1024**3
_OPEN_FILES = 64


class ConversionError(Exception):
    """The file cannot be made a raw disk; the message is fit for people."""


class _Facts(msgspec.Struct, rename="kebab"):
    virtual_size: int
    backing_filename: str | None = None
    format: str = ""


def qcow2_to_raw(source: Path, target: Path, *, largest: int, timeout: float) -> int:
    """Unpack a qcow2 file into a sparse raw one; answer its size in bytes."""
    _check_head(source, largest)
    facts = _inspect(source)
    if facts.backing_filename:
        raise ConversionError("The image needs another file. Make one file of both first.")
    if facts.virtual_size > largest:
        raise ConversionError("The disk of this image is larger than what is taken here.")
    _run(
        ["convert", "-f", "qcow2", "-O", "raw", "-S", "64k", str(source), str(target)],
        timeout=timeout,
        file_size=largest,
    )
    return target.stat().st_size


def _check_head(source: Path, largest: int) -> None:
    """Refuse a file that leads to others before qemu-img opens it, and so them.

    It was looked at when it came, but its owner may have written to the object since.
    """
    with source.open("rb") as file:
        head = file.read(image_formats.HEAD)
    try:
        image_formats.check_claim("qcow2", head, largest=largest)
    except Fault as fault:
        raise ConversionError(fault.message) from fault


def _inspect(source: Path) -> _Facts:
    told = _run(
        ["info", "--output=json", "-f", "qcow2", str(source)], timeout=60, file_size=1024**2
    )
    try:
        return msgspec.convert(json.loads(told), _Facts)
    except (ValueError, msgspec.ValidationError) as error:
        raise ConversionError("The image cannot be read. Is it damaged?") from error


def _run(arguments: list[str], *, timeout: float, file_size: int) -> str:
    program = shutil.which("qemu-img")
    if program is None:
        raise ConversionError("This cloud cannot unpack qcow2 images now. Upload a raw one.")
    limits = [f"--as={_MEMORY}", f"--fsize={file_size}", f"--nofile={_OPEN_FILES}", "--core=0"]
    command = [shutil.which("prlimit") or "prlimit", *limits, program, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise ConversionError("Unpacking the image took too long.") from error
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        why = lines[-1].replace(str(arguments[-1]), "").strip(" :") if lines else "no reason"
        raise ConversionError(f"The image cannot be unpacked: {why[:150]}")
    return done.stdout.decode()
