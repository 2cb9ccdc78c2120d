"""Messages that were refused: looking at them, and giving them another chance.

Spec: compute 16.7, 17.
"""

import time
from collections.abc import Callable, Iterator

import msgspec

from synnefo.bus.port import Bus, Delivery
from synnefo.kit.faults import BadRequest
from synnefo.serve.consumer import QueueOf

PATIENCE = 5.0
"""Seconds without a message after which a queue counts as seen through."""


class Retried(msgspec.Struct, frozen=True):
    """What became of the dead letters of one queue."""

    queue: str
    sent: int
    removed: int


def waiting(bus: Bus, queue: str) -> Iterator[Delivery]:
    """Hand out what waits in a queue now, each once; answer for each before taking the next."""
    number = bus.count(queue)
    if not number:
        return
    deadline = time.monotonic() + PATIENCE
    messages = bus.consume([queue], prefetch=number + 1, stop=lambda: time.monotonic() > deadline)
    for delivery in messages:
        deadline = time.monotonic() + PATIENCE
        number -= 1
        yield delivery
        if number == 0:
            return


def inspect(
    bus: Bus, queue: str, *, show: Callable[[Delivery], None], keep: Callable[[Delivery], bool]
) -> int:
    """Show what waits in a queue; each message stays unless `keep` says otherwise."""
    kept, seen = [], 0
    for delivery in waiting(bus, queue):
        show(delivery)
        seen += 1
        if keep(delivery):
            kept.append(delivery)
        else:
            delivery.ack()
    for delivery in reversed(kept):
        delivery.nack()
    return seen


def retry(bus: Bus, queue: QueueOf, *, keep_zombies: bool) -> Retried:
    """Publish a queue's dead letters again; one that died twice is removed, unless kept."""
    sent = removed = 0
    kept = []
    for delivery in waiting(bus, f"{queue.name}-dl"):
        if not _is_json(delivery.body) or (delivery.is_revived and not keep_zombies):
            delivery.ack()
            removed += 1
        elif delivery.is_revived:
            kept.append(delivery)
        else:
            exchange = queue.bindings[0].exchange
            bus.publish(exchange, delivery.routing_key, delivery.body, is_revived=True)
            delivery.ack()
            sent += 1
    for delivery in reversed(kept):
        delivery.nack()
    return Retried(queue.name, sent, removed)


def drain(bus: Bus, queue: str) -> int:
    """Drop what waits in a queue now; answers how much it was."""
    count = 0
    for delivery in waiting(bus, queue):
        delivery.ack()
        count += 1
    return count


def check_name(queue: str, known: list[QueueOf]) -> None:
    """Refuse a queue that nobody here listens to, naming those that exist."""
    names = [name for one in known for name in (one.name, f"{one.name}-dl")]
    if queue not in names:
        raise BadRequest(f"There is no queue '{queue}'. There are: {', '.join(names)}.")


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
