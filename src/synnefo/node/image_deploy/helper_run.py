"""Runs the helper machine on the disks of an instance, and listens to it.

The machine has no network, an own user, and of the host nothing but the disks. What it says is
bounded and read with suspicion: the image may have taken it over. Spec: images-and-nodes 1.8.
"""

import contextlib
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from synnefo.node.image_deploy.failures import DeployFailed
from synnefo.node.image_deploy.helper.report import LINE, STDERR_LINES
from synnefo.node.image_deploy.monitor import Monitor
from synnefo.node.image_deploy.orders import Disk
from synnefo.node.image_deploy.settings import ImageSettings

_LINES = 100
_CONSOLE_BYTES = 256 * 1024
_SECTOR = 512
_COMMAND_LINE = (
    "quiet console=ttyS0 panic=-1 mitigations=off no_timer_check tsc=reliable nokaslr "
    "random.trust_cpu=on ipv6.disable=1"
)
_DRIVERS = {"paravirtual": "virtio-blk-pci", "scsi": "scsi-hd"}


class Dialogue:
    """The helper's monitor lines, turned into messages. Spec: images-and-nodes 1.12."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._waiting = b""
        self._quoting: list[str] = []
        self._quote_left = 0
        self._count = 0
        self.reasons: list[str] = []

    def hear(self, data: bytes) -> None:
        """Take what came over the line."""
        self._waiting += data
        while b"\n" in self._waiting:
            line, _, self._waiting = self._waiting.partition(b"\n")
            self._line(line.rstrip(b"\r").decode(errors="replace"))
        if len(self._waiting) > LINE:
            raise DeployFailed("The helper said something that makes no sense.")

    def _line(self, line: str) -> None:
        self._count += 1
        if len(line) > LINE or self._count > _LINES:
            raise DeployFailed("The helper said more than it may.")
        if self._quote_left:
            self._quoting.append(line)
            self._quote_left -= 1
            self._end_quote()
            return
        kind, _, text = line.partition(":")
        if kind in {"TASK_START", "TASK_END"}:
            self._monitor.helper(kind.lower().replace("_", "-"), task=text)
        elif kind in {"WARNING", "ERROR"}:
            self.reasons.extend([text] if kind == "ERROR" else [])
            self._monitor.helper(kind.lower(), messages=[text])
        elif kind == "STDERR":
            self._begin_quote(text)
        else:
            raise DeployFailed("The helper said something that makes no sense.")

    def _begin_quote(self, text: str) -> None:
        count, _, first = text.partition(":")
        if not count.isdigit() or not 0 < int(count) <= STDERR_LINES:
            raise DeployFailed("The helper said something that makes no sense.")
        self._quoting, self._quote_left = [first], int(count) - 1
        self._end_quote()

    def _end_quote(self) -> None:
        if not self._quote_left:
            words = "\n".join(self._quoting)
            sys.stderr.write(f"HELPER: {words}\n")
            self._monitor.helper("error", stderr=words)


def command(
    settings: ImageSettings, disks: Sequence[Disk], rules: str, lines: Sequence[int]
) -> list[str]:
    """Write the command of the helper machine; `lines` are its serial lines, descriptors here."""
    folder = Path(settings.helper_dir)
    words = [
        settings.kvm,
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-machine", f"pc,accel={settings.helper_accel}", "-m", str(settings.helper_memory)),
        *("-sandbox", "on,obsolete=deny,spawn=deny,resourcecontrol=deny"),
        *("-kernel", str(folder / "kernel"), "-initrd", str(folder / "initrd")),
        *("-append", _COMMAND_LINE),
        *("-device", "virtio-scsi-pci"),
    ]
    if os.geteuid() == 0:
        words += ["-runas", settings.helper_user]
    for number, fd in enumerate(lines):
        words += ["-chardev", f"socket,id=line{number},fd={fd}"]
        words += ["-serial", f"chardev:line{number}"]
    for number, disk in enumerate(disks):
        words += _drive(f"disk{number}", disk.place, _DRIVERS.get(disk.frontend))
    return [*words, *_drive("rules", rules, None, "on")]


def _drive(name: str, place: str, driver: str | None, readonly: str = "off") -> list[str]:
    file = place.replace(",", ",,")
    options = f"file={file},format=raw,if=none,id={name},readonly={readonly}"
    device = f"{driver or 'virtio-blk-pci'},drive={name},serial={name}"
    return ["-drive", f"{options},cache=writeback,discard=unmap", "-device", device]


def run(rules: bytes, disks: Sequence[Disk], settings: ImageSettings, monitor: Monitor) -> None:
    """Have the helper change the image; DeployFailed with its reasons when it did not."""
    dialogue = Dialogue(monitor)
    with tempfile.TemporaryDirectory(prefix="snf-image-") as name:
        path = Path(name) / "rules"
        path.touch(0o600)
        path.write_bytes(rules.ljust(-(-len(rules) // _SECTOR) * _SECTOR, b"\0"))
        with _started(settings, disks, str(path)) as (process, lines):
            result = _listen(process, lines, dialogue, settings)
    if result.splitlines()[:1] != [b"SUCCESS"]:
        raise DeployFailed(" ".join(dialogue.reasons) or "Image customization failed.")


@contextlib.contextmanager
def _started(
    settings: ImageSettings, disks: Sequence[Disk], rules: str
) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """Start QEMU with three serial lines; console, result and monitor are read from the list."""
    pairs = [socket.socketpair() for _ in range(3)]
    reading, writing = [own for own, _ in pairs], [other for _, other in pairs]
    handed = [one.fileno() for one in writing]
    words = command(settings, disks, rules, handed)
    try:
        process = subprocess.Popen(
            words, pass_fds=handed, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
    except OSError as error:
        raise DeployFailed(f"The helper does not start: {error}") from None
    finally:
        for one in writing:
            one.close()
    try:
        yield process, [one.fileno() for one in reading]
    finally:
        for one in reading:
            one.close()
        _end(process, settings)


def _end(process: subprocess.Popen[bytes], settings: ImageSettings) -> None:
    process.terminate()
    try:
        process.wait(settings.helper_hard_timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _listen(
    process: subprocess.Popen[bytes],
    lines: Sequence[int],
    dialogue: Dialogue,
    settings: ImageSettings,
) -> bytes:
    """Read all three lines until the machine ends; return what came over the result line."""
    console, result, monitor = lines
    heard = {console: b"", result: b""}
    deadline = time.monotonic() + settings.helper_soft_timeout
    with selectors.DefaultSelector() as selector:
        for fd in lines:
            selector.register(fd, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeployFailed("Image customization did not finish on time.")
            for key, _ in selector.select(left):
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fd)
                elif key.fd == monitor:
                    dialogue.hear(data)
                else:
                    heard[key.fd] = (heard[key.fd] + data)[-_CONSOLE_BYTES:]
    code = process.wait(settings.helper_hard_timeout)
    _log(heard[console])
    if code:
        raise DeployFailed(f"The helper ended unexpectedly ({code}).")
    return heard[result]


def _log(console: bytes) -> None:
    for line in console.decode(errors="replace").splitlines():
        shown = "".join(char for char in line if char.isprintable())
        if shown:
            sys.stderr.write(f"HELPER: {shown}\n")
