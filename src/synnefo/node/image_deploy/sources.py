"""Where images come from. Spec: images-and-nodes 1.4."""

import configparser
import contextlib
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from synnefo.blocks.filed import FiledStore
from synnefo.blocks.hashing import BLOCK_SIZE, ZERO_NAME
from synnefo.blocks.maps import MapStore
from synnefo.blocks.port import StoreFault
from synnefo.node.image_deploy.failures import DeployFailed
from synnefo.node.image_deploy.settings import ImageSettings

PIECE = 1024 * 1024
_MAP = re.compile(r"pithosmap://([^/]+)/(\d+)\Z")
_NETWORK = re.compile(r"(https?|ftps?)://", re.IGNORECASE)


class Source(msgspec.Struct, frozen=True):
    """An image: its size in bytes (None when nobody knows), and its bytes in order."""

    size: int | None
    pieces: Iterator[bytes]


@contextlib.contextmanager
def opened(image: str, image_format: str, settings: ImageSettings) -> Iterator[Source]:
    """Open the image that an id names; DeployFailed when there is none."""
    if image == "null":
        yield Source(0, iter(()))
    elif image.startswith("pithosmap://"):
        yield _from_map(image, settings)
    elif _NETWORK.match(image):
        with _from_network(image, settings) as source:
            yield source
    else:
        path = _local(image, image_format, Path(settings.image_dir))
        with path.open("rb") as file:
            yield Source(path.stat().st_size, iter(lambda: file.read(PIECE), b""))


def _local(image: str, image_format: str, folder: Path) -> Path:
    """Find an image in the folder of images, which nothing may lead out of."""
    name = re.sub(r"^(local|file)://", "", image)
    if ":" in name:
        raise DeployFailed(f"Nothing here knows how to read {image}.")
    top = folder.resolve()
    for candidate in (name, f"{name}.{image_format}"):
        path = (top / candidate.removeprefix(f"{top}/").lstrip("/")).resolve()
        if not path.is_relative_to(top):
            raise DeployFailed(f"The image {name} lies outside of {folder}.")
        if path.is_file():
            return path
    raise DeployFailed(f"There is no image {name} in {folder}.")


def _from_map(image: str, settings: ImageSettings) -> Source:
    match = _MAP.match(image)
    if not match:
        raise DeployFailed(f"{image} is not of the form pithosmap://MAP/SIZE.")
    root = _blocks_folder(settings)
    size = int(match[2])
    try:
        store, maps = FiledStore(root), MapStore(root / "maps")
        hashes = maps.get(match[1], size=size).hashes
    except (StoreFault, OSError) as error:
        raise DeployFailed(f"The image cannot be read: {error}") from None
    return Source(size, _blocks(store, hashes, size))


def _blocks(store: FiledStore, hashes: list[str], size: int) -> Iterator[bytes]:
    left = size
    for name in hashes:
        length = min(BLOCK_SIZE, left)
        left -= length
        if name == ZERO_NAME:
            yield bytes(length)
            continue
        try:
            yield store.get(name)[:length].ljust(length, b"\0")
        except (StoreFault, OSError) as error:
            raise DeployFailed(f"A block of the image cannot be read: {error}") from None


def _blocks_folder(settings: ImageSettings) -> Path:
    if settings.pithos_backend_storage != "archipelago":
        return Path(settings.pithos_data)
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(settings.pithos_archipelago_conf)
    found = parser.get("ARCHIPELAGO", "BLOCKS_DIR", fallback="") or parser.get(
        "blockerb", "archip_dir", fallback=""
    )
    if not found:
        raise DeployFailed(f"{settings.pithos_archipelago_conf} does not say where blocks are.")
    return Path(found)


@contextlib.contextmanager
def _from_network(image: str, settings: ImageSettings) -> Iterator[Source]:
    with tempfile.TemporaryFile() as words:
        command = [*settings.curl.split(), image]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words)
        try:
            yield Source(_length(image, settings), _read_all(process, words))
        finally:
            if process.stdout:
                process.stdout.close()
            process.kill()
            process.wait()


def _read_all(process: subprocess.Popen[bytes], words: IO[bytes]) -> Iterator[bytes]:
    stream = process.stdout
    while stream and (piece := stream.read(PIECE)):
        yield piece
    if process.wait():
        words.seek(0)
        told = words.read(500).decode(errors="replace").strip()
        raise DeployFailed(f"The image cannot be fetched: {told}")


def _length(image: str, settings: ImageSettings) -> int | None:
    """Ask the server for the length; None when it does not say."""
    done = subprocess.run(
        [*settings.curl.split(), "-I", image], capture_output=True, text=True, check=False
    )
    found = re.findall(r"^content-length:\s*(\d+)", done.stdout, re.IGNORECASE | re.MULTILINE)
    return int(found[-1]) if found else None
