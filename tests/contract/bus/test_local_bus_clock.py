"""The bus in a file when the clock of the machine is set."""

from datetime import timedelta
from pathlib import Path

import time_machine

from synnefo.bus.local import LEASE_SECONDS, LocalBus
from synnefo.bus.port import Binding
from synnefo.kit import clock


def test_a_message_taken_before_the_clock_was_set_back_comes_again(tmp_path: Path) -> None:
    file, now = tmp_path / "bus.sqlite3", clock.now()
    dead, living = LocalBus(file), LocalBus(file)
    dead.declare("q", [Binding("x", "#")])
    dead.publish("x", "key", b"news")
    with time_machine.travel(now + timedelta(hours=1)):
        next(dead.consume(["q"], stop=lambda: False))
    with time_machine.travel(now):
        delivery = next(living.consume(["q"], stop=lambda: False))
        assert delivery.body == b"news"
        assert _taken(living) is None
    with time_machine.travel(now + timedelta(seconds=LEASE_SECONDS + 1)):
        assert _taken(LocalBus(file)) == b"news"
    dead.close()
    living.close()


def _taken(bus: LocalBus) -> bytes | None:
    """Take what is there now, if anything."""
    looks = iter([False, False, True])
    return next((one.body for one in bus.consume(["q"], stop=lambda: next(looks))), None)


def test_a_lease_made_while_another_waited_for_the_file_is_respected(tmp_path: Path) -> None:
    """Who looks at the clock first and gets the file last sees a lease from its future."""
    file, now = tmp_path / "bus.sqlite3", clock.now()
    quicker, slower = LocalBus(file), LocalBus(file)
    quicker.declare("q", [Binding("x", "#")])
    quicker.publish("x", "key", b"news")
    with time_machine.travel(now + timedelta(seconds=5)):
        next(quicker.consume(["q"], stop=lambda: False))
    with time_machine.travel(now):
        assert _taken(slower) is None
    quicker.close()
    slower.close()
