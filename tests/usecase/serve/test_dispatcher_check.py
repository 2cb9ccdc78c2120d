"""`snf-dispatcher --status-check` over a real bus."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from synnefo.bus.local import LocalBus
from synnefo.bus.port import Binding
from synnefo.serve import consumer, dead_letters
from synnefo.webproject import dispatcher_check
from synnefo.wire.job_events import EXCHANGE, HEARTBEAT_KEY


@pytest.fixture
def bus(tmp_path: Path) -> LocalBus:
    return LocalBus(tmp_path / "bus.sqlite3")


@pytest.fixture
def probe(bus: LocalBus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clusters take the tag; only the watcher of one tells of it. A third is dead."""

    def take(tag: str) -> Iterator[tuple[str, bool]]:
        assert tag.startswith("snf:eventd:heartbeat:")
        beat = {"type": "eventd-heartbeat", "cluster": "well"}
        bus.publish(EXCHANGE, HEARTBEAT_KEY, msgspec.json.encode(beat))
        yield from (("well", True), ("deaf", True), ("dead", False))

    monkeypatch.setattr(consumer, "_PROBES", [take])
    monkeypatch.setattr(dispatcher_check, "HEARTBEAT_SECONDS", 2.0)


@pytest.fixture
def running(bus: LocalBus) -> Iterator[None]:
    """A dispatcher's answering part."""
    stopping = threading.Event()
    thread = threading.Thread(target=dispatcher_check.answer_questions, args=(bus, stopping))
    thread.start()
    own = dispatcher_check.queue_of(os.getpid())
    while own not in names(bus):
        stopping.wait(0.01)
    yield
    stopping.set()
    thread.join()
    assert own not in names(bus)


def names(bus: LocalBus) -> set[str]:
    """Answer the queues that are there."""
    return {name for (name,) in bus._connection().execute("SELECT name FROM queue")}


@pytest.mark.usefixtures("probe", "running")
def test_every_cluster_is_told_with_what_works_of_it(bus: LocalBus) -> None:
    said: list[str] = []
    assert not dispatcher_check.ask(bus, os.getpid(), said.append)
    assert said == [
        "dispatcher: ok",
        "dead: RAPI fail, eventd fail",
        "deaf: RAPI ok, eventd fail",
        "well: RAPI ok, eventd ok",
    ]


@pytest.mark.usefixtures("running")
def test_another_action_is_refused(bus: LocalBus) -> None:
    bus.declare("me", [Binding(dispatcher_check.CHECKS, "me")])
    question = dispatcher_check.Question(action="dance", reply_to="me")
    own = dispatcher_check.queue_of(os.getpid())
    bus.publish(dispatcher_check.CHECKS, own, b"{")
    bus.publish(dispatcher_check.CHECKS, own, msgspec.json.encode(question))
    reply = dispatcher_check._reply(bus, "me", 5)
    assert reply is not None
    assert (reply.status, reply.reason) == ("failed", "There is no action 'dance'.")


def test_a_dispatcher_that_does_not_run_is_told(
    bus: LocalBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher_check, "FIRST_SECONDS", 0.2)
    said: list[str] = []
    assert not dispatcher_check.ask(bus, 999_999, said.append)
    assert said == ["dispatcher: fail (no answer)"]


def test_a_queue_is_drained(bus: LocalBus) -> None:
    bus.declare("q", [Binding("x", "k")])
    for _ in range(3):
        bus.publish("x", "k", b"{}")
    assert dead_letters.drain(bus, "q") == 3
    assert bus.count("q") == 0
