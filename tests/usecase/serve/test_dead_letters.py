"""Refused messages: looked at, sent again once, removed when they die twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.bus.local import LocalBus
from synnefo.bus.memory import MemoryBus
from synnefo.bus.port import Binding, Bus
from synnefo.kit.faults import BadRequest
from synnefo.serve import dead_letters
from synnefo.serve.consumer import QueueOf

OPS = QueueOf("ops", (Binding("ganeti", "ganeti.snf.event.op"),))
KEY = "ganeti.snf.event.op"


@pytest.fixture(params=["memory", "local"])
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bus]:
    made: Bus = MemoryBus() if request.param == "memory" else LocalBus(tmp_path / "bus.sqlite3")
    made.declare(OPS.name, OPS.bindings)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "PATIENCE", 0.5)


def refuse(bus: Bus, *bodies: bytes) -> None:
    """Let messages die in the queue, those that are there first."""
    for body in bodies:
        bus.publish("ganeti", KEY, body)
    for delivery in dead_letters.waiting(bus, "ops"):
        delivery.reject()


def bodies(bus: Bus, queue: str) -> list[bytes]:
    """Look into a queue without changing it."""
    seen: list[bytes] = []
    dead_letters.inspect(
        bus, queue, show=lambda one: seen.append(one.body), keep=lambda _one: True
    )
    return seen


def test_what_is_looked_at_stays_where_it_is(bus: Bus) -> None:
    refuse(bus, b"1", b"2")
    assert bodies(bus, "ops-dl") == [b"1", b"2"]
    assert bus.count("ops-dl") == 2


def test_what_shall_not_stay_is_gone(bus: Bus) -> None:
    refuse(bus, b"1", b"2")
    dead_letters.inspect(bus, "ops-dl", show=lambda _one: None, keep=lambda one: one.body == b"2")
    assert bus.count("ops-dl") == 1


def test_an_empty_queue_is_seen_through_at_once(bus: Bus) -> None:
    assert bodies(bus, "ops") == []


def test_dead_letters_come_again_to_where_they_died(bus: Bus) -> None:
    refuse(bus, b"1", b"2")
    assert dead_letters.retry(bus, OPS, keep_zombies=False) == dead_letters.Retried("ops", 2, 0)
    assert (bus.count("ops-dl"), bodies(bus, "ops")) == (0, [b"1", b"2"])


def test_what_dies_twice_is_removed(bus: Bus) -> None:
    refuse(bus, b"1")
    dead_letters.retry(bus, OPS, keep_zombies=False)
    refuse(bus)
    assert dead_letters.retry(bus, OPS, keep_zombies=False) == dead_letters.Retried("ops", 0, 1)
    assert (bus.count("ops"), bus.count("ops-dl")) == (0, 0)


def test_what_died_twice_can_be_kept(bus: Bus) -> None:
    refuse(bus, b"1")
    dead_letters.retry(bus, OPS, keep_zombies=True)
    refuse(bus)
    assert dead_letters.retry(bus, OPS, keep_zombies=True) == dead_letters.Retried("ops", 0, 0)
    assert bus.count("ops-dl") == 1


def test_what_is_no_json_gets_no_second_chance(bus: Bus) -> None:
    refuse(bus, b"\xff\x00")
    assert dead_letters.retry(bus, OPS, keep_zombies=True) == dead_letters.Retried("ops", 0, 1)


def test_an_unknown_queue_is_refused_with_the_names_of_the_others() -> None:
    with pytest.raises(BadRequest, match="There are: ops, ops-dl"):
        dead_letters.check_name("opps", [OPS])
