"""Messages in: which function takes which queue, and what becomes of a message.

A brick's `events/` modules, named in `brick.consumers`, register handlers:

    @consumes(lambda: [QueueOf("snf-events-op", (Binding("ganeti", "ganeti.snf.event.op"),))])
    def apply(body: bytes) -> None: ...

A handler that returns has dealt with the message. Spec: compute 11.7.
"""

import functools
from collections.abc import Callable, Sequence

import msgspec
from django.db import OperationalError

from synnefo.bus.port import Binding, Bus, Delivery
from synnefo.kit import metrics
from synnefo.kit.faults import ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.wire.job_events import Malformed

log = get_logger(__name__)

Handle = Callable[[bytes], None]


class QueueOf(msgspec.Struct, frozen=True):
    """A queue and what it is bound to."""

    name: str
    bindings: tuple[Binding, ...]


_CONSUMERS: list[tuple[Callable[[], Sequence[QueueOf]], Handle]] = []


def consumes(queues: Callable[[], Sequence[QueueOf]]) -> Callable[[Handle], Handle]:
    """Register a handler; the queues are asked for when the settings are known."""

    def register(handle: Handle) -> Handle:
        _CONSUMERS.append((queues, handle))
        return handle

    return register


def queues() -> list[QueueOf]:
    """Answer every queue that this host listens to."""
    return [queue for named, _handle in _CONSUMERS for queue in named()]


@functools.cache
def handlers() -> dict[str, Handle]:
    """Answer which function takes which queue."""
    return {queue.name: handle for queues, handle in _CONSUMERS for queue in queues()}


def declare(bus: Bus) -> list[str]:
    """Make every queue that this host listens to; answers their names."""
    for queues, _handle in _CONSUMERS:
        for queue in queues():
            bus.declare(queue.name, queue.bindings)
    return sorted(handlers())


def take(queue: str, delivery: Delivery) -> None:
    """Deal with one message: done, dropped as malformed, given back, or refused."""
    outcome = "done"
    try:
        handlers()[queue](delivery.body)
    except Malformed as error:
        outcome = "malformed"
        log.error("message-malformed", queue=queue, reason=str(error))
    except (OperationalError, ServiceUnavailable) as error:
        outcome = "again"
        log.warning("message-given-back", queue=queue, reason=str(error))
        delivery.nack()
    except Exception:
        outcome = "dead"
        log.exception("message-refused", queue=queue)
        delivery.reject()
    if outcome in {"done", "malformed"}:
        delivery.ack()
    metrics.MESSAGES.labels(queue, outcome).inc()
