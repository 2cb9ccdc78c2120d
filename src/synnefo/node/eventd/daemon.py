"""From changes of the job queue to messages. Spec: compute 11.1.

Every node that may become the master runs one; only the one on the master speaks. A node that
starts, or becomes the master, tells again what may not have been told: the dispatcher bears it.
"""

import socket
import threading
from collections import OrderedDict
from pathlib import Path

from synnefo.kit import clock
from synnefo.kit.logs import get_logger
from synnefo.node import event_sender
from synnefo.node.event_sender import EventSender, InstanceDetails, Step
from synnefo.node.eventd import job_files, luxi
from synnefo.node.eventd.inotify import Watch
from synnefo.node.eventd.outbox import MemoryOutbox
from synnefo.node.eventd.settings import EventdSettings
from synnefo.wire.job_events import seconds_of

log = get_logger(__name__)

_TICK = 1.0
_MARGIN = 60.0
"""Seconds before the last sign of having told all that a start looks back."""
_REMEMBERED = 2000
"""Jobs whose last told state is remembered, so that nothing is told twice in a row."""
_CHANGES_INSTANCE = frozenset({"OP_INSTANCE_CREATE", "OP_INSTANCE_SET_PARAMS"})
_FRESH_TRIES = 10
_FRESH_PAUSE = 0.2


class Eventd:
    """Watches one node's job queue."""

    def __init__(
        self, settings: EventdSettings, outbox: MemoryOutbox, sender: EventSender
    ) -> None:
        self._settings = settings
        self._home = Path(settings.eventd_ganeti_dir)
        self._queue = self._home / "queue"
        self._outbox = outbox
        self._sender = sender
        self._told: OrderedDict[tuple[int, int], tuple[str, object]] = OrderedDict()
        self._was_master = False
        self._pause = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Watch until told to stop; a folder that vanishes is waited for."""
        while not stop.is_set():
            try:
                watch = Watch(self._queue)
            except OSError as error:
                log.warning("no job queue here", folder=str(self._queue), reason=str(error))
                stop.wait(_TICK)
                continue
            try:
                self._watch(watch, stop)
            finally:
                watch.close()

    def _watch(self, watch: Watch, stop: threading.Event) -> None:
        self._was_master = False
        while not stop.is_set() and not watch.is_broken:
            is_master = self._is_master()
            if is_master and not self._was_master:
                self.catch_up()
            self._was_master = is_master
            names = watch.wait(_TICK)
            for name in names if is_master else ():
                number = job_files.number_of(name)
                if number is not None:
                    self.tell(number)
            if is_master:
                self._outbox.note_quiet()

    def catch_up(self) -> None:
        """Tell the present state of every job that changed since all was told."""
        self._told.clear()
        now = clock.now().timestamp()
        known = self._outbox.told_until()
        since = min(now - self._settings.eventd_catch_up, (known or now) - _MARGIN)
        jobs = job_files.changed_since(self._queue, since)
        log.info("this node is the master", jobs=len(jobs), since=since)
        for number in jobs:
            self.tell(number)

    def tell(self, number: int) -> None:
        """Tell how a job stands, if that is news; a failure stops nothing."""
        if not self._is_master():
            return
        try:
            job = job_files.read(self._queue / f"job-{number}")
            if job is None:
                return
            for index, op in enumerate(job.ops):
                self._tell_step(index, job_files.step_of(job, op), job_files.began(op))
        except Exception:
            log.exception("job not told", job=number)

    def _tell_step(self, index: int, step: Step, began: float) -> None:
        place, state = (step.job_id, index), (step.status, step.logmsg)
        if self._told.get(place) == state:
            return
        message = event_sender.message_of(step, self._cluster(), self._details(step, began))
        if message is not None:
            self._outbox.put(message)
            self._sender.wake()
        self._told[place] = state
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)

    def _details(self, step: Step, began: float) -> InstanceDetails | None:
        """Ask Ganeti about the instance where its message tells of it."""
        if not event_sender.wants_details(step):
            return None
        name = str(step.fields.get("instance_name") or step.fields.get("name"))
        changes = step.status == "success" and step.opcode in _CHANGES_INSTANCE
        is_news = clock.now().timestamp() - seconds_of(step.event_time) < _MARGIN
        return self._fresh(name, began if changes and is_news else None)

    def _fresh(self, name: str, began: float | None) -> InstanceDetails | None:
        """Ask until the answer shows what a job did that has just begun to: it may lag behind."""
        known = None
        for _ in range(_FRESH_TRIES):
            try:
                known = luxi.instance(self._settings.eventd_query_socket, name)
            except luxi.GanetiSilent as error:
                log.warning("no details", instance=name, reason=str(error))
                return None
            if began is None or (known is not None and known.changed >= began):
                break
            self._pause.wait(_FRESH_PAUSE)
        return known.details if known else None

    def _is_master(self) -> bool:
        return self._fact("master_node") == socket.gethostname()

    def _cluster(self) -> str:
        return self._fact("cluster_name")

    def _fact(self, name: str) -> str:
        try:
            return (self._home / f"ssconf_{name}").read_text().strip()
        except OSError:
            return ""
