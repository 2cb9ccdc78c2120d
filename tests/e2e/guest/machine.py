"""A real QEMU with the demonstration image, as a test drives it."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from synnefo.node import config_drive
from synnefo.node.guest_config import GuestConfig

MAC = "52:54:00:12:34:56"


class Build(msgspec.Struct, frozen=True):
    """How a machine is made."""

    image: Path
    folder: Path
    config: GuestConfig | None = None
    machine: str = "pc"
    disk_size: int = 1 << 30
    netdev: str = ""
    extra: Sequence[str] = ()
    inside: Sequence[str] = ()
    """Command that enters the network namespace in which all happens."""


class Machine:
    """One machine; its disk stays when it is switched off."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.folder = build.folder
        self.disk = build.folder / "disk.img"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.began = 0.0
        if not self.disk.exists():
            shutil.copy(build.image, self.disk)
            os.truncate(self.disk, build.disk_size)

    def start(self, config: GuestConfig | None = None) -> None:
        """Switch on, with a config drive if one is described."""
        config = config or self.build.config
        drive: list[str] = []
        if config is not None:
            config_drive.write(config, self.folder / "config.iso")
            drive = ["-drive", "file=config.iso,if=virtio,format=raw,readonly=on"]
        for name in ("qmp", "serial", "vnc"):
            (self.folder / name).unlink(missing_ok=True)
        netdev = f"user,id=n0,hostfwd=tcp:127.0.0.1:{self.port}-:22{self.build.netdev}"
        command = [
            *self.build.inside, "qemu-system-x86_64", "-accel", "tcg",
            "-machine", self.build.machine, "-m", "128", "-nodefaults",
            "-display", "none", "-vga", "std", "-vnc", "unix:vnc",
            "-chardev", "socket,id=s,path=serial,server=on,wait=off,logfile=console.log",
            "-serial", "chardev:s", "-qmp", "unix:qmp,server=on,wait=off",
            "-drive", "file=disk.img,if=virtio,format=raw", *drive,
            "-netdev", netdev, "-device", f"virtio-net-pci,netdev=n0,mac={MAC}", *self.build.extra,
        ]  # fmt: skip
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, cwd=self.folder)
        eventually((self.folder / "qmp").exists)

    def kill(self) -> None:
        """Cut the power."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def power_off(self, seconds: float = 60) -> None:
        """Press the power button and wait for the guest."""
        assert self.process is not None
        self.qmp("system_powerdown")
        assert self.process.wait(seconds) == 0

    def wait_for_ssh(self, seconds: float = 90) -> float:
        """Wait for the SSH server's greeting; answer the seconds since power on."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, "QEMU ended"
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2) as peer:
                peer.settimeout(2)
                if peer.recv(3) == b"SSH":
                    return time.monotonic() - self.began
            time.sleep(0.1)
        raise AssertionError(f"no SSH server: {self.console()[-2000:]}")

    def ssh(self, command: str, *, user: str = "root", check: bool = True) -> str:
        """Run a command in the guest with the test's key."""
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes",
                   "LogLevel=ERROR", "ConnectTimeout=20")  # fmt: skip
        flags = [word for option in options for word in ("-o", option)]
        key = str(self.folder.parent / "key")
        line = [
            *self.build.inside,
            "ssh",
            "-i",
            key,
            *flags,
            "-p",
            str(self.port),
            f"{user}@127.0.0.1",
            command,
        ]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=90)
        assert not check or done.returncode == 0, (done.returncode, done.stderr, done.stdout)
        return done.stdout

    def settled(self) -> None:
        """Wait until the guest has done all that it was told at start."""
        eventually(lambda: "settle: settled" in self.ssh("cat /var/log/guest.log", check=False))

    def qmp(self, execute: str, **arguments: object) -> object:
        """Give this machine's QEMU one command."""
        return qmp(self.folder / "qmp", execute, **arguments)

    def console(self) -> str:
        """Answer what the serial console showed."""
        return (self.folder / "console.log").read_text(errors="replace")

    def screen(self) -> str:
        """Read the text that the VGA screen shows."""
        target = self.folder / "vga"
        self.qmp("pmemsave", val=0xB8000, size=80 * 25 * 2, filename=str(target))
        text = target.read_bytes()[::2].decode("cp437")
        return "\n".join(text[at : at + 80].rstrip() for at in range(0, len(text), 80))

    def type_at_console(self, answers: Sequence[tuple[str, str]], until: str) -> None:
        """Wait for each prompt on the serial console and answer it, as slowly as a person."""
        with socket.socket(socket.AF_UNIX) as serial:
            serial.settimeout(30)
            serial.connect(str(self.folder / "serial"))
            serial.sendall(b"\n")
            for prompt, answer in answers:
                _wait_for(serial, prompt)
                time.sleep(0.5)
                serial.sendall(f"{answer}\n".encode())
            _wait_for(serial, until)


def _wait_for(serial: socket.socket, text: str) -> None:
    seen = ""
    while text not in seen:
        data = serial.recv(4096)
        assert data, f"the console was closed after {seen!r}"
        seen += data.decode(errors="replace")


def qmp(path: Path, execute: str, **arguments: object) -> object:
    """Give a QEMU one command."""
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(30)
        control.connect(str(path))
        talk = control.makefile("rw")
        talk.readline()
        for command in (
            {"execute": "qmp_capabilities"},
            {"execute": execute, "arguments": arguments},
        ):
            talk.write(json.dumps(command) + "\n")
            talk.flush()
            answer = _answer(talk.readline)
    assert "error" not in answer, answer
    return answer["return"]


def _answer(read_line: Callable[[], str]) -> dict[str, object]:
    """Skip events."""
    while True:
        found: dict[str, object] = json.loads(read_line())
        if "return" in found or "error" in found:
            return found


def eventually(is_true: Callable[[], bool], seconds: float = 60) -> None:
    """Poll until it is so."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
