"""The bus in a file keeps the contract, and keeps messages whoever dies."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from synnefo.bus import local
from synnefo.bus.local import LocalBus
from tests.contract.bus.bus_contract import HEARS_OPS, BusContract, take


@pytest.fixture
def bus(tmp_path: Path) -> LocalBus:
    return LocalBus(tmp_path / "bus.sqlite3")


class TestLocalBus(BusContract):
    """Runs the suite of every bus."""

    def test_messages_outlive_the_process_that_published_them(self, tmp_path: Path) -> None:
        LocalBus(tmp_path / "bus.sqlite3").declare("ops", HEARS_OPS)
        code = (
            "import sys; from synnefo.bus.local import LocalBus; "
            "bus = LocalBus(sys.argv[1]); bus.publish('ganeti', 'ganeti.snf.event.op', b'one'); "
            "print('published', flush=True); sys.stdin.read()"
        )
        publisher = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "bus.sqlite3")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert publisher.stdout is not None
        assert publisher.stdin is not None
        assert publisher.stdout.readline() == b"published\n"
        os.kill(publisher.pid, signal.SIGKILL)
        publisher.wait()
        publisher.stdout.close()
        publisher.stdin.close()
        assert [d.body for d in take(LocalBus(tmp_path / "bus.sqlite3"), "ops", 1)] == [b"one"]

    def test_a_message_whose_consumer_died_comes_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(local, "LEASE_SECONDS", 0.2)
        dead = LocalBus(tmp_path / "bus.sqlite3")
        dead.declare("ops", HEARS_OPS)
        dead.publish("ganeti", "ganeti.snf.event.op", b"one")
        assert len(take(dead, "ops", 1)) == 1
        again = take(LocalBus(tmp_path / "bus.sqlite3"), "ops", 1)
        assert [(d.body, d.redelivered) for d in again] == [(b"one", True)]

    def test_two_consumers_never_get_the_same_message(self, tmp_path: Path) -> None:
        file = tmp_path / "bus.sqlite3"
        publisher = LocalBus(file)
        publisher.declare("ops", HEARS_OPS)
        for number in range(60):
            publisher.publish("ganeti", "ganeti.snf.event.op", str(number).encode())
        seen: list[bytes] = []

        def consume() -> None:
            mine = LocalBus(file)
            for delivery in mine.consume(["ops"], stop=lambda: publisher_done(mine)):
                seen.append(delivery.body)
                delivery.ack()
            mine.close()

        def publisher_done(mine: LocalBus) -> bool:
            return mine.count("ops") == 0

        threads = [threading.Thread(target=consume) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(seen, key=int) == [str(number).encode() for number in range(60)]
