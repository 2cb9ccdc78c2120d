"""Slow, rude, many and vanishing clients, and a server that stops."""

import contextlib
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.web_door import OURS, Door, heard, running

PLAIN = b"GET /plain HTTP/1.1\r\nHost: h\r\n\r\n"
LARGE = 1 << 30


def _upload(length: int, *lines: bytes, target: bytes = b"/up") -> bytes:
    head = b"PUT " + target + b" HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n" % length
    return head + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


@contextmanager
def _many(door: Door, number: int, said: bytes) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        found = []
        for _ in range(number):
            one = stack.enter_context(door.connect())
            one.sendall(said)
            found.append(one)
        yield found


def _seconds_of_plain(door: Door) -> float:
    started = time.monotonic()
    with door.connect() as plain:
        plain.sendall(PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert heard(plain).statuses == [200]
    return time.monotonic() - started


@pytest.mark.parametrize(
    "said",
    [b"", b"GET / HTTP/1.1\r\nX-Slow: ", _upload(LARGE), _upload(50_000) + b"x"],
    ids=["nothing", "half a head", "a head and no body", "half a small body"],
)
def test_five_hundred_slow_clients_keep_nobody_waiting(door: Door, said: bytes) -> None:
    with _many(door, 500, said) as slow:
        took = min(_seconds_of_plain(door) for _ in range(3))
        for one in slow[::5]:
            with contextlib.suppress(OSError):
                one.sendall(b"y")
        took = max(took, min(_seconds_of_plain(door) for _ in range(3)))
    assert took < 1.0


def test_slow_senders_of_large_bodies_leave_threads_for_others(door: Door) -> None:
    """Each has sent enough to get a thread, more of them than there are threads."""
    with _many(door, 30, _upload(LARGE) + bytes(70_000)) as slow:
        for one in slow:
            one.sendall(b"z")
        assert min(_seconds_of_plain(door) for _ in range(3)) < 1.0
        small = door.say(_upload(5) + b"hello")
        assert small.statuses == [200]


def test_large_bodies_take_turns_when_there_are_more_than_threads(door: Door) -> None:
    body = bytes(200_000)
    found: list[list[int]] = []

    def send() -> None:
        with door.connect() as plain:
            plain.sendall(_upload(len(body), b"Connection: close") + body[:100_000])
            time.sleep(0.2)
            plain.sendall(body[100_000:])
            found.append(heard(plain).statuses)

    clients = [threading.Thread(target=send) for _ in range(12)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert found == [[200]] * 12


def test_a_slow_answer_keeps_no_other_waiting(door: Door) -> None:
    with _many(door, 3, b"GET /sleep?1 HTTP/1.1\r\nHost: h\r\n\r\n") as slow:
        assert _seconds_of_plain(door) < 0.8
        assert [heard(one).statuses for one in slow[:0]] == []


def test_readers_who_do_not_read_keep_no_other_waiting(door: Door) -> None:
    """More of them than there are threads for requests."""
    with _many(door, 10, b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n"):
        time.sleep(0.2)
        assert min(_seconds_of_plain(door) for _ in range(3)) < 1.0
        assert door.say(_upload(5) + b"hello").statuses == [200]


def test_a_silent_connection_is_closed_in_time(door: Door) -> None:
    with door.connect() as plain:
        plain.sendall(PLAIN)
        started = time.monotonic()
        assert heard(plain).is_closed
        assert 2.0 < time.monotonic() - started < 6.0


def test_a_body_larger_than_memory_of_a_reader_comes_whole(door: Door) -> None:
    body = os.urandom(1_000_003)
    answer = door.say(_upload(len(body)) + body[:10], body[10:70_000], body[70_000:])
    assert answer.statuses == [200]
    assert b"X-Size: 1000003" in answer.data


def test_a_client_that_waits_is_asked_to_go_on(door: Door) -> None:
    with door.connect() as plain:
        plain.sendall(_upload(5, b"Expect: 100-continue"))
        assert plain.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        plain.sendall(b"hello" + PLAIN)
        time.sleep(0.2)
        answer = plain.recv(65536)
        assert b'"body": "hello"' in answer
        assert b"/plain" in answer


def test_a_client_whose_body_nobody_wants_is_not_asked(door: Door) -> None:
    answer = door.say(_upload(LARGE, b"Expect: 100-continue", target=b"/ignore"))
    assert answer.statuses == [200]
    assert b"Connection: close" in answer.data
    assert answer.is_closed


def test_a_large_body_that_nobody_wants_closes_the_connection(door: Door) -> None:
    answer = door.say(_upload(LARGE, target=b"/ignore") + bytes(100_000))
    assert answer.statuses == [200]
    assert answer.is_closed


def test_a_body_cut_short_is_told_so_and_harms_nobody(door: Door) -> None:
    with door.connect() as plain:
        plain.sendall(_upload(200_000) + bytes(100_000))
        plain.shutdown(socket.SHUT_WR)
        answer = heard(plain)
    assert answer.is_closed
    assert b"X-Size: 100000" in answer.data
    assert _seconds_of_plain(door) < 1.0


def test_an_answer_shorter_than_it_said_ends_the_connection(door: Door) -> None:
    answer = door.say(b"GET /short HTTP/1.1\r\nHost: h\r\n\r\n" + PLAIN)
    assert answer.statuses == [200]
    assert answer.is_closed


def test_a_head_without_end_is_refused(door: Door) -> None:
    line = b"X-A: " + b"a" * 1000 + b"\r\n"
    answer = door.say(b"GET / HTTP/1.1\r\n" + line * 200)
    assert answer.statuses == [431]
    assert answer.is_closed


def test_clients_that_vanish_leave_nothing_behind(door: Door) -> None:
    parent = Path(f"/proc/{door.process.pid}/task/{door.process.pid}/children")
    held = Path("/proc") / parent.read_text().split()[0] / "fd"
    before = len(list(held.iterdir()))
    for said in (b"", b"GET /", PLAIN, _upload(LARGE), b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n"):
        with _many(door, 10, said):
            pass
    deadline = time.monotonic() + 5
    while len(list(held.iterdir())) > before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(list(held.iterdir())) <= before


def test_what_is_being_answered_when_the_server_stops_is_finished() -> None:
    with running(OURS) as door, door.connect() as busy, door.connect() as idle:
        idle.sendall(PLAIN)
        assert b"keep-alive" in idle.recv(65536)
        busy.sendall(b"GET /sleep?1.0 HTTP/1.1\r\nHost: h\r\n\r\n")
        time.sleep(0.2)
        door.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        idle.sendall(PLAIN)
        assert re.search(rb"Connection: close", idle.recv(65536))
        answer = heard(busy)
        assert answer.statuses == [200]
        assert b"Connection: close" in answer.data
        assert door.process.wait(8) == 0


def test_a_server_with_nothing_to_do_stops_at_once() -> None:
    with running(OURS) as door:
        door.process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        assert door.process.wait(8) == 0
        assert time.monotonic() - started < 2.0


def test_a_process_that_has_served_enough_is_replaced() -> None:
    with running(OURS, "--max-requests", "5") as door:
        for _ in range(12):
            _seconds_of_plain(door)


def test_a_hundred_connections_more_than_allowed_are_served_all_the_same() -> None:
    with running(OURS, "--worker-connections", "50") as door, _many(door, 150, b""):
        assert _seconds_of_plain(door) < 1.0


def test_it_refuses_to_end_tls() -> None:
    with pytest.raises(AssertionError), running(OURS, "--certfile", "/dev/null") as door:
        assert door.process.wait(10) == 0
