"""Notices machines that went off by themselves, and keeps logs and lease servers in order."""

import threading
from collections.abc import Callable
from pathlib import Path

from synnefo.kit.logs import get_logger
from synnefo.node.solo.instance_work import House
from synnefo.node.solo.job_queue import JobQueue
from synnefo.node.solo.opcodes import InstanceShutdown, InstanceStartup
from synnefo.node.solo.records import Instance

log = get_logger(__name__)

_ROUND_SECONDS = 10.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Watch:
    """Compares what should run with what runs; the difference becomes jobs."""

    def __init__(self, house: House, queue: JobQueue, *, each_round: Callable[[], None]) -> None:
        self._house = house
        self._queue = queue
        self._each_round = each_round
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Settle what happened while nobody watched, then go on watching."""
        self._settle_boot()
        self._news.set()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopping.set()
        self._news.set()
        self._thread.join(5)

    def heard(self, name: str, why: str) -> None:
        """Take note that a machine may have gone off; never blocks."""
        log.info("machine went off", machine=name, why=why)
        self._news.set()

    def _settle_boot(self) -> None:
        """Start again what the host's own reboot stopped."""
        ledger = self._house.inventory.ledger
        boot = _BOOT_ID.read_text().strip()
        before = ledger.fact("boot_id")
        if before is not None and before != boot:
            for instance in self._missing():
                opcode = InstanceStartup(instance_name=instance.name)
                self._queue.submit_if_idle(f"instance/{instance.name}", opcode)
        if before != boot:
            ledger.put_fact("boot_id", boot)

    def _missing(self) -> list[Instance]:
        return [
            one
            for one in self._house.inventory.instances()
            if one.admin_state == "up" and one.is_made and not self._house.is_running(one)
        ]

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.wait(_ROUND_SECONDS)
            self._news.clear()
            if self._stopping.is_set():
                return
            try:
                self._look()
                self._each_round()
            except Exception:
                log.exception("a round of the watch broke")

    def _look(self) -> None:
        """Report every machine that is off and should be on as shut down."""
        for instance in self._missing():
            opcode = InstanceShutdown(
                instance_name=instance.name, timeout=0, admin_state_source="user"
            )
            job = self._queue.submit_if_idle(f"instance/{instance.name}", opcode)
            if job is not None:
                log.warning("machine found off", machine=instance.name, job=job)
