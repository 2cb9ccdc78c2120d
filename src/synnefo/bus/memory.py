"""A bus inside one process, for tests."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence

from synnefo.bus.port import Binding
from synnefo.bus.topics import matches

Message = tuple[str, bytes, bool, bool]
"""Routing key, body, whether it was handed out before, whether it was a dead letter."""


class MemoryDelivery:
    """A message taken from a queue in memory."""

    def __init__(self, bus: "MemoryBus", queue: str, message: Message) -> None:
        self._bus, self._queue = bus, queue
        self.routing_key, self.body, self.redelivered, self.is_revived = message

    def ack(self) -> None:
        """Forget the message."""
        self._bus.settle(self)

    def nack(self) -> None:
        """Put the message back in front."""
        self._bus.settle(self)
        self._bus.put_back(self._queue, (self.routing_key, self.body, True, self.is_revived))

    def reject(self) -> None:
        """Move the message to the dead letters."""
        self._bus.settle(self)
        self._bus.bury(self._queue, (self.routing_key, self.body, False, self.is_revived))


class MemoryBus:
    """Keeps queues as lists."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Message]] = {}
        self._bindings: dict[str, set[Binding]] = defaultdict(set)
        self._out: dict[int, MemoryDelivery] = {}
        self._lock = threading.RLock()

    def publish(
        self, exchange: str, routing_key: str, body: bytes, *, is_revived: bool = False
    ) -> None:
        """Append the message to every queue bound to its key."""
        with self._lock:
            for queue, bindings in self._bindings.items():
                if any(
                    b.exchange == exchange and matches(b.routing_key, routing_key)
                    for b in bindings
                ):
                    self._queues[queue].append((routing_key, body, False, is_revived))

    def declare(self, queue: str, bindings: Sequence[Binding]) -> None:
        """Make the queue and its dead-letter twin."""
        with self._lock:
            self._queues.setdefault(queue, deque())
            self._queues.setdefault(f"{queue}-dl", deque())
            self._bindings[queue].update(bindings)

    def consume(
        self, queues: Sequence[str], *, prefetch: int = 5, stop: Callable[[], bool]
    ) -> Iterator[MemoryDelivery]:
        """Hand out messages while there are any or `stop` answers false."""
        while not stop():
            taken = self._take(queues, prefetch)
            if taken is None:
                time.sleep(0.005)
            else:
                yield taken

    def _take(self, queues: Sequence[str], prefetch: int) -> MemoryDelivery | None:
        with self._lock:
            if len(self._out) >= prefetch:
                return None
            for queue in queues:
                if self._queues.get(queue):
                    delivery = MemoryDelivery(self, queue, self._queues[queue].popleft())
                    self._out[id(delivery)] = delivery
                    return delivery
        return None

    def settle(self, delivery: MemoryDelivery) -> None:
        """Count a message as no longer outstanding."""
        with self._lock:
            self._out.pop(id(delivery), None)

    def put_back(self, queue: str, message: Message) -> None:
        """Put a message in front of a queue."""
        with self._lock:
            self._queues.setdefault(queue, deque()).appendleft(message)

    def bury(self, queue: str, message: Message) -> None:
        """Add a message to the dead letters of a queue."""
        with self._lock:
            self._queues.setdefault(f"{queue}-dl", deque()).append(message)

    def count(self, queue: str) -> int:
        """Tell how many messages wait."""
        with self._lock:
            return len(self._queues.get(queue, ()))

    def drop(self, queue: str) -> None:
        """Forget the queue and its twin."""
        with self._lock:
            for name in (queue, f"{queue}-dl"):
                self._queues.pop(name, None)
            self._bindings.pop(queue, None)

    def close(self) -> None:
        """Give outstanding messages back."""
        for delivery in list(self._out.values()):
            delivery.nack()
