"""The job queue: durable, in order for each object, concurrent across objects. Labs: ganeti 3.

A job that was running when the daemon died is begun again: the work is written so that doing it
twice is the same as doing it once.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from synnefo.kit.clock import monotonic
from synnefo.kit.logs import get_logger
from synnefo.node.event_sender import Message
from synnefo.node.solo.failures import JobFailure
from synnefo.node.solo.ledger import Ledger
from synnefo.node.solo.opcodes import AnyOpcode, Dependency, locks_of, summary_of
from synnefo.node.solo.records import Job, Op, Stamp, remember, stamp

log = get_logger(__name__)

KEPT_JOBS = 20_000
_RECENT_JOBS = 100
_BREATH_SECONDS = 1.0


class Task(msgspec.Struct, frozen=True):
    """What the work is handed: the job's number, its opcode, its secrets and a place to log."""

    job: int
    opcode: AnyOpcode
    secrets: dict[str, str]
    note: Callable[[str], None]
    resumed: bool = False


class Worker(Protocol):
    """Does jobs and tells what their steps are worth telling."""

    def run(self, task: Task) -> object:
        """Do the work; JobFailure when it cannot be done. Must bear being run twice."""

    def messages(self, job: Job, op: Op) -> list[Message]:
        """Make the messages for a step that just changed."""


class JobQueue:
    """All jobs: the unfinished ones in memory, the others in the ledger."""

    def __init__(
        self, ledger: Ledger, worker: Worker, *, threads: int, on_news: Callable[[], None]
    ) -> None:
        self._ledger = ledger
        self._worker = worker
        self._on_news = on_news
        self._changed = threading.Condition()
        self._jobs: dict[int, Job] = {job.id: job for job in ledger.unfinished_jobs()}
        for job in (*ledger.jobs(_RECENT_JOBS), *self._jobs.values()):
            remember(_latest_stamp(job))
        self._running: set[int] = set()
        self._busy: set[str] = set()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"job-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Begin to work; jobs that an earlier process left come first."""
        self._ledger.forget_jobs(KEPT_JOBS)
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 8.0) -> None:
        """Finish the jobs at hand and begin no other; slow ones are begun again later."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        deadline = monotonic() + timeout
        for thread in self._threads:
            if not thread.is_alive():
                continue
            thread.join(max(0.0, deadline - monotonic()))

    def submit(self, opcodes: Sequence[AnyOpcode], secrets: dict[str, str] | None = None) -> int:
        """Record a job durably and answer its number."""
        job = Job(id=0, ops=[Op(input=opcode) for opcode in opcodes], received_timestamp=stamp())
        with self._changed:
            with self._ledger.change():
                self._ledger.add_job(job, secrets or {})
                self._ledger.post([found for op in job.ops for found in self._told(job, op)])
            self._jobs[job.id] = job
            self._changed.notify_all()
        self._on_news()
        log.info("job queued", job=job.id, summary=[summary_of(op.input) for op in job.ops])
        return job.id

    def job(self, number: int) -> Job | None:
        """Find a job."""
        with self._changed:
            return self._jobs.get(number) or self._ledger.job(number)

    def jobs(self, limit: int) -> list[Job]:
        """List the newest jobs, oldest first."""
        with self._changed:
            return [self._jobs.get(job.id, job) for job in self._ledger.jobs(limit)]

    def submit_if_idle(self, target: str, opcode: AnyOpcode) -> int | None:
        """Record a job unless an unfinished one is about `target`, such as `instance/snf-1`."""
        with self._changed:
            return None if self.has_unfinished(target) else self.submit([opcode])

    def has_unfinished(self, target: str) -> bool:
        """Tell whether an unfinished job has or wants a lock such as `instance/snf-1`."""
        with self._changed:
            return any(target in _locks(job) for job in self._jobs.values())

    def cancel(self, number: int) -> tuple[bool, str]:
        """Cancel a job that has not begun, in Ganeti's words."""
        with self._changed:
            job = self._jobs.get(number)
            if job is None:
                known = self._ledger.job(number) is not None
                told = "no longer waiting, can't cancel" if known else "not found in queue"
                return False, f"Job {number} {told}"
            if number in self._running:
                return False, f"Job {number} no longer waiting, can't cancel (informed it anyway)"
            self._finish(job, "canceled", "Job canceled by request")
        self._on_news()
        return True, f"Job {number} canceled"

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> bool:
        """Wait until something about a job changed so that `ready` holds."""
        with self._changed:
            return self._changed.wait_for(lambda: ready() or self._stopping, timeout)

    def idle(self) -> bool:
        """Tell whether no job is left to do."""
        with self._changed:
            return not self._jobs

    def _work(self) -> None:
        while True:
            with self._changed:
                job = self._next()
                while job is None:
                    if self._stopping:
                        return
                    self._changed.wait()
                    job = self._next()
                self._running.add(job.id)
                self._busy |= _locks(job)
            try:
                self._do(job)
            except Exception:
                log.exception("job queue broke; tried again after a breath", job=job.id)
                self.wait_until(lambda: False, _BREATH_SECONDS)
            with self._changed:
                self._running.discard(job.id)
                self._busy -= _locks(job)
                self._changed.notify_all()
            self._on_news()

    def _next(self) -> Job | None:
        """Pick the oldest job whose objects are free and whose predecessors are done."""
        if self._stopping:
            return None
        wanted: set[str] = set(self._busy)
        for job in list(self._jobs.values()):
            if job.id in self._running:
                continue
            locks = _locks(job)
            is_free = not locks & wanted
            wanted |= locks
            if not is_free:
                continue
            verdict = self._dependencies(job)
            if verdict == "go":
                return job
            if verdict:
                self._finish(job, *verdict.split(":", 1))
        return None

    def _dependencies(self, job: Job) -> str:
        """Answer `go`, nothing to wait on, or `STATUS:REASON` to end the job with."""
        for number, wanted in _depends(job):
            other = self._jobs.get(number) or self._ledger.job(number)
            if other is None:
                return f"error:Dependency job {number} is not known"
            if not other.is_final:
                return ""
            if other.status == "canceled" and "canceled" not in wanted and wanted:
                return f"canceled:Dependency job {number} was canceled"
            if wanted and other.status not in wanted:
                return (
                    f"error:Dependency job {number} finished with status '{other.status}',"
                    f" not one of {', '.join(wanted)}"
                )
        return "go"

    def _do(self, job: Job) -> None:
        job.runs += 1
        job.start_timestamp = job.start_timestamp or stamp()
        secrets = self._ledger.secrets_of(job.id)
        for op in job.ops:
            if op.status == "success":
                continue
            self._begin(job, op)
            note = _Notes(self, job, op)
            try:
                result = self._worker.run(Task(job.id, op.input, secrets, note, job.runs > 1))
            except JobFailure as failure:
                self._fail(job, op, failure)
                return
            except Exception as error:
                log.exception("job broke", job=job.id)
                self._fail(job, op, JobFailure(f"{type(error).__name__}: {error}"))
                return
            self._settle(job, op, "success", result)

    def _begin(self, job: Job, op: Op) -> None:
        with self._changed, self._ledger.change():
            for status in ("waiting", "running"):
                op.status = status
                op.start_timestamp = op.start_timestamp or stamp()
                op.exec_timestamp = stamp() if status == "running" else None
                self._ledger.post(self._told(job, op))
            self._ledger.put_job(job)
            self._changed.notify_all()

    def _settle(self, job: Job, op: Op, status: str, result: object) -> None:
        op.result = msgspec.Raw(msgspec.json.encode(result))
        op.end_timestamp = stamp()
        if status != "success" or op is job.ops[-1]:
            job.end_timestamp = op.end_timestamp
        # The status comes last: who sees the end of a job sees all of it.
        op.status = status
        messages = self._told(job, op)
        with self._changed:
            if job.is_final:
                self._jobs.pop(job.id, None)
            with self._ledger.change():
                self._ledger.put_job(job)
                self._ledger.post(messages)
            self._changed.notify_all()
        log.info("job step done", job=job.id, summary=summary_of(op.input), status=status)

    def _fail(self, job: Job, op: Op, failure: JobFailure) -> None:
        log.warning("job failed", job=job.id, reason=failure.message)
        for later in job.ops[job.ops.index(op) + 1 :]:
            later.status = "error"
            later.result = msgspec.Raw(msgspec.json.encode(failure.payload()))
        self._settle(job, op, "error", failure.payload())

    def _finish(self, job: Job, status: str, reason: str) -> None:
        """End a job that was never begun."""
        failure = JobFailure(reason, code=None if status == "canceled" else "wrong_state")
        for op in job.ops:
            self._settle(job, op, status, failure.payload())

    def append(self, job: Job, op: Op, text: str) -> None:
        """Add a line to a step's log."""
        with self._changed:
            op.log.append((sum(len(one.log) for one in job.ops) + 1, stamp(), "message", text))
            self._ledger.put_job(job)
            self._changed.notify_all()

    def _told(self, job: Job, op: Op) -> list[Message]:
        return self._worker.messages(job, op)


class _Notes:
    """The log of one step, as a function."""

    def __init__(self, queue: JobQueue, job: Job, op: Op) -> None:
        self._queue, self._job, self._op = queue, job, op

    def __call__(self, text: str) -> None:
        self._queue.append(self._job, self._op, text)


def _latest_stamp(job: Job) -> Stamp:
    told = [job.received_timestamp, job.start_timestamp, job.end_timestamp]
    for op in job.ops:
        told += [op.start_timestamp, op.exec_timestamp, op.end_timestamp]
    return max(moment for moment in told if moment)


def _locks(job: Job) -> frozenset[str]:
    return frozenset().union(*(locks_of(op.input) for op in job.ops))


def _depends(job: Job) -> list[Dependency]:
    return [dependency for op in job.ops for dependency in op.input.depends or []]
