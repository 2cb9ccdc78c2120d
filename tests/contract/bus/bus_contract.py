"""What every bus keeps."""

import time
from collections.abc import Callable
from itertools import islice

from synnefo.bus.port import Binding, Bus, Delivery

MakeBus = Callable[[], Bus]
HEARS_OPS = [Binding("ganeti", "ganeti.snf.event.op")]


def take(
    bus: Bus, queue: str, number: int, *, prefetch: int = 10, seconds: float = 10
) -> list[Delivery]:
    """Take messages; fewer only when none come for some seconds."""
    deadline = time.monotonic() + seconds
    messages = bus.consume([queue], prefetch=prefetch, stop=lambda: time.monotonic() > deadline)
    return list(islice(messages, number))


def holds(bus: Bus, queue: str, number: int) -> bool:
    """Tell whether a queue comes to hold so many messages; a broker counts a little later."""
    deadline = time.monotonic() + 10
    while bus.count(queue) != number:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class BusContract:
    """One suite for every adapter of the port."""

    def test_a_message_reaches_every_queue_bound_to_its_key(self, bus: Bus) -> None:
        bus.declare("ops", HEARS_OPS)
        bus.declare("all", [Binding("ganeti", "#")])
        bus.declare("nets", [Binding("ganeti", "ganeti.*.event.network")])
        bus.publish("ganeti", "ganeti.snf.event.op", b"one")
        assert all(holds(bus, *each) for each in (("ops", 1), ("all", 1), ("nets", 0)))

    def test_a_queue_bound_twice_hears_a_message_once(self, bus: Bus) -> None:
        bus.declare("all", [Binding("ganeti", "#"), *HEARS_OPS])
        bus.publish("ganeti", "ganeti.snf.event.op", b"one")
        assert holds(bus, "all", 1)

    def test_messages_come_in_the_order_of_publication(self, bus: Bus) -> None:
        bus.declare("ops", HEARS_OPS)
        for number in range(5):
            bus.publish("ganeti", "ganeti.snf.event.op", str(number).encode())
        assert [d.body for d in take(bus, "ops", 5)] == [b"0", b"1", b"2", b"3", b"4"]

    def test_an_acknowledged_message_is_gone(self, bus: Bus) -> None:
        bus.declare("ops", HEARS_OPS)
        bus.publish("ganeti", "ganeti.snf.event.op", b"one")
        take(bus, "ops", 1)[0].ack()
        assert holds(bus, "ops", 0)

    def test_a_message_given_back_comes_again_and_says_so(self, bus: Bus) -> None:
        bus.declare("ops", HEARS_OPS)
        bus.publish("ganeti", "ganeti.snf.event.op", b"one")
        first = take(bus, "ops", 1)[0]
        assert not first.redelivered
        first.nack()
        again = take(bus, "ops", 1)[0]
        assert (again.body, again.redelivered) == (b"one", True)

    def test_a_refused_message_lies_with_the_dead_letters(self, bus: Bus) -> None:
        bus.declare("ops", HEARS_OPS)
        bus.publish("ganeti", "ganeti.snf.event.op", b"one")
        take(bus, "ops", 1)[0].reject()
        assert holds(bus, "ops", 0)
        assert holds(bus, "ops-dl", 1)

    def test_no_more_than_prefetch_are_handed_out_at_once(self, bus: Bus) -> None:
        bus.declare("ops", HEARS_OPS)
        for number in range(4):
            bus.publish("ganeti", "ganeti.snf.event.op", str(number).encode())
        assert len(take(bus, "ops", 4, prefetch=2, seconds=2)) == 2

    def test_declaring_again_changes_nothing(self, bus: Bus) -> None:
        bus.declare("ops", HEARS_OPS)
        bus.publish("ganeti", "ganeti.snf.event.op", b"one")
        bus.declare("ops", HEARS_OPS)
        assert holds(bus, "ops", 1)

    def test_a_dead_letter_published_again_says_what_it_was(self, bus: Bus) -> None:
        bus.declare("ops", HEARS_OPS)
        bus.publish("ganeti", "ganeti.snf.event.op", b"one", is_revived=True)
        first = take(bus, "ops", 1)[0]
        assert first.is_revived
        first.reject()
        assert [d.is_revived for d in take(bus, "ops-dl", 1)] == [True]

    def test_a_new_message_was_no_dead_letter(self, bus: Bus) -> None:
        bus.declare("ops", HEARS_OPS)
        bus.publish("ganeti", "ganeti.snf.event.op", b"one")
        assert [d.is_revived for d in take(bus, "ops", 1)] == [False]
