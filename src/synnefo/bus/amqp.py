"""A bus over RabbitMQ: topic exchanges, quorum queues, confirmed publishing.

Every thread has a connection of its own, to one of several brokers, and finds another broker by
itself when that one is gone. What was published and not confirmed is published again, what was
handed out and not acknowledged comes again: receivers bear duplicates. Spec: compute 11.5,
operations 11.
"""

import contextlib
import random
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from amqp.exceptions import AMQPError
from kombu.connection import Connection

from synnefo.bus.port import Binding, BusUnreachable
from synnefo.kit.logs import get_logger

log = get_logger(__name__)

ATTEMPTS = 30
"""Connections tried in a row before BusUnreachable. Spec: compute 11.5."""
ROUND_PAUSE = 1.0
"""Seconds to wait after every broker was tried in vain."""
RETRY_SECONDS = 1.0
"""The pause before a message that was given back comes again."""
IDLE_SECONDS = 600.0
"""Without a message for so long, a consumer goes to another broker. Spec: compute 11.6."""
POLL_SECONDS = 0.05
CONFIRM_SECONDS = 20.0
HEARTBEAT_SECONDS = 20
REVIVED = "from-dead-letter"
"""The header of a dead letter that was published again. Spec: compute 16.7."""
_KEEPALIVE = {
    socket.TCP_KEEPIDLE: 20,
    socket.TCP_KEEPINTVL: 2,
    socket.TCP_KEEPCNT: 10,
}

BROKEN = (AMQPError, OSError)
"""What a broken connection looks like from here."""


class AmqpDelivery:
    """A message that a broker handed out on one channel."""

    def __init__(self, line: "_Line", message: Any) -> None:
        self._line = line
        self._tag = message.delivery_tag
        body = message.body
        self.body: bytes = body.encode() if isinstance(body, str) else bytes(body)
        self.routing_key: str = message.delivery_info["routing_key"]
        self.redelivered: bool = bool(message.delivery_info["redelivered"])
        self.is_revived: bool = REVIVED in (message.properties.get("application_headers") or {})

    def ack(self) -> None:
        """Tell the broker to forget the message."""
        self._line.settle(lambda channel: channel.basic_ack(self._tag))

    def nack(self) -> None:
        """Give the message back after a pause, at once when its consumer has gone."""
        self._line.give_back(self._tag)

    def reject(self) -> None:
        """Let the broker move the message to the dead letters."""
        self._line.settle(lambda channel: channel.basic_reject(self._tag, requeue=False))


class _Line:
    """One channel that messages come over; its consumers may end before its deliveries do."""

    def __init__(self, connection: Connection, queues: Sequence[str], prefetch: int) -> None:
        self.channel = connection.channel()
        self.channel.basic_qos(0, prefetch, False)
        self.inbox: deque[AmqpDelivery] = deque()
        self._later: deque[tuple[float, int]] = deque()
        self._is_open = True
        self._tags = [
            self.channel.basic_consume(queue, callback=self._take, no_ack=False)
            for queue in queues
        ]

    def _take(self, message: Any) -> None:
        self.inbox.append(AmqpDelivery(self, message))

    def settle(self, act: Callable[[Any], None]) -> None:
        """Answer for a delivery; on a broken channel the broker hands it out again by itself."""
        try:
            act(self.channel)
        except BROKEN as error:
            log.warning("bus-answer-lost", reason=str(error))

    def give_back(self, tag: int) -> None:
        """Return a message now or, while messages are being taken, after a pause."""
        if self._is_open:
            self._later.append((time.monotonic() + RETRY_SECONDS, tag))
        else:
            self.settle(lambda channel: channel.basic_reject(tag, requeue=True))

    def return_due(self, *, everything: bool = False) -> None:
        """Return the messages whose pause is over."""
        while self._later and (everything or self._later[0][0] <= time.monotonic()):
            _, tag = self._later.popleft()
            self.channel.basic_reject(tag, requeue=True)

    def end(self) -> None:
        """Stop taking messages; those handed out can still be answered for."""
        self._is_open = False
        with contextlib.suppress(*BROKEN):
            for tag in self._tags:
                self.channel.basic_cancel(tag)
            for delivery in self.inbox:
                delivery.nack()
            self.return_due(everything=True)


class _Link:
    """One thread's connection to a broker, and what it has declared over it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.publishing = connection.channel()
        self.exchanges: set[str] = set()

    def exchange(self, name: str) -> None:
        """Declare a topic exchange and the one of its dead letters, once a connection."""
        if name not in self.exchanges:
            for each in (name, f"{name}-dl"):
                self.publishing.exchange_declare(each, "topic", durable=True, auto_delete=False)
            self.exchanges.add(name)


class AmqpBus:
    """A bus of one or several RabbitMQ brokers; safe for many threads and processes."""

    def __init__(
        self, hosts: Sequence[str], *, queue_type: str = "quorum", attempts: int = ATTEMPTS
    ) -> None:
        """Use some brokers, `amqp://user:password@host:port` each, in an order of chance.

        `queue_type` is `quorum` or `classic`; `attempts` of 0 tries for ever.
        """
        self._hosts = random.sample(list(hosts), len(hosts))
        self._queue_type = queue_type
        self._attempts = attempts
        self._next = 0
        self._local = threading.local()

    def publish(
        self, exchange: str, routing_key: str, body: bytes, *, is_revived: bool = False
    ) -> None:
        """Publish and wait for the broker's word; over another broker if this one breaks."""

        def send(link: _Link) -> None:
            link.exchange(exchange)
            message = link.publishing.prepare_message(
                body,
                properties={"delivery_mode": 2},
                content_type="application/json",
                headers={REVIVED: True} if is_revived else None,
            )
            link.publishing.basic_publish(
                message, exchange, routing_key, confirm_timeout=CONFIRM_SECONDS
            )

        self._surely(send)

    def declare(self, queue: str, bindings: Sequence[Binding]) -> None:
        """Declare exchanges, the queue and its dead twin; all of it durable."""
        self._surely(lambda link: self._declare(link, queue, bindings))

    def _declare(self, link: _Link, queue: str, bindings: Sequence[Binding]) -> None:
        channel = link.publishing
        for binding in bindings:
            link.exchange(binding.exchange)
        dead = f"{bindings[0].exchange}-dl" if bindings else ""
        plans: tuple[tuple[str, dict[str, str], str], ...] = (
            (queue, {"x-dead-letter-exchange": dead}, ""),
            (f"{queue}-dl", {}, "-dl"),
        )
        for name, arguments, ending in plans:
            kind = {"x-queue-type": self._queue_type, **arguments}
            channel.queue_declare(name, durable=True, auto_delete=False, arguments=kind)
            for binding in bindings:
                channel.queue_bind(name, binding.exchange + ending, binding.routing_key)

    def consume(
        self, queues: Sequence[str], *, prefetch: int = 5, stop: Callable[[], bool]
    ) -> Iterator[AmqpDelivery]:
        """Hand out messages as the brokers bring them, over another broker if one breaks."""
        while not stop():
            link = self._link()
            try:
                line = _Line(link.connection, queues, prefetch)
            except BROKEN as error:
                self._drop(error)
                continue
            try:
                yield from self._taken(link, line, stop)
            except BROKEN as error:
                self._drop(error)
            finally:
                line.end()

    def _taken(self, link: _Link, line: _Line, stop: Callable[[], bool]) -> Iterator[AmqpDelivery]:
        """Take messages over one connection until it is time to stop or to move on."""
        beat = heard = time.monotonic()
        while not stop():
            line.return_due()
            if line.inbox:
                heard = time.monotonic()
                yield line.inbox.popleft()
                continue
            with contextlib.suppress(TimeoutError):
                link.connection.drain_events(timeout=POLL_SECONDS)
            now = time.monotonic()
            if now - beat > HEARTBEAT_SECONDS / 4:
                link.connection.heartbeat_check()
                beat = now
            if now - heard > IDLE_SECONDS:
                self._drop("nothing came for a long time")
                return

    def count(self, queue: str) -> int:
        """Ask the broker how many messages wait."""
        counts: list[int] = []

        def ask(link: _Link) -> None:
            with link.connection.channel() as channel:
                counts.append(channel.queue_declare(queue, passive=True).message_count)

        self._surely(ask)
        return counts[-1]

    def drop(self, queue: str) -> None:
        """Delete the queue and its twin; what is not there is no error."""

        def delete(link: _Link) -> None:
            for name in (queue, f"{queue}-dl"):
                link.publishing.queue_delete(name)

        self._surely(delete)

    def close(self) -> None:
        """Close this thread's connection."""
        link: _Link | None = getattr(self._local, "link", None)
        self._local.link = None
        if link is not None:
            with contextlib.suppress(*BROKEN):
                link.connection.release()

    def _surely(self, act: Callable[[_Link], None]) -> None:
        """Do something that may be repeated; on a broken connection do it over the next one."""
        for attempt in range(3):
            try:
                act(self._link())
            except BROKEN as error:
                self._drop(error)
                if attempt == 2:
                    raise BusUnreachable(f"The message broker refuses: {error}") from error
            else:
                return

    def _link(self) -> _Link:
        """Answer this thread's connection, a new one where there is none."""
        link: _Link | None = getattr(self._local, "link", None)
        if link is None:
            link = self._local.link = self._connect()
        return link

    def _drop(self, reason: object) -> None:
        """Let go of a connection without a word to the broker, which may not hear it."""
        log.warning("bus-connection-lost", reason=str(reason))
        link: _Link | None = getattr(self._local, "link", None)
        self._local.link = None
        if link is not None:
            link.connection.collect(socket_timeout=1)

    def _connect(self) -> _Link:
        tried = 0
        while True:
            host = self._hosts[self._next % len(self._hosts)]
            self._next += 1
            tried += 1
            connection = Connection(
                host,
                heartbeat=HEARTBEAT_SECONDS,
                connect_timeout=5,
                ssl=_security(host),
                transport_options={"confirm_publish": True, "socket_settings": _KEEPALIVE},
            )
            try:
                connection.connect()
                return _Link(connection)
            except BROKEN as error:
                connection.release()
                if self._attempts and tried >= self._attempts:
                    raise BusUnreachable(f"No message broker answers: {error}") from error
            if tried % len(self._hosts) == 0:
                time.sleep(ROUND_PAUSE)


def _security(host: str) -> bool | dict[str, object]:
    """Demand of a broker behind `amqps:` the certificate of its name, from a known authority."""
    address = urlsplit(host)
    if address.scheme != "amqps":
        return False
    return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": address.hostname}
