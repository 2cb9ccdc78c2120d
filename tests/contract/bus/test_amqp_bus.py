"""The bus over real RabbitMQ brokers keeps the contract, also while brokers die."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from synnefo.bus import amqp
from synnefo.bus.amqp import AmqpBus
from synnefo.bus.port import Bus, BusUnreachable
from tests.contract.bus.bus_contract import HEARS_OPS, BusContract, holds, take
from tests.support import rabbitmq

pytestmark = pytest.mark.needs_rabbitmq
QUEUES = ("ops", "all", "nets")
KEY = "ganeti.snf.event.op"


@pytest.fixture(scope="module")
def hosts() -> list[str]:
    told = os.environ.get("SYNNEFO_TEST_AMQP")
    if not told:
        pytest.skip("no RabbitMQ: run `make services`")
    return told.split(",")


@pytest.fixture
def bus(hosts: list[str]) -> Iterator[Bus]:
    """Answer a bus on a virtual host of brokers that nobody else uses."""
    found = AmqpBus(hosts)
    yield found
    found.close()
    clean(hosts)


def clean(hosts: list[str]) -> None:
    """Delete what a test declared."""
    with amqp.Connection(hosts[0]) as connection, connection.channel() as channel:
        for queue in QUEUES:
            for name in (queue, f"{queue}-dl"):
                channel.queue_delete(name)
        for exchange in ("ganeti", "ganeti-dl"):
            channel.exchange_delete(exchange)


class TestAmqpBus(BusContract):
    """Runs the suite of every bus."""

    def test_another_thread_has_a_connection_of_its_own(self, bus: Bus) -> None:
        bus.declare("ops", HEARS_OPS)

        def publish() -> None:
            bus.publish("ganeti", KEY, b"one")
            bus.close()

        threads = [threading.Thread(target=publish) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert holds(bus, "ops", 8)

    def test_a_message_whose_consumer_died_comes_again(self, bus: Bus, hosts: list[str]) -> None:
        bus.declare("ops", HEARS_OPS)
        bus.publish("ganeti", KEY, b"one")
        dead = AmqpBus(hosts)
        assert len(take(dead, "ops", 1)) == 1
        dead.close()
        assert [(d.body, d.redelivered) for d in take(bus, "ops", 1)] == [(b"one", True)]

    def test_an_answer_over_a_lost_connection_is_no_fault(self, bus: Bus) -> None:
        bus.declare("ops", HEARS_OPS)
        bus.publish("ganeti", KEY, b"one")
        delivery = take(bus, "ops", 1)[0]
        bus.close()
        delivery.ack()
        assert [d.redelivered for d in take(bus, "ops", 1)] == [True]

    def test_a_silent_consumer_moves_on_and_still_hears(
        self, bus: Bus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(amqp, "IDLE_SECONDS", 0.3)
        bus.declare("ops", HEARS_OPS)
        until = time.monotonic() + 1.5
        assert list(bus.consume(["ops"], stop=lambda: time.monotonic() > until)) == []
        bus.publish("ganeti", KEY, b"one")
        assert [d.body for d in take(bus, "ops", 1)] == [b"one"]


def test_without_a_broker_publishing_says_so_after_its_attempts() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = AmqpBus([f"amqp://guest:guest@127.0.0.1:{probe.getsockname()[1]}//"], attempts=1)
        with pytest.raises(BusUnreachable, match="No message broker answers"):
            nobody.publish("ganeti", KEY, b"one")


def test_a_broker_killed_and_started_again_loses_nothing_that_was_confirmed(
    tmp_path: Path,
) -> None:
    brokers = rabbitmq.start(tmp_path / "mq")
    try:
        bus = AmqpBus(brokers.urls, attempts=0)
        bus.declare("ops", HEARS_OPS)
        confirmed: list[int] = []

        def publish_all() -> None:
            for number in range(200):
                bus.publish("ganeti", KEY, msgspec.json.encode(number))
                confirmed.append(number)
            bus.close()

        publisher = threading.Thread(target=publish_all)
        publisher.start()
        while len(confirmed) < 50:
            time.sleep(0.001)
        rabbitmq.kill(brokers.nodes[1])
        rabbitmq.run(brokers, brokers.nodes[1])
        rabbitmq.wait(brokers.nodes[1])
        publisher.join(120)
        assert confirmed == list(range(200))
        assert received(bus, set(confirmed)) == set(confirmed)
        bus.close()
    finally:
        rabbitmq.stop(brokers)


def received(bus: Bus, wanted: set[int]) -> set[int]:
    """Take messages until all that is wanted has come."""
    seen: set[int] = set()
    deadline = time.monotonic() + 60
    for delivery in bus.consume(["ops"], stop=lambda: time.monotonic() > deadline):
        seen.add(msgspec.json.decode(delivery.body, type=int))
        delivery.ack()
        if seen >= wanted:
            break
    return seen
