"""A real machine's screen through gunicorn and the gateway, as noVNC speaks to it."""

import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from synnefo.node.vnc_password import response
from tests.e2e.guest.console_cloud import Cloud, cloud, wait_until
from tests.e2e.guest.machine import qmp

PASSWORD = "Secret-1 and more"

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
        "-vnc", "unix:locked,password=on",
        "-qmp", "unix:qmp,server=on,wait=off",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=tmp_path)
    wait_until((tmp_path / "qmp").exists)
    qmp(tmp_path / "qmp", "set_password", protocol="vnc", password=PASSWORD, display="vnc2")
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


def test_a_browser_needs_no_password_where_the_screen_has_one(
    here: Cloud, machine: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    token = here.ticket(f"unix:{tmp_path}/locked", vnc_password=PASSWORD)
    with here.open(token) as browser:
        assert "the-machine" in Viewer(browser).enter()[2]
    wrong = here.ticket(f"unix:{tmp_path}/locked", vnc_password="wrong")
    with here.open(wrong) as browser, pytest.raises(ConnectionClosed) as caught:
        browser.recv(timeout=20)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4503


def plain_client(port: object, password: str) -> bytes:
    """Speak as a classic VNC client; answer the verdict and what follows ClientInit."""
    with socket.create_connection(("127.0.0.1", int(str(port))), 20) as peer:
        stream = peer.makefile("rwb", buffering=0)
        assert stream.read(12) == b"RFB 003.008\n"
        stream.write(b"RFB 003.008\n")
        assert stream.read(2) == b"\x01\x02"
        stream.write(b"\x02")
        challenge = stream.read(16) or b""
        stream.write(response(challenge, password))
        verdict = stream.read(4) or b""
        if verdict == b"\0\0\0\0":
            stream.write(b"\x01")
        return verdict + (stream.read(20) or b"")


def test_a_plain_vnc_client_enters_once_and_only_with_the_password(
    here: Cloud, machine: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    wish = {"op": "forward", "target": f"unix:{tmp_path}/vnc", "password": "pass-1"}
    answer = here.ask(**wish)
    assert (answer["status"], answer["proxy_address"]) == ("OK", "127.0.0.1")
    assert 25000 <= int(str(answer["source_port"])) < 30000
    seen = plain_client(answer["source_port"], "pass-1")
    assert seen[:4] == b"\0\0\0\0"
    assert struct.unpack(">HH", seen[4:8])[0] >= 640
    with pytest.raises(ConnectionRefusedError):
        plain_client(answer["source_port"], "pass-1")
    refused = plain_client(here.ask(**wish)["source_port"], "pass-2")
    assert refused[:4] == b"\0\0\0\x01"
    assert b"Wrong password" in refused
    wait_until(lambda: here.ask(op="status")["sessions"] == 0)


def test_forwarding_to_nowhere_is_refused_at_once(here: Cloud, tmp_path: Path) -> None:
    answer = here.ask(op="forward", target=f"unix:{tmp_path}/none", password="p")
    assert answer["status"] == "FAILED"
    assert "cannot be reached" in str(answer["reason"])
