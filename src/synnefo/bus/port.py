"""What a message bus is: topic exchanges, durable queues, delivery at least once."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec


class Binding(msgspec.Struct, frozen=True):
    """A queue hears what an exchange is told under a routing key; `#` and `*` as in AMQP."""

    exchange: str
    routing_key: str


class BusUnreachable(Exception):
    """The bus does not answer; try again later."""


class Delivery(Protocol):
    """One message handed out; it must be acknowledged, given back or refused."""

    @property
    def body(self) -> bytes:
        """The message itself."""

    @property
    def routing_key(self) -> str:
        """The key it was published under."""

    @property
    def redelivered(self) -> bool:
        """Whether it may have been seen before."""

    @property
    def is_revived(self) -> bool:
        """Whether it was a dead letter once and has been published again."""

    def ack(self) -> None:
        """Say that the message is dealt with; the bus forgets it."""

    def nack(self) -> None:
        """Give the message back: it is delivered again, after a pause."""

    def reject(self) -> None:
        """Refuse the message for good: it goes to the queue's dead letters (`QUEUE-dl`)."""


class Bus(Protocol):
    """A durable bus: what `publish` returned from is not lost, whoever dies."""

    def publish(
        self, exchange: str, routing_key: str, body: bytes, *, is_revived: bool = False
    ) -> None:
        """Hand a message to every queue bound to the key; returns once it is safe on disk.

        `is_revived` marks a dead letter that gets another chance. Raises BusUnreachable. May be
        called again after a failure: receivers bear duplicates.
        """

    def declare(self, queue: str, bindings: Sequence[Binding]) -> None:
        """Make a durable queue with its dead-letter twin, and bind it; may be repeated."""

    def consume(
        self, queues: Sequence[str], *, prefetch: int = 5, stop: Callable[[], bool]
    ) -> Iterator[Delivery]:
        """Hand out messages of some queues, oldest first, until `stop` answers true.

        At most `prefetch` are outstanding at once; one not acknowledged when its consumer dies
        is handed out again.
        """

    def count(self, queue: str) -> int:
        """Tell how many messages wait in a queue."""

    def drop(self, queue: str) -> None:
        """Delete a queue and its dead-letter twin with all that waits in them."""

    def close(self) -> None:
        """Let go of connections; messages handed out and not acknowledged come again."""
