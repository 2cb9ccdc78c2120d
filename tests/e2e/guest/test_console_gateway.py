"""The console road: a browser's websocket through gunicorn and the gateway to a screen."""

import os
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from tests.e2e.guest.console_cloud import Cloud, cloud, wait_until

pytestmark = pytest.mark.e2e


class Screen:
    """A stand-in for a VNC server: greets, then sends back what it gets."""

    def __init__(self, path: Path) -> None:
        self.target = f"unix:{path}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._peers: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                self._peers.append(peer)
                peer.sendall(b"RFB 003.008\n")
                threading.Thread(target=self._echo, args=(peer,), daemon=True).start()

    def _echo(self, peer: socket.socket) -> None:
        with suppress(OSError):
            while data := peer.recv(65536):
                peer.sendall(data)

    def die(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in self._peers:
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
            peer.close()
        self._thread.join()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("gw")) as running:
        yield running


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    made = Screen(tmp_path / "vnc.sock")
    yield made
    with suppress(OSError):
        made.die()


def collect(browser: ClientConnection, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = browser.recv(timeout=20)
        assert isinstance(piece, bytes)
        data += piece
    return data


def closing_code(browser: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            browser.recv(timeout=20)
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


def test_bytes_go_both_ways_in_order(here: Cloud, screen: Screen) -> None:
    with here.open(here.ticket(screen.target)) as browser:
        assert browser.subprotocol == "binary"
        assert collect(browser, 12) == b"RFB 003.008\n"
        payload = os.urandom(3_000_000)
        sender = threading.Thread(
            target=lambda: [
                browser.send(payload[i : i + 100_000]) for i in range(0, 3_000_000, 100_000)
            ]
        )
        sender.start()
        assert collect(browser, len(payload)) == payload
        sender.join()


def test_a_ticket_is_good_once_and_the_second_use_is_told_why(here: Cloud, screen: Screen) -> None:
    token = here.ticket(screen.target)
    with here.open(token) as browser:
        assert collect(browser, 12)
        with here.open(token) as second:
            code, reason = closing_code(second)
            assert code == 4401
            assert "expired" in reason


def test_a_made_up_token_is_turned_away(here: Cloud) -> None:
    with here.open("x" * 40) as browser:
        assert closing_code(browser)[0] == 4401


def test_an_expired_registration_is_refused(here: Cloud, screen: Screen) -> None:
    answer = here.ask(op="register", token="y" * 40, target=screen.target, expires=1.0)
    assert answer["status"] == "FAILED"


def test_the_end_of_the_machine_ends_the_session_with_its_own_code(
    here: Cloud, screen: Screen
) -> None:
    with here.open(here.ticket(screen.target)) as browser:
        collect(browser, 12)
        screen.die()
        code, reason = closing_code(browser)
        assert (code, reason) == (4410, "The machine was switched off.")


def test_a_screen_that_cannot_be_reached_is_told(here: Cloud, tmp_path: Path) -> None:
    with here.open(here.ticket(f"unix:{tmp_path}/none.sock")) as browser:
        assert closing_code(browser)[0] == 4503


def test_the_cloud_can_end_the_sessions_of_a_server(here: Cloud, screen: Screen) -> None:
    with here.open(here.ticket(screen.target, server="victim")) as browser:
        collect(browser, 12)
        waiting = here.ticket(screen.target, server="victim")
        assert here.ask(op="close", server="victim")["status"] == "OK"
        assert closing_code(browser)[0] == 1001
    with here.open(waiting) as late:
        assert closing_code(late)[0] == 4401


def test_a_browser_that_does_not_read_stops_the_screen_and_not_the_gateway(
    here: Cloud, screen: Screen
) -> None:
    with (
        here.open(here.ticket(screen.target)) as slow,
        here.open(here.ticket(screen.target)) as quick,
    ):
        collect(slow, 12)
        collect(quick, 12)
        process = here.gateway
        assert process is not None
        before = resident(process.pid)
        writer = threading.Thread(target=flood, args=(slow,), daemon=True)
        writer.start()
        writer.join(3)
        quick.send(b"still here")
        assert collect(quick, 10) == b"still here"
        assert resident(process.pid) - before < 16 * 1024
        slow.socket.shutdown(socket.SHUT_RDWR)


def flood(browser: ClientConnection) -> None:
    with suppress(ConnectionClosed, OSError):
        for _ in range(2000):
            browser.send(b"z" * 65536)


def resident(pid: int) -> int:
    """Answer the memory of a process in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    raise AssertionError("no such process")


def test_closed_sessions_leave_nothing_behind(here: Cloud, screen: Screen) -> None:
    process = here.gateway
    assert process is not None
    wait_until(lambda: here.ask(op="status")["sessions"] == 0)
    handles = Path(f"/proc/{process.pid}/fd")
    before = len(list(handles.iterdir()))
    for _ in range(10):
        with here.open(here.ticket(screen.target)) as browser:
            collect(browser, 12)
    wait_until(lambda: here.ask(op="status")["sessions"] == 0)
    wait_until(lambda: len(list(handles.iterdir())) <= before + 1)


def test_the_web_server_goes_on_and_neither_logs_tickets(here: Cloud, screen: Screen) -> None:
    token = here.ticket(screen.target)
    with here.open(token) as browser:
        collect(browser, 12)
        with urllib.request.urlopen(f"http://127.0.0.1:{here.port}/other") as answer:
            assert answer.read() == b"plain"
    with here.open(token) as browser:
        closing_code(browser)
    log = here.log.read_text()
    assert token not in log
    assert "Traceback" not in log


def test_a_plain_request_is_told_to_upgrade(here: Cloud) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"http://127.0.0.1:{here.port}/console/ws?token=x")
    with caught.value as error:
        assert error.code == 426


def test_without_a_gateway_the_answer_is_503_and_comes_back_with_it(
    tmp_path: Path, screen: Screen
) -> None:
    with cloud(tmp_path) as running:
        process = running.gateway
        assert process is not None
        process.kill()
        process.wait()
        with pytest.raises(InvalidStatus) as caught:
            running.open("x" * 40)
        assert caught.value.response.status_code == 503
        assert "x" * 40 not in running.log.read_text()
        running.start_gateway()
        with running.open(running.ticket(screen.target)) as browser:
            assert collect(browser, 12)
