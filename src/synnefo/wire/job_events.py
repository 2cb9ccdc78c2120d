"""What a cluster tells of its jobs. Spec: compute 11.2."""

from typing import Any

import msgspec

EXCHANGE = "ganeti"
HEARTBEAT_KEY = "eventd.heartbeat"

QUEUE_KINDS = ("op", "network", "net", "progress", "cluster")
"""The kinds of messages, each with a queue `PREFIX-events-KIND`. Spec: compute 11.3, 11.5."""


class Malformed(ValueError):
    """A message that nothing can be done with; it is logged and dropped. Spec: compute 11.7."""


class JobEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One step in the life of a job; `event_time` is seconds and microseconds since 1970."""

    type: str
    operation: str
    status: str
    cluster: str
    job_id: int = msgspec.field(name="jobId")
    event_time: tuple[int, int]
    logmsg: Any = None
    result: Any = None
    instance: str | None = None
    network: str | None = None
    tags: list[str] = []
    job_fields: dict[str, Any] = {}
    instance_nics: list[dict[str, Any]] | None = None
    instance_disks: list[dict[str, Any]] | None = None
    instance_hvparams: dict[str, Any] | None = None


class NetStatus(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An instance's network cards as a hook saw them. Spec: compute 11.3."""

    type: str
    instance: str
    event_time: tuple[int, int]
    nics: list[dict[str, Any]]


class Progress(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How far an image's deployment has come, or what it says. Spec: compute 11.9.

    `progress` is in percent, positions in bytes.
    """

    type: str
    instance: str
    event_time: tuple[int, int]
    progress: float | None = None
    position: int | None = None
    total: int | None = None
    timestamp: float | None = None
    stage: str | None = None
    details: str | None = None
    source: str | None = None
    level: str | None = None
    messages: list[Any] | None = None
    stderr: str | None = None
    subtype: str | None = None
    task: str | None = None
    task_name: str | None = None


def split_time(seconds: float) -> tuple[int, int]:
    """Write a time as Ganeti does: whole seconds and microseconds."""
    micros = round(seconds * 1_000_000)
    return micros // 1_000_000, micros % 1_000_000


def seconds_of(event_time: tuple[int, int]) -> float:
    """Read Ganeti's seconds and microseconds as seconds since 1970."""
    return event_time[0] + event_time[1] / 1_000_000


def routing_key(kind: str, prefix: str) -> str:
    """Tell the routing key of a kind of message; `prefix` is the name up to its first dash."""
    return "ganeti.event.cluster" if kind == "cluster" else f"ganeti.{prefix}.event.{kind}"


def prefix_of(name: str) -> str:
    """Tell the part of an instance's or network's name up to its first dash."""
    return name.partition("-")[0]


def queue_name(kind: str, prefix: str) -> str:
    """Name the queue on which a deployment hears one kind of message."""
    return f"{prefix}-events-{kind}"


_EVENTS = msgspec.json.Decoder(JobEvent)
_PROGRESS = msgspec.json.Decoder(Progress)
_NETS = msgspec.json.Decoder(NetStatus)


def encode(message: JobEvent | Progress | NetStatus) -> bytes:
    """Write a message as it travels."""
    return msgspec.json.encode(message)


def decode_event(data: bytes) -> JobEvent:
    """Read a job's message; Malformed when it is none."""
    try:
        return _EVENTS.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error


def decode_progress(data: bytes) -> Progress:
    """Read a progress message; Malformed when it is none."""
    try:
        return _PROGRESS.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error


def decode_net_status(data: bytes) -> NetStatus:
    """Read a hook's message; Malformed when it is none."""
    try:
        return _NETS.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error
