"""The config drive: a small ISO 9660 disk labelled `config-2`. Spec: openstack-api 6.5."""

import importlib
import io
import os
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from synnefo.node.guest_config import GuestConfig, documents

if TYPE_CHECKING:
    import pycdlib

LABEL = "config-2"


def image(config: GuestConfig) -> bytes:
    """Make the disk image in memory; about as long as its documents plus 150 KiB."""
    disc = _disc()
    disc.new(interchange_level=4, rock_ridge="1.09", joliet=3, vol_ident=LABEL)
    folders: set[str] = set()
    for path, contents in sorted(documents(config).items()):
        _add_folders(disc, PurePosixPath("/", path).parent, folders)
        _add_file(disc, f"/{path}", contents)
    target = io.BytesIO()
    disc.write_fp(target)
    disc.close()
    return target.getvalue()


def write(config: GuestConfig, target: Path) -> None:
    """Put the image at `target`, readable by its owner only; replaces an older one whole."""
    handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as sink:
            sink.write(image(config))
            sink.flush()
            os.fsync(sink.fileno())
        Path(scratch).replace(target)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _disc() -> "pycdlib.PyCdlib":
    """Begin a disc; the library weighs 10 MiB, so it is loaded with the first one."""
    made: pycdlib.PyCdlib = importlib.import_module("pycdlib").PyCdlib()
    return made


def _add_folders(disc: "pycdlib.PyCdlib", folder: PurePosixPath, known: set[str]) -> None:
    for step in (*reversed(folder.parents), folder):
        path = str(step)
        if path != "/" and path not in known:
            disc.add_directory(path, rr_name=step.name, joliet_path=path)
            known.add(path)


def _add_file(disc: "pycdlib.PyCdlib", path: str, contents: bytes) -> None:
    name = PurePosixPath(path).name
    disc.add_fp(io.BytesIO(contents), len(contents), path, rr_name=name, joliet_path=path)


def read(source: Path) -> dict[str, bytes]:
    """Read the documents back; path without leading slash -> contents."""
    disc = _disc()
    disc.open(str(source))
    try:
        return {
            f"{folder}/{name}".lstrip("/"): _contents(disc, f"{folder}/{name}".replace("//", "/"))
            for folder, _, names in disc.walk(rr_path="/")
            for name in names
        }
    finally:
        disc.close()


def _contents(disc: "pycdlib.PyCdlib", path: str) -> bytes:
    target = io.BytesIO()
    disc.get_file_from_iso_fp(target, rr_path=path)
    return target.getvalue()
