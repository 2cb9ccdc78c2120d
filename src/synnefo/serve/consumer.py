"""Messages in: which function takes which queue, and what becomes of a message.

A brick's `events/` modules, named in `brick.consumers`, register handlers:

    @consumes(lambda: [QueueOf("snf-events-op", (Binding("ganeti", "ganeti.snf.event.op"),))])
    def apply(body: bytes) -> None: ...

A handler that returns has dealt with the message. Spec: compute 11.7.
"""

import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
from django.db import InterfaceError, OperationalError, close_old_connections

from synnefo.bus.port import Binding, Bus, Delivery
from synnefo.kit import metrics
from synnefo.kit.faults import ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.wire.job_events import Malformed

log = get_logger(__name__)

Handle = Callable[[bytes], None]


class QueueOf(msgspec.Struct, frozen=True):
    """A queue and what it is bound to; several threads take from one that is busy."""

    name: str
    bindings: tuple[Binding, ...]
    is_busy: bool = False


Probe = Callable[[str], Iterable[tuple[str, bool]]]
"""Has every cluster's watcher give a sign of life under a tag; tells which clusters answer."""

_PROBES: list[Probe] = []


def probes_clusters(probe: Probe) -> Probe:
    """Register a probe, for `snf-dispatcher --status-check`."""
    _PROBES.append(probe)
    return probe


def probes() -> list[Probe]:
    """Answer the probes of every brick."""
    return list(_PROBES)


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


def busy() -> set[str]:
    """Tell which queues several threads should take from."""
    return {queue.name for queue in queues() if queue.is_busy}


class Afterwards:
    """Runs, in a thread of its own, what many messages want done once and soon after them."""

    PAUSE = 0.1

    def __init__(self) -> None:
        self._wanted: set[Callable[[], None]] = set()
        self._bell = threading.Event()
        self._is_over = False
        self._thread = threading.Thread(target=self._loop, name="afterwards")
        self._thread.start()

    def want(self, act: Callable[[], None]) -> None:
        """Have something done; asked for again before that, it is done once."""
        self._wanted.add(act)
        self._bell.set()

    def end(self) -> None:
        """Do what is still wanted, then stop."""
        self._is_over = True
        self._bell.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._is_over:
            self._bell.wait()
            self._bell.clear()
            while self._wanted:
                _attempt(self._wanted.pop())
            _pause.wait(0 if self._is_over else self.PAUSE)


_pause = threading.Event()
_afterwards: list[Afterwards] = []


def _attempt(act: Callable[[], None]) -> None:
    try:
        act()
    except Exception:
        log.exception("afterwards-failed")
    finally:
        close_old_connections()


@contextmanager
def with_afterwards() -> Iterator[None]:
    """Gather what `soon` is told while messages are taken."""
    _afterwards.append(Afterwards())
    try:
        yield
    finally:
        _afterwards.pop().end()


def soon(act: Callable[[], None]) -> None:
    """Do something that many messages want: once for many in the dispatcher, at once elsewhere.

    It must be something that a sweep does too, for a crash forgets it.
    """
    if _afterwards:
        _afterwards[-1].want(act)
    else:
        act()


def take(queue: str, delivery: Delivery) -> None:
    """Deal with one message: done, dropped as malformed, given back, or refused."""
    outcome = "done"
    try:
        handlers()[queue](delivery.body)
    except Malformed as error:
        outcome = "malformed"
        log.error("message-malformed", queue=queue, reason=str(error))
    except (OperationalError, InterfaceError, ServiceUnavailable) as error:
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
