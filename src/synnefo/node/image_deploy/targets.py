"""Where images go: a file, a block device, or what QEMU can reach. Spec: images-and-nodes 1.4."""

import contextlib
import os
import socket
import stat
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from synnefo.node.image_deploy.failures import DeployFailed
from synnefo.node.image_deploy.settings import ImageSettings

_GO, _INFO_EXPORT, _ACK = 7, 0, 1
_WRITE, _LEAVE, _FLUSH = 1, 2, 3
_REQUEST = 0x25609513
_REPLY = 0x67446698
_PATIENCE = 120.0
_START_SECONDS = 20.0


class Target(Protocol):
    """A disk that an image is written to."""

    size: int

    def write(self, offset: int, data: bytes) -> None:
        """Write a piece."""

    def flush(self) -> None:
        """Return when all of it would survive a power cut."""


class FileTarget:
    """A file or block device."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self.size = os.lseek(self._fd, 0, os.SEEK_END)

    def write(self, offset: int, data: bytes) -> None:
        """Write a piece."""
        os.pwrite(self._fd, data, offset)

    def flush(self) -> None:
        """Return when all of it is on the medium."""
        os.fsync(self._fd)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._fd)


class NbdTarget:
    """The export of an NBD server on a unix socket."""

    def __init__(self, path: str, export: str) -> None:
        self._peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._peer.settimeout(_PATIENCE)
        self._handle = 0
        try:
            self._peer.connect(path)
            self.size = self._greet(export.encode())
        except BaseException:
            self._peer.close()
            raise

    def write(self, offset: int, data: bytes) -> None:
        """Write a piece."""
        self._ask(_WRITE, offset, data)

    def flush(self) -> None:
        """Return when all of it is on the medium."""
        self._ask(_FLUSH, 0, b"")

    def close(self) -> None:
        """Say goodbye."""
        with contextlib.suppress(OSError):
            self._peer.sendall(struct.pack(">IHHQQI", _REQUEST, 0, _LEAVE, 0, 0, 0))
        self._peer.close()

    def _greet(self, export: bytes) -> int:
        magic, _, _ = struct.unpack(">8s8sH", self._exactly(18))
        if magic != b"NBDMAGIC":
            raise DeployFailed("What answers for the disk is no NBD server.")
        self._peer.sendall(struct.pack(">I", 3))
        ask = struct.pack(">I", len(export)) + export + b"\0\0"
        self._peer.sendall(struct.pack(">8sII", b"IHAVEOPT", _GO, len(ask)) + ask)
        size = 0
        while True:
            _, _, kind, length = struct.unpack(">QIII", self._exactly(20))
            payload = self._exactly(length)
            if kind == _ACK:
                return size
            if kind & 0x80000000:
                raise DeployFailed(
                    f"The disk's server refused: {payload.decode(errors='replace')}"
                )
            if payload[:2] == struct.pack(">H", _INFO_EXPORT):
                size = int(struct.unpack_from(">Q", payload, 2)[0])

    def _ask(self, command: int, offset: int, data: bytes) -> None:
        self._handle += 1
        length = len(data)
        head = struct.pack(">IHHQQI", _REQUEST, 0, command, self._handle, offset, length)
        self._peer.sendall(head + data)
        magic, code, handle = struct.unpack(">IIQ", self._exactly(16))
        if magic != _REPLY or handle != self._handle:
            raise DeployFailed("The disk's server speaks in tongues.")
        if code:
            raise OSError(code, f"The disk does not take what is written: {os.strerror(code)}")

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self._peer.recv(count - len(data))
            if not piece:
                raise DeployFailed("The disk's server went away.")
            data += piece
        return data


@contextlib.contextmanager
def opened(place: str, settings: ImageSettings) -> Iterator[Target]:
    """Open a disk by its path or its address."""
    if _is_path(place):
        target: FileTarget | NbdTarget = FileTarget(Path(place))
        with contextlib.closing(target):
            yield target
        return
    parts = urlsplit(place)
    path = parse_qs(parts.query).get("socket", [""])[0]
    if parts.scheme == "nbd+unix" and path:
        with contextlib.closing(NbdTarget(unquote(path), parts.path.lstrip("/"))) as target:
            yield target
        return
    with (
        _through_qemu(place, settings) as socket_path,
        contextlib.closing(NbdTarget(socket_path, "")) as target,
    ):
        yield target


def _is_path(place: str) -> bool:
    if not place.startswith("/"):
        return False
    mode = Path(place).stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
        raise DeployFailed(f"{place} is neither a file nor a block device.")
    return True


@contextlib.contextmanager
def _through_qemu(address: str, settings: ImageSettings) -> Iterator[str]:
    """Serve whatever QEMU can reach on a socket of our own."""
    with tempfile.TemporaryDirectory(prefix="snf-image-") as folder:
        path = f"{folder}/s"
        command = [settings.qemu_nbd, "-f", "raw", "-k", path, "-x", "", address]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:
            _await_socket(Path(path), process)
            yield path
        finally:
            process.terminate()
            process.communicate()


def _await_socket(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            words = process.communicate()[1].decode(errors="replace").strip()
            raise DeployFailed(f"The disk cannot be reached: {words or 'no answer'}")
        time.sleep(0.02)
