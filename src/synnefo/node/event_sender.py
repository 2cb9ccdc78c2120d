"""Tells the message bus how jobs move. Spec: compute 11.1, 11.2.

A step of a job becomes at most one message. Messages wait in an outbox that is written in the
same transaction as the step, and leave it only when the bus has them: at least once, in order.
"""

import threading
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from synnefo.bus.port import Bus, BusUnreachable
from synnefo.kit.logs import get_logger
from synnefo.wire import job_events
from synnefo.wire.job_events import JobEvent

log = get_logger(__name__)

HEARTBEAT_TAG = "snf:eventd:heartbeat"
_WITH_DETAILS_ON_SUCCESS = {"OP_INSTANCE_CREATE", "OP_INSTANCE_STARTUP"}
_WITH_DETAILS_WHEN_FINAL = {"OP_INSTANCE_SET_PARAMS", "OP_INSTANCE_GROW_DISK"}
_TAGS = {"OP_TAGS_SET", "OP_TAGS_DEL"}
_FINAL = {"success", "error", "canceled"}
_NETWORK_FIELDS = (
    ("subnet", "network"),
    ("gateway", "gateway"),
    ("add_reserved_ips", "add_reserved_ips"),
    ("remove_reserved_ips", "remove_reserved_ips"),
    ("group_name", "group_name"),
)
_BATCH = 50
_PAUSE = 0.5
_LONGEST_PAUSE = 10.0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A job's opcode as it stands now; `fields` is its input without secrets."""

    job_id: int
    opcode: str
    fields: dict[str, Any]
    status: str
    result: Any = None
    logmsg: Any = None
    event_time: tuple[int, int]


class InstanceDetails(msgspec.Struct, frozen=True):
    """What a cluster knows of an instance, as messages tell it."""

    nics: list[dict[str, Any]]
    disks: list[dict[str, Any]]
    hvparams: dict[str, Any]
    tags: list[str]


class Message(msgspec.Struct, frozen=True):
    """What to publish, and under which key."""

    routing_key: str
    body: bytes


class Outbox(Protocol):
    """Messages that are not on the bus yet."""

    def waiting(self, limit: int) -> list[tuple[int, Message]]:
        """Answer the oldest messages with their sequence numbers."""

    def sent(self, up_to: int) -> None:
        """Forget the messages up to a sequence number."""


def message_of(step: Step, cluster: str, details: InstanceDetails | None) -> Message | None:
    """Make the message that a step is worth, if any. `details` is None for what is not there."""
    opcode = step.opcode
    if opcode.startswith("OP_INSTANCE_") and step.fields.get("instance_name"):
        return _instance_message(step, cluster, details)
    if opcode in _TAGS:
        return _tags_message(step, cluster, details)
    if opcode.startswith("OP_NETWORK_"):
        return _network_message(step, cluster)
    if opcode == "OP_CLUSTER_SET_PARAMS":
        event = _event("ganeti-cluster-status", step, cluster)
        return Message(job_events.routing_key("cluster", ""), job_events.encode(event))
    return None


def _event(kind: str, step: Step, cluster: str) -> JobEvent:
    return JobEvent(
        type=kind,
        operation=step.opcode,
        status=step.status,
        cluster=cluster,
        job_id=step.job_id,
        event_time=step.event_time,
        logmsg=step.logmsg,
        result=step.result,
    )


def _instance_message(step: Step, cluster: str, details: InstanceDetails | None) -> Message:
    event = _event("ganeti-op-status", step, cluster)
    event.instance = step.fields["instance_name"]
    event.job_fields = _instance_fields(step)
    event.tags = details.tags if details else step.fields.get("tags", [])
    if details and wants_details(step):
        event.instance_nics = details.nics
        event.instance_disks = details.disks
        event.instance_hvparams = details.hvparams
    return _to("op", str(event.instance), event)


def wants_details(step: Step) -> bool:
    """Tell whether the message of a step shows the instance as it is then."""
    if step.opcode in _WITH_DETAILS_ON_SUCCESS:
        return step.status == "success"
    if step.opcode in _TAGS:
        return step.fields.get("kind") == "instance" and step.status in _FINAL
    return step.opcode in _WITH_DETAILS_WHEN_FINAL and step.status in _FINAL


def _instance_fields(step: Step) -> dict[str, Any]:
    fields = step.fields
    if step.opcode == "OP_INSTANCE_CREATE" and step.status == "error":
        return fields
    if step.opcode in {"OP_INSTANCE_CREATE", "OP_INSTANCE_SET_PARAMS"}:
        empty: dict[str, Any] = {"nics": [], "disks": [], "hvparams": {}, "beparams": {}}
        return {key: fields.get(key, value) for key, value in empty.items()}
    if step.opcode == "OP_INSTANCE_SNAPSHOT":
        return {"disks": fields.get("disks", [])}
    return {}


def _tags_message(step: Step, cluster: str, details: InstanceDetails | None) -> Message | None:
    kind, tags = step.fields.get("kind"), step.fields.get("tags") or []
    if kind == "cluster" and step.fields.get("dry_run"):
        if step.status == "waiting" and any(tag.startswith(HEARTBEAT_TAG) for tag in tags):
            event = _event("eventd-heartbeat", step, cluster)
            return Message(job_events.HEARTBEAT_KEY, job_events.encode(event))
        return None
    if kind != "instance" or step.status not in _FINAL:
        return None
    event = _event("ganeti-op-status", step, cluster)
    event.instance = step.fields["name"]
    event.tags = tags
    event.job_fields = {"dry_run": bool(step.fields.get("dry_run"))}
    if details:
        event.instance_nics = details.nics
    return _to("op", str(event.instance), event)


def _network_message(step: Step, cluster: str) -> Message:
    event = _event("ganeti-network-status", step, cluster)
    event.network = step.fields["network_name"]
    event.job_fields = {name: step.fields.get(source) for name, source in _NETWORK_FIELDS}
    return _to("network", str(event.network), event)


def _to(kind: str, name: str, event: JobEvent) -> Message:
    key = job_events.routing_key(kind, job_events.prefix_of(name))
    return Message(key, job_events.encode(event))


class EventSender:
    """Carries an outbox to the bus in a thread of its own, through every outage."""

    def __init__(self, outbox: Outbox, open_bus: Callable[[], Bus]) -> None:
        self._outbox = outbox
        self._open_bus = open_bus
        self._bus: Bus | None = None
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="event-sender", daemon=True)

    def start(self) -> None:
        """Begin to send; what an earlier process left behind goes first."""
        self._thread.start()
        self._news.set()

    def wake(self) -> None:
        """Say that the outbox has something new."""
        self._news.set()

    def stop(self, timeout: float = 5.0) -> None:
        """End after the messages at hand; the rest waits for the next start."""
        self._stopping.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def send_waiting(self) -> int:
        """Publish what waits and tell how much it was; BusUnreachable leaves it waiting."""
        count = 0
        if self._bus is None:
            self._bus = self._open_bus()
        while batch := self._outbox.waiting(_BATCH):
            done = 0
            try:
                for number, message in batch:
                    self._bus.publish(job_events.EXCHANGE, message.routing_key, message.body)
                    done = number
            finally:
                if done:
                    self._outbox.sent(done)
            count += len(batch)
        return count

    def _run(self) -> None:
        pause = _PAUSE
        while True:
            self._news.wait()
            self._news.clear()
            try:
                self.send_waiting()
                pause = _PAUSE
            except (BusUnreachable, OSError) as error:
                log.warning("bus unreachable, events wait", reason=str(error), retry_in=pause)
                self._bus = None
                self._news.set()
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            if self._stopping.is_set():
                return
