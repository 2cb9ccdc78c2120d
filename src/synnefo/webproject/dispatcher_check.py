"""Whether a running `snf-dispatcher` hears of its clusters. Spec: compute 11.6.

The tool sends a question to the dispatcher's own queue. The dispatcher answers that it begins,
has every cluster's watcher give a sign of life, waits for those signs, and answers who is well.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from synnefo.bus.port import Binding, Bus, BusUnreachable
from synnefo.kit.logs import get_logger
from synnefo.serve import consumer
from synnefo.wire.job_events import EXCHANGE, HEARTBEAT_KEY

log = get_logger(__name__)

CHECKS = "snf-checks"
"""The exchange of questions and answers; a queue's name is its routing key."""
ACTION = "status-check"
FIRST_SECONDS = 10.0
SECOND_SECONDS = 30.0
HEARTBEAT_SECONDS = 5.0
TAG = "snf:eventd:heartbeat"
PAUSE = 10.0


class Question(msgspec.Struct):
    """What the tool asks."""

    action: str
    reply_to: str


class Health(msgspec.Struct, rename={"rapi": "RAPI"}):
    """How one cluster is: `ok` or `fail` each."""

    rapi: str = "fail"
    eventd: str = "fail"


class Reply(msgspec.Struct, omit_defaults=True):
    """What a dispatcher answers: `started`, `failed`, or how each cluster is."""

    status: str | dict[str, Health]
    action: str = ""
    reason: str = ""


class _Heartbeat(msgspec.Struct):
    cluster: str


def queue_of(pid: int, *, of: str = "dispatcher") -> str:
    """Name the queue of a process of this host."""
    return f"snf:{of}:{socket.gethostname()}:{pid}"


@contextmanager
def _queue(bus: Bus, name: str, binding: Binding) -> Iterator[str]:
    """Have a queue for a while."""
    bus.declare(name, [binding])
    try:
        yield name
    finally:
        bus.drop(name)


def answer_questions(bus: Bus, stopping: threading.Event) -> None:
    """Answer until told to stop; without a broker, try again later."""
    own = queue_of(os.getpid())
    while not stopping.is_set():
        try:
            with _queue(bus, own, Binding(CHECKS, own)):
                for delivery in bus.consume([own], prefetch=1, stop=stopping.is_set):
                    delivery.ack()
                    _answer(bus, delivery.body)
        except BusUnreachable as error:
            log.warning("bus-unreachable", queue=own, error=str(error))
            stopping.wait(PAUSE)


def _answer(bus: Bus, body: bytes) -> None:
    try:
        question = msgspec.json.decode(body, type=Question)
    except msgspec.DecodeError as error:
        log.error("question-malformed", reason=str(error))
        return

    def say(reply: Reply) -> None:
        bus.publish(CHECKS, question.reply_to, msgspec.json.encode(reply))

    if question.action != ACTION:
        say(Reply(status="failed", reason=f"There is no action {question.action!r}."))
        return
    say(Reply(status="started", action=ACTION))
    say(Reply(status=_look(bus), action=ACTION))


def _look(bus: Bus) -> dict[str, Health]:
    """Have every cluster give a sign of life, and see which arrive."""
    name = f"{queue_of(os.getpid(), of='heartbeat')}"
    with _queue(bus, name, Binding(EXCHANGE, HEARTBEAT_KEY)):
        found = {
            cluster: Health(rapi="ok" if is_well else "fail")
            for probe in consumer.probes()
            for cluster, is_well in probe(f"{TAG}:{socket.gethostname()}:{os.getpid()}")
        }
        deadline = time.monotonic() + HEARTBEAT_SECONDS

        def is_over() -> bool:
            missing = any(one.rapi == "ok" and one.eventd != "ok" for one in found.values())
            return not missing or time.monotonic() > deadline

        for delivery in bus.consume([name], prefetch=1, stop=is_over):
            heard = msgspec.json.decode(delivery.body, type=_Heartbeat).cluster
            if heard in found:
                found[heard].eventd = "ok"
            delivery.ack()
    return found


def ask(bus: Bus, pid: int, say: Callable[[str], object]) -> bool:
    """Ask the dispatcher with a process id, and tell line by line how it is."""
    own = queue_of(os.getpid(), of="check_tool")
    with _queue(bus, own, Binding(CHECKS, own)):
        question = Question(action=ACTION, reply_to=own)
        bus.publish(CHECKS, queue_of(pid), msgspec.json.encode(question))
        first = _reply(bus, own, FIRST_SECONDS)
        if first is None or first.status != "started":
            say(f"dispatcher: fail ({first.reason if first else 'no answer'})")
            return False
        say("dispatcher: ok")
        second = _reply(bus, own, SECOND_SECONDS)
    if second is None or isinstance(second.status, str):
        say("clusters: fail (no answer)")
        return False
    for cluster, health in sorted(second.status.items()):
        say(f"{cluster}: RAPI {health.rapi}, eventd {health.eventd}")
    return all(one.rapi == one.eventd == "ok" for one in second.status.values())


def _reply(bus: Bus, queue: str, seconds: float) -> Reply | None:
    deadline = time.monotonic() + seconds
    for delivery in bus.consume([queue], prefetch=1, stop=lambda: time.monotonic() > deadline):
        delivery.ack()
        return msgspec.json.decode(delivery.body, type=Reply)
    return None
