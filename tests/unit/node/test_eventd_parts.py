"""What snf-ganeti-eventd makes of Ganeti's job files, and how it watches them."""

import os
import threading
import time
from pathlib import Path

import msgspec
import pytest

from synnefo.bus.memory import MemoryBus
from synnefo.node.event_sender import EventSender, Message
from synnefo.node.eventd import job_files, outbox
from synnefo.node.eventd.daemon import Eventd
from synnefo.node.eventd.inotify import Watch
from synnefo.node.eventd.outbox import MemoryOutbox
from synnefo.node.eventd.settings import EventdSettings

CREATE = {
    "id": 5,
    "ops": [
        {
            "input": {
                "OP_ID": "OP_INSTANCE_CREATE",
                "instance_name": "snf-1",
                "nics": [],
                "disks": [],
                "osparams": {"img_id": "a"},
                "osparams_secret": {"admin_pass": "s3cret"},
                "osparams_private": {"key": "s3cret"},
            },
            "status": "running",
            "result": None,
            "log": [[1, [12, 3], "message", "one"], [2, [13, 4], "message", "two"]],
            "start_timestamp": [10, 1],
            "exec_timestamp": [11, 2],
            "end_timestamp": None,
        }
    ],
    "received_timestamp": [9, 0],
    "end_timestamp": None,
}


def a_job(**changes: object) -> job_files.Job:
    """Answer the job with changes in its only opcode."""
    op = {**CREATE["ops"][0], **changes}  # type: ignore[index,dict-item]
    return msgspec.convert({**CREATE, "ops": [op]}, job_files.Job)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("job-12", 12),
        ("job-50-122-195.tmp", None),
        ("job-50wjd_c6ig.new", None),
        ("serial", None),
        ("xjob-1", None),
    ],
)
def test_only_job_files_are_jobs(name: str, number: int | None) -> None:
    assert job_files.number_of(name) == number


@pytest.mark.parametrize(
    ("status", "end", "moment"),
    [
        ("queued", None, (9, 0)),
        ("waiting", None, (10, 1)),
        ("canceling", None, (10, 1)),
        ("running", None, (11, 2)),
        ("success", [14, 5], (14, 5)),
        ("error", [14, 5], (14, 5)),
        ("canceled", None, (9, 0)),
    ],
)
def test_a_state_is_as_old_as_the_step_that_led_there(
    status: str, end: list[int] | None, moment: tuple[int, int]
) -> None:
    job = a_job(status=status, end_timestamp=end)
    step = job_files.step_of(job, job.ops[0])
    assert (step.status, step.event_time, step.logmsg) == (status, moment, "two")


def test_secrets_are_not_told() -> None:
    job = a_job()
    assert "s3cret" not in str(job_files.step_of(job, job.ops[0]).fields)


def test_a_watch_tells_files_that_are_moved_in_or_written_once_each(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    assert watch.wait(0.01) == []
    (tmp_path / "a.tmp").write_text("x")
    (tmp_path / "a.tmp").rename(tmp_path / "job-1")
    (tmp_path / "job-2").write_text("x")
    (tmp_path / "job-2").write_text("y")
    assert watch.wait(2) == ["a.tmp", "job-1", "job-2"]
    assert not watch.is_broken
    for file in tmp_path.iterdir():
        file.unlink()
    tmp_path.rmdir()
    watch.wait(2)
    assert watch.is_broken
    watch.close()


def test_an_outbox_keeps_order_and_drops_the_oldest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST", 3)
    box = MemoryOutbox(tmp_path / "lib" / "told")
    assert box.told_until() is None
    for number in range(5):
        box.put(Message("k", str(number).encode()))
    assert [message.body for _, message in box.waiting(10)] == [b"2", b"3", b"4"]
    box.note_quiet()
    assert box.told_until() is None
    box.sent(4)
    assert [message.body for _, message in box.waiting(10)] == [b"4"]
    box.sent(5)
    box.note_quiet()
    assert box.told_until() is not None


class Stage:
    """A folder like Ganeti's, and an eventd that watches it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "ganeti"
        self.bus = MemoryBus()
        (self.home / "queue").mkdir(parents=True)
        self.be_master(mine=True)
        (self.home / "ssconf_cluster_name").write_text("c.test\n")
        self.box = MemoryOutbox(folder / "told")
        settings = EventdSettings(
            eventd_ganeti_dir=str(self.home), eventd_query_socket=str(folder / "none")
        )
        sender = EventSender(self.box, lambda: self.bus)
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=Eventd(settings, self.box, sender).run, args=(self._stop,)
        )

    def be_master(self, *, mine: bool) -> None:
        name = os.uname().nodename if mine else "other.test"
        (self.home / "ssconf_master_node").write_text(f"{name}\n")

    def write(self, job: job_files.Job) -> None:
        scratch = self.home / "queue" / f"job-{job.id}.tmp"
        scratch.write_bytes(msgspec.json.encode(job))
        scratch.rename(self.home / "queue" / f"job-{job.id}")

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()

    def told(self, number: int, seconds: float = 5) -> list[dict[str, object]]:
        """Wait for so many messages, and a little more for one too many."""
        deadline = time.monotonic() + seconds
        while len(self.box.waiting(100)) < number and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.1)
        return [msgspec.json.decode(message.body) for _, message in self.box.waiting(100)]


def test_every_state_is_told_once_and_a_broken_file_stops_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.write(a_job(status="queued", log=[]))
    stage.start()
    stage.told(1)
    stage.write(a_job(status="queued", log=[]))
    (stage.home / "queue" / "job-9").write_text("{")
    stage.write(a_job())
    stage.write(a_job(status="success", end_timestamp=[14, 5]))
    told = stage.told(3)
    stage.end()
    assert told[0]["status"] == "queued"
    assert told[-1]["status"] == "success"
    assert {one["cluster"] for one in told} == {"c.test"}
    assert len(told) <= 3


def test_only_the_master_speaks_and_a_new_master_makes_up(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.be_master(mine=False)
    stage.start()
    stage.write(a_job(status="success", end_timestamp=[14, 5]))
    assert stage.told(1, seconds=0.3) == []
    stage.be_master(mine=True)
    assert [one["status"] for one in stage.told(1)] == ["success"]
    stage.end()
