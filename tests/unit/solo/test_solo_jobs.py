"""The job queue: order, dependencies, cancelling, waiting, and life after a death."""

import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from synnefo.node.solo.opcodes import InstanceStartup
from synnefo.node.solo.records import Job
from synnefo.node.solo.watch import Watch
from tests.unit.solo.solo_house import SoloCluster, an_instance, solo_cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[SoloCluster]:
    with solo_cluster(tmp_path) as running:
        yield running


def test_a_job_moves_through_every_status_and_each_is_told(cluster: SoloCluster) -> None:
    job = cluster.run("POST", "/2/instances", an_instance())
    assert job["status"] == "success"
    assert job["opresult"] == [["node1"]]
    assert job["summary"] == ["INSTANCE_CREATE(snf-1)"]
    statuses = [event.status for event in cluster.events()]
    assert statuses == ["queued", "waiting", "running", "success"]
    times = [event.event_time for event in cluster.events()]
    assert times == sorted(times)


def test_a_job_waits_for_its_dependencies(tmp_path: Path) -> None:
    with solo_cluster(tmp_path, delay=0.05) as cluster:
        first = cluster.ask("POST", "/2/instances", an_instance("snf-1"))
        second = cluster.ask(
            "POST", "/2/instances", an_instance("snf-2", depends=[[first, ["success"]]])
        )
        assert cluster.done(second)["status"] == "success"
        begun, ended = cluster.done(second)["start_ts"], cluster.done(first)["end_ts"]
        assert begun >= ended


def test_a_job_fails_when_its_dependency_did_not_end_as_it_should(cluster: SoloCluster) -> None:
    first = cluster.ask("PUT", "/2/instances/snf-9/startup", {})
    wish = an_instance(depends=[[first, ["success"]]])
    job = cluster.run("POST", "/2/instances", wish)
    assert job["status"] == "error"
    assert "not one of success" in job["opresult"][0][1][0]
    either = an_instance(depends=[[first, ["success", "error", "canceled"]]])
    assert cluster.run("POST", "/2/instances", either)["status"] == "success"


def test_a_waiting_job_can_be_canceled_and_a_finished_one_cannot(tmp_path: Path) -> None:
    cluster = SoloCluster(tmp_path)
    number = cluster.ask("POST", "/2/instances", an_instance())
    assert cluster.ask("DELETE", f"/2/jobs/{number}")[0] is True
    assert cluster.ask("GET", f"/2/jobs/{number}")["status"] == "canceled"
    refused = cluster.ask("DELETE", f"/2/jobs/{number}")
    assert refused == [False, f"Job {number} no longer waiting, can't cancel"]
    assert cluster.ask("DELETE", "/2/jobs/999") == [False, "Job 999 not found in queue"]
    cluster.close()


def test_an_unknown_job_is_all_null(cluster: SoloCluster) -> None:
    job = cluster.ask("GET", "/2/jobs/999")
    assert job.pop("id") == 999
    assert set(job.values()) == {None}


def test_waiting_answers_when_a_job_changes(cluster: SoloCluster) -> None:
    number = cluster.ask("POST", "/2/instances", an_instance())
    seen: list[list[str]] = []
    while not seen or seen[-1] != ["success"]:
        wish = {"fields": ["status"], "previous_job_info": seen[-1] if seen else None}
        seen.append(cluster.ask("GET", f"/2/jobs/{number}/wait", wish)["job_info"])
    assert seen[-1] == ["success"]
    whole = cluster.ask(
        "GET",
        f"/2/jobs/{number}/wait",
        {"fields": ["status", "opstatus"], "previous_job_info": None, "previous_log_serial": None},
    )
    assert whole["job_info"] == ["success", ["success"]]
    assert [entry[0] for entry in whole["log_entries"]] == [1, 2, 3]


def test_jobs_of_one_instance_run_in_their_order(tmp_path: Path) -> None:
    with solo_cluster(tmp_path, delay=0.01) as cluster:
        cluster.run("POST", "/2/instances", an_instance())
        numbers = []
        for _ in range(3):
            numbers.append(cluster.ask("PUT", "/2/instances/snf-1/shutdown", {"timeout": 0}))
            numbers.append(cluster.ask("PUT", "/2/instances/snf-1/startup", {}))
        jobs = [cluster.done(number) for number in numbers]
        for before, after in itertools.pairwise(jobs):
            assert before["end_ts"] <= after["start_ts"]
        assert cluster.ask("GET", "/2/instances/snf-1")["status"] == "running"


def test_jobs_of_different_instances_run_at_once(tmp_path: Path) -> None:
    with solo_cluster(tmp_path, delay=0.2) as cluster:
        numbers = [
            cluster.ask("POST", "/2/instances", an_instance(f"snf-{number}"))
            for number in range(4)
        ]
        jobs = [cluster.done(number) for number in numbers]
        assert max(job["start_ts"] for job in jobs) < min(job["end_ts"] for job in jobs)


def test_jobs_left_by_a_dead_process_are_done_by_the_next(tmp_path: Path) -> None:
    dead = SoloCluster(tmp_path)
    number = dead.ask("POST", "/2/instances", an_instance())
    dead.ledger.close()
    with solo_cluster(tmp_path) as cluster:
        assert cluster.done(number)["status"] == "success"


def test_a_job_that_was_running_is_begun_again_and_adds_nothing_twice(tmp_path: Path) -> None:
    """The process dies after the work is done and before the job is written as finished."""
    with solo_cluster(tmp_path) as first:
        wish = {"disks": [["add", {"name": "snf-vol-2", "size": 8, "provider": "x"}]]}
        first.run("POST", "/2/instances", an_instance())
        numbers = [
            1,
            first.run("PUT", "/2/instances/snf-1/modify", {**wish, "hotplug": True})["id"],
        ]
        for number in numbers:
            job = first.ledger.job(number)
            assert job is not None
            job.ops[0].status = "running"
            first.ledger.put_job(job)
    with solo_cluster(tmp_path) as cluster:
        assert [cluster.done(number)["status"] for number in numbers] == ["success", "success"]
        instances = cluster.ask("GET", "/2/instances?bulk=1")
        assert [one["disk.names"] for one in instances] == [["snf-vol-1", "snf-vol-2"]]


def test_secrets_are_nowhere_once_a_job_is_over(tmp_path: Path) -> None:
    wish = an_instance(osparams_secret={"admin_pass": "hunter2-hunter2"})
    with solo_cluster(tmp_path) as cluster:
        job = cluster.run("POST", "/2/instances", wish)
        assert job["ops"][0]["osparams_secret"] == {"admin_pass": None}
        assert cluster.ledger.secrets_of(job["id"]) == {}
        assert b"hunter2" not in b"".join(m.body for _, m in cluster.ledger.waiting(100))
        stored = cluster.ledger.job(job["id"])
        assert b"hunter2" not in msgspec.json.encode(stored)


def test_an_observed_change_gives_way_to_a_job_that_is_waiting(tmp_path: Path) -> None:
    cluster = SoloCluster(tmp_path)
    wish = InstanceStartup(instance_name="snf-1")
    assert cluster.queue.submit_if_idle("instance/snf-1", wish) is not None
    assert cluster.queue.submit_if_idle("instance/snf-1", wish) is None
    cluster.close()


def test_times_only_grow_even_when_the_clock_was_set_back(tmp_path: Path) -> None:
    with solo_cluster(tmp_path) as cluster:
        cluster.run("POST", "/2/instances", an_instance())
        job = cluster.ledger.job(1)
        assert job is not None
        seconds, micros = job.received_timestamp
        job.end_timestamp = (seconds + 2, micros)
        cluster.ledger.put_job(job)
    with solo_cluster(tmp_path) as cluster:
        cluster.run("PUT", "/2/instances/snf-1/shutdown", {"timeout": 0})
        times = [event.event_time for event in cluster.events()]
        assert times[4] > (seconds + 2, micros)
        assert times == sorted(set(times))


def test_a_full_disk_delays_a_job_and_does_not_lose_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = SoloCluster(tmp_path)
    number = cluster.ask("POST", "/2/instances", an_instance())
    original, failures = cluster.ledger.put_job, iter(range(2))

    def put_job(job: Job) -> None:
        if next(failures, None) is not None:
            raise sqlite3.OperationalError("database or disk is full")
        original(job)

    monkeypatch.setattr(cluster.ledger, "put_job", put_job)
    cluster.queue.start()
    assert cluster.done(number)["status"] == "success"
    cluster.close()


def test_a_machine_that_does_not_come_back_from_a_reboot_is_told_as_off(tmp_path: Path) -> None:
    failures: dict[str, str] = {}
    with solo_cluster(tmp_path, failures=failures) as cluster:
        cluster.run("POST", "/2/instances", an_instance())
        failures["snf-1"] = "no such accelerator"
        job = cluster.run("POST", "/2/instances/snf-1/reboot", {"type": "hard"})
        assert job["status"] == "error"
        watch = Watch(cluster.house, cluster.queue, each_round=lambda: None)
        watch.start()
        assert cluster.done(job["id"] + 1)["summary"] == ["INSTANCE_SHUTDOWN(snf-1)"]
        watch.stop()
        assert cluster.ask("GET", "/2/instances/snf-1")["status"] == "ADMIN_down"


def test_machines_come_back_after_the_host_was_rebooted(tmp_path: Path) -> None:
    with solo_cluster(tmp_path) as cluster:
        cluster.run("POST", "/2/instances", an_instance())
        cluster.ledger.put_fact("boot_id", "an earlier one")
        cluster.machines.forget("snf-1")
        watch = Watch(cluster.house, cluster.queue, each_round=lambda: None)
        watch.start()
        watch.stop()
        assert cluster.done(2)["summary"] == ["INSTANCE_STARTUP(snf-1)"]
        assert cluster.ask("GET", "/2/instances/snf-1")["status"] == "running"
