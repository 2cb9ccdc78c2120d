"""Ganeti's jobs as its queue keeps them on disk. Spec: compute 11.1."""

import re
from pathlib import Path
from typing import Any

import msgspec

from synnefo.node.event_sender import Step
from synnefo.wire.job_events import seconds_of

Moment = tuple[int, int]
_NAME = re.compile(r"job-([0-9]+)")
_SECRET = frozenset({"osparams_secret", "osparams_private"})


class Op(msgspec.Struct):
    """One opcode of a job."""

    input: dict[str, Any]
    status: str
    result: Any = None
    log: list[Any] = []
    start_timestamp: Moment | None = None
    exec_timestamp: Moment | None = None
    end_timestamp: Moment | None = None


class Job(msgspec.Struct):
    """One job."""

    id: int
    ops: list[Op]
    received_timestamp: Moment | None = None
    end_timestamp: Moment | None = None


_JOBS = msgspec.json.Decoder(Job)


def number_of(name: str) -> int | None:
    """Tell the number of the job that a file of the queue holds; None for other files."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def read(file: Path) -> Job | None:
    """Read a job; None when it is gone, for it may be archived at any time."""
    try:
        return _JOBS.decode(file.read_bytes())
    except FileNotFoundError:
        return None


def changed_since(queue: Path, moment: float) -> list[int]:
    """List the jobs whose files are younger than a moment, the oldest first."""
    found = []
    for file in queue.iterdir():
        number = number_of(file.name)
        try:
            if number is not None and file.stat().st_mtime >= moment:
                found.append(number)
        except FileNotFoundError:
            continue
    return sorted(found)


def step_of(job: Job, op: Op) -> Step:
    """Tell how an opcode of a job stands, without secrets."""
    return Step(
        job_id=job.id,
        opcode=str(op.input.get("OP_ID", "")),
        fields={key: value for key, value in op.input.items() if key not in _SECRET},
        status=op.status,
        result=op.result,
        logmsg=op.log[-1][3] if op.log else None,
        event_time=_moment(job, op),
    )


def began(op: Op) -> float:
    """Tell when an opcode's work began, in seconds since 1970; 0 when it did not."""
    return seconds_of(op.exec_timestamp) if op.exec_timestamp else 0.0


def _moment(job: Job, op: Op) -> Moment:
    """Tell since when an opcode is as it is."""
    reached = {
        "queued": job.received_timestamp,
        "waiting": op.start_timestamp,
        "canceling": op.start_timestamp,
        "running": op.exec_timestamp,
    }.get(op.status, op.end_timestamp)
    return reached or job.end_timestamp or job.received_timestamp or (0, 0)
