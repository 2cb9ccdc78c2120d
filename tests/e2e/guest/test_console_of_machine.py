"""A real machine's screen through gunicorn and the gateway, as noVNC speaks to it."""

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.e2e.guest.console_cloud import Cloud, cloud, wait_until

pytestmark = [pytest.mark.needs_qemu, pytest.mark.e2e]


class Viewer:
    """The little of RFB that proves a screen."""

    def __init__(self, browser: ClientConnection) -> None:
        self.browser = browser
        self._data = b""

    def read(self, size: int) -> bytes:
        while len(self._data) < size:
            piece = self.browser.recv(timeout=20)
            assert isinstance(piece, bytes)
            self._data += piece
        data, self._data = self._data[:size], self._data[size:]
        return data

    def enter(self) -> tuple[int, int, str]:
        """Shake hands without a password; answer width, height and name."""
        assert self.read(12) == b"RFB 003.008\n"
        self.browser.send(b"RFB 003.008\n")
        kinds = self.read(self.read(1)[0])
        assert 1 in kinds
        self.browser.send(b"\x01")
        assert self.read(4) == b"\0\0\0\0"
        self.browser.send(b"\x01")
        width, height = struct.unpack(">HH16x", self.read(20))
        (length,) = struct.unpack(">I", self.read(4))
        return width, height, self.read(length).decode()

    def picture(self, width: int, height: int) -> bytes:
        """Ask for the whole screen, raw, and answer the first rectangle's pixels."""
        self.browser.send(struct.pack(">BxHi", 2, 1, 0))
        self.browser.send(struct.pack(">BBHHHH", 3, 0, 0, 0, width, height))
        assert self.read(1) == b"\0"
        (count,) = struct.unpack(">xH", self.read(3))
        assert count >= 1
        _, _, wide, high, kind = struct.unpack(">HHHHi", self.read(12))
        assert kind == 0
        return self.read(wide * high * 4)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [
        "qemu-system-x86_64", "-accel", "tcg", "-m", "32", "-nodefaults", "-display", "none",
        "-name", "the-machine", "-vga", "std", "-vnc", "unix:vnc",
        "-qmp", "unix:qmp,server=on,wait=off",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=tmp_path)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("gw")) as running:
        yield running


def test_the_screen_of_a_machine_is_seen_and_its_end_is_told(
    here: Cloud, machine: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    wait_until((tmp_path / "vnc").exists)
    with here.open(here.ticket(f"unix:{tmp_path}/vnc", server="s-1")) as browser:
        viewer = Viewer(browser)
        width, height, name = viewer.enter()
        assert width >= 640
        assert "the-machine" in name
        assert viewer.picture(width, height)
        machine.kill()
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                browser.recv(timeout=20)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 4410
