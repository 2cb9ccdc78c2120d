"""A server from its order to its end: rows, quota, addresses, whatever goes wrong between."""

import threading
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from django.db import connections

from synnefo.cyclades.domain.guests import InjectedFile
from synnefo.cyclades.domain.server_states import State, WrongState
from synnefo.cyclades.jobs import settle
from synnefo.cyclades.models import QueuedErrand, QuotaHolderSerial, Server, Volume
from synnefo.cyclades.usecases import commissions, reconcile, server_actions, servers
from synnefo.kit import clock
from synnefo.kit.faults import (
    BadRequest,
    BuildInProgress,
    Conflict,
    Fault,
    Forbidden,
    ItemNotFound,
    OverLimit,
    ServiceUnavailable,
)
from synnefo.wire.job_events import JobEvent
from tests.support.compute import Stage, a_caller, a_cluster, a_flavor, an_image, fresh

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA = a_caller()
EVE = a_caller("eve")
GIB = 1024**3
WHOLE = {
    "cyclades.vm": 1,
    "cyclades.cpu": 1,
    "cyclades.total_cpu": 1,
    "cyclades.ram": 512 * 1024**2,
    "cyclades.total_ram": 512 * 1024**2,
    "cyclades.disk": 5 * GIB,
}
IDLE = {k: v for k, v in WHOLE.items() if k not in {"cyclades.cpu", "cyclades.ram"}}


def a_running(stage: Stage) -> Server:
    made = servers.create(ADA, stage.order()).servers[0]
    stage.run()
    return fresh(made)


class TestCreating:
    def test_a_server_is_recorded_charged_and_queued_without_asking_a_cluster(
        self, stage: Stage
    ) -> None:
        stage.world.unreachable = True
        made = servers.create(ADA, stage.order(metadata={"role": "db"}))
        server = made.servers[0]
        commissions.tell_decided()
        assert (server.state, server.task) == (State.BUILD, "BUILD")
        assert stage.quota.of("ada") == WHOLE
        assert QuotaHolderSerial.objects.filter(accept=True, resolved=True).count() == 1
        assert QueuedErrand.objects.filter(name="cyclades.submit_build").count() == 1
        volume = Volume.objects.get(server=server)
        assert (volume.size, volume.index, volume.source) == (5, 0, f"image:{stage.image}")
        assert len(made.admin_pass) == 10

    def test_it_becomes_active_when_its_job_succeeds(self, stage: Stage) -> None:
        server = a_running(stage)
        assert (server.state, server.task, server.task_job_id) == (State.STARTED, None, None)
        assert Volume.objects.get(server=server).status == "IN_USE"
        assert list(stage.world.instances) == [f"snf-{server.id}"]
        assert server.launched is not None

    def test_the_instance_is_what_was_ordered(self, stage: Stage) -> None:
        files = (InjectedFile(path="/etc/motd", contents="aGk="),)
        order = stage.order(user_data="I2Nsb3Vk", personality=files, admin_pass="Secret1234")
        server = servers.create(ADA, order).servers[0]
        stage.run_errands()
        spec = next(iter(stage.world.jobs.values())).spec
        assert spec is not None
        assert (spec.vcpus, spec.memory_mib, spec.disk_template) == (1, 512, "ext")
        disk = spec.disks[0]
        assert (disk.provider, disk.size_mib) == ("archipelago", 5 * 1024)
        assert disk.origin == server.volumes.get().origin
        assert spec.guest.admin_pass == "Secret1234"
        assert spec.guest.user_data == "I2Nsb3Vk"
        assert spec.guest.server_uuid == server.uuid

    def test_the_password_is_kept_nowhere_in_the_clear(self, stage: Stage) -> None:
        servers.create(ADA, stage.order(admin_pass="Secret1234"))
        errand = QueuedErrand.objects.get(name="cyclades.submit_build")
        assert "Secret1234" not in str(errand.arguments)
        stage.run()
        assert not QueuedErrand.objects.filter(name="cyclades.submit_build").exists()

    def test_several_at_once_are_all_or_none(self, stage: Stage) -> None:
        stage.quota.limits = {"cyclades.vm": 3}
        with pytest.raises(OverLimit):
            servers.create(ADA, stage.order(count=4))
        made = servers.create(ADA, stage.order(count=3)).servers
        assert [server.name for server in made] == ["web-1", "web-2", "web-3"]
        commissions.tell_decided()
        assert stage.quota.of("ada")["cyclades.vm"] == 3

    def test_two_hundred_at_once_against_a_quota_of_five_make_five(self, stage: Stage) -> None:
        stage.quota.limits = {"cyclades.vm": 5}
        outcomes = together(200, lambda: servers.create(ADA, stage.order()))
        assert outcomes.count("made") == 5
        assert set(outcomes) == {"made", "QuotaExceeded"}
        assert Server.objects.count() == 5
        commissions.tell_decided()
        assert stage.quota.of("ada")["cyclades.vm"] == 5
        assert not stage.quota.waiting

    def test_what_is_not_yours_is_not_found(self, stage: Stage) -> None:
        hidden = a_flavor(cpu=2, public=False)
        foreign = an_image(stage.shelf, owner="eve", image="99999999-2222-4333-8444-555555555555")
        for change in (
            {"flavor": str(hidden.id)},
            {"flavor": "no-such"},
            {"image": foreign},
            {"key_names": ("laptop",)},
        ):
            with pytest.raises(ItemNotFound):
                servers.create(ADA, stage.order(**change))
        assert not Server.objects.exists()
        assert not stage.quota.used

    def test_a_flavor_closed_for_new_servers_is_forbidden(self, stage: Stage) -> None:
        closed = a_flavor(cpu=4, allow_create=False)
        with pytest.raises(Forbidden):
            servers.create(ADA, stage.order(flavor=str(closed.id)))

    def test_bad_orders_are_refused_before_anything_is_charged(self, stage: Stage) -> None:
        bad: list[dict[str, object]] = [
            {"name": " "},
            {"image": None},
            {"admin_pass": "short"},
            {"user_data": "%%%"},
            {"tags": ("a/b",)},
        ]
        for change in bad:
            with pytest.raises(BadRequest):
                servers.create(ADA, stage.order(**change))
        assert not stage.quota.used

    def test_without_a_usable_cluster_it_is_unavailable(self, stage: Stage) -> None:
        stage.cluster.drained = True
        stage.cluster.save()
        with pytest.raises(ServiceUnavailable):
            servers.create(ADA, stage.order())
        assert not stage.quota.used


class TestFailing:
    def test_a_cluster_that_refuses_makes_an_error_with_its_reason(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        stage.world.refusal = "No space left on any node"
        stage.run()
        server = fresh(made)
        assert server.state is State.ERROR
        assert server.task is None
        assert server.fault["message"] == "No space left on any node"
        assert stage.quota.of("ada") == WHOLE

    def test_a_failed_job_makes_an_error_with_its_reason(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        stage.world.doomed[f"snf-{made.id}"] = "qemu-system-x86_64: no such disk"
        stage.run()
        server = fresh(made)
        assert server.state is State.ERROR
        assert server.fault["message"] == "qemu-system-x86_64: no such disk"
        server_actions.destroy(ADA, str(server.id))
        stage.run()
        assert fresh(server).deleted
        assert stage.quota.of("ada") == {}

    def test_a_cluster_that_sleeps_is_tried_again(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        stage.world.unreachable = True
        stage.run_errands()
        assert fresh(made).state is State.BUILD
        stage.world.unreachable = False
        QueuedErrand.objects.update(ready_at=clock.now())
        stage.run()
        assert fresh(made).state is State.STARTED

    def test_submitting_twice_makes_one_instance(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        stage.run_errands()
        Server.objects.update(task_job_id=None)
        errand = {"server_id": made.id, "secret": ""}
        from synnefo.cyclades.jobs.submit import submit_build

        submit_build(**errand)
        assert len(stage.world.jobs) == 1
        assert fresh(made).task_job_id == 1


class TestEvents:
    def test_an_event_quicker_than_the_jobs_number_is_adopted(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        stage.run_errands()
        Server.objects.update(task_job_id=None, backendjobid=None)
        (event,) = stage.world.run_jobs()
        stage.tell(event)
        assert fresh(made).state is State.STARTED
        assert fresh(made).task is None

    def test_doubled_and_late_events_change_nothing(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        first = stage.run()
        server_actions.stop(ADA, str(made.id))
        second = stage.run()
        before = stage.quota.of("ada")
        for event in [*first, *second, *first]:
            stage.tell(event)
            stage.tell(msgspec.structs.replace(event, status="running"))
        assert fresh(made).state is State.STOPPED
        assert stage.quota.of("ada") == before == IDLE

    def test_events_of_strangers_are_dropped(self, stage: Stage) -> None:
        a_running(stage)
        event = JobEvent(
            type="ganeti-op-status",
            operation="OP_INSTANCE_REMOVE",
            status="success",
            cluster="x",
            job_id=99,
            event_time=(2_000_000_000, 0),
            instance="other-1",
        )
        for name in ("other-1", "snf-abc", "snf-999999"):
            stage.tell(msgspec.structs.replace(event, instance=name))
        assert Server.objects.get().state is State.STARTED

    def test_a_job_that_is_awaited_is_believed_after_the_clock_was_set_back(
        self, stage: Stage
    ) -> None:
        server = a_running(stage)
        ahead = clock.now() + timedelta(hours=1)
        Server.objects.update(backendtime=ahead)
        server_actions.stop(ADA, str(server.id))
        stage.run()
        assert fresh(server).state is State.STOPPED


class TestActing:
    def test_stop_and_start_move_the_quota_of_running_servers(self, stage: Stage) -> None:
        server = a_running(stage)
        server_actions.stop(ADA, str(server.id))
        assert fresh(server).task == "STOP"
        stage.run()
        assert fresh(server).state is State.STOPPED
        assert stage.quota.of("ada") == IDLE
        server_actions.start(ADA, str(server.id))
        stage.run()
        assert fresh(server).state is State.STARTED
        assert stage.quota.of("ada") == WHOLE
        assert not stage.quota.waiting

    def test_starting_over_quota_is_refused(self, stage: Stage) -> None:
        server = a_running(stage)
        server_actions.stop(ADA, str(server.id))
        stage.run()
        stage.quota.limits = {"cyclades.cpu": 0}
        with pytest.raises(OverLimit):
            server_actions.start(ADA, str(server.id))
        assert fresh(server).task is None

    def test_an_action_that_fails_gives_its_promise_back(self, stage: Stage) -> None:
        server = a_running(stage)
        server_actions.stop(ADA, str(server.id))
        stage.run()
        stage.world.instances.clear()
        server_actions.start(ADA, str(server.id))
        stage.run()
        told = fresh(server)
        assert (told.state, told.task) == (State.STOPPED, None)
        assert "not known" in told.fault["message"]
        assert stage.quota.of("ada") == IDLE
        assert not stage.quota.waiting

    def test_a_refused_action_gives_its_promise_back(self, stage: Stage) -> None:
        server = a_running(stage)
        server_actions.stop(ADA, str(server.id))
        stage.run()
        server_actions.start(ADA, str(server.id))
        stage.world.refusal = "The queue is closed for maintenance"
        stage.run()
        assert fresh(server).task is None
        assert stage.quota.of("ada") == IDLE
        assert not stage.quota.waiting

    def test_a_busy_or_wrong_state_is_refused(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        with pytest.raises(BuildInProgress):
            server_actions.stop(ADA, str(made.id))
        stage.run()
        with pytest.raises(WrongState):
            server_actions.start(ADA, str(made.id))
        server_actions.reboot(ADA, str(made.id))
        with pytest.raises(WrongState):
            server_actions.stop(ADA, str(made.id))
        stage.run()
        assert fresh(made).task is None

    def test_resizing_charges_the_difference(self, stage: Stage) -> None:
        server = a_running(stage)
        larger = a_flavor(cpu=2, ram=1024)
        other_disk = a_flavor(cpu=2, ram=1024, disk=9)
        server_actions.stop(ADA, str(server.id))
        stage.run()
        with pytest.raises(WrongState):
            server_actions.resize(ADA, str(server.id), str(other_disk.id))
        server_actions.resize(ADA, str(server.id), str(larger.id))
        stage.run()
        assert fresh(server).flavor_id == larger.id
        assert stage.quota.of("ada")["cyclades.total_cpu"] == 2

    def test_somebody_elses_server_is_not_found(self, stage: Stage) -> None:
        server = a_running(stage)
        acts: list[Callable[[], object]] = [
            lambda: servers.show(EVE, str(server.id)),
            lambda: server_actions.stop(EVE, str(server.id)),
            lambda: server_actions.destroy(EVE, str(server.id)),
            lambda: servers.rename(EVE, str(server.id), name="mine"),
            lambda: servers.change_metadata(EVE, str(server.id), {"a": "b"}),
        ]
        for act in acts:
            with pytest.raises(ItemNotFound):
                act()
        assert list(servers.visible(EVE)) == []

    def test_a_locked_server_is_left_alone(self, stage: Stage) -> None:
        server = a_running(stage)
        servers.set_lock(ADA, str(server.id), "careful")
        with pytest.raises(Conflict):
            server_actions.stop(ADA, str(server.id))
        servers.set_lock(ADA, str(server.id), None)
        server_actions.stop(ADA, str(server.id))


class TestDestroying:
    def test_everything_is_given_back_once(self, stage: Stage) -> None:
        server = a_running(stage)
        server_actions.destroy(ADA, str(server.id))
        server_actions.destroy(ADA, str(server.id))
        events = stage.run()
        for event in events:
            stage.tell(event)
        assert fresh(server).deleted
        assert stage.quota.of("ada") == {}
        assert not stage.world.instances
        assert Volume.objects.get().deleted

    def test_the_older_dialect_does_not_delete_what_is_being_built(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        with pytest.raises(BuildInProgress):
            server_actions.destroy(ADA, str(made.id))

    def test_deleting_while_building_waits_for_the_build(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        stage.run_errands()
        server_actions.destroy(ADA, str(made.id), while_building=True)
        stage.run()
        assert fresh(made).deleted
        assert not stage.world.instances
        assert stage.quota.of("ada") == {}

    def test_deleting_before_any_cluster_was_asked_needs_none(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        server_actions.destroy(ADA, str(made.id), while_building=True)
        stage.world.unreachable = True
        stage.run_errands()
        assert fresh(made).deleted
        assert stage.quota.of("ada") == {}

    def test_a_server_that_was_refused_goes_at_once(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        stage.world.refusal = "No"
        stage.run_errands()
        stage.world.refusal = ""
        server_actions.destroy(ADA, str(made.id))
        stage.run()
        assert fresh(made).deleted
        assert stage.quota.of("ada") == {}

    def test_deleting_waits_while_a_cluster_may_be_hearing_of_the_build(
        self, stage: Stage
    ) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        stage.world.unreachable = True
        stage.run_errands()
        server_actions.destroy(ADA, str(made.id), while_building=True)
        stage.world.unreachable = False
        stage.run_errands()
        assert not fresh(made).deleted
        assert not stage.world.jobs
        Server.objects.update(build_asked=clock.now() - timedelta(minutes=5))
        QueuedErrand.objects.update(ready_at=clock.now())
        stage.run()
        assert fresh(made).deleted

    def test_an_instance_that_is_gone_already_counts_as_removed(self, stage: Stage) -> None:
        server = a_running(stage)
        stage.world.instances.clear()
        server_actions.destroy(ADA, str(server.id))
        stage.run()
        assert fresh(server).deleted
        assert stage.quota.of("ada") == {}


class TestSettling:
    def test_a_machine_that_died_is_noticed_and_its_quota_freed(self, stage: Stage) -> None:
        server = a_running(stage)
        name = f"snf-{server.id}"
        facts = stage.world.instances[name]
        stage.world.instances[name] = msgspec.structs.replace(facts, running=False)
        reconcile.settle(stage.cluster)
        assert fresh(server).state is State.STOPPED
        assert stage.quota.of("ada") == IDLE
        told = server.events.get(action="stop")
        assert "without being asked" in str(told.message)

    def test_lost_events_are_made_up_for(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        stage.run_errands()
        stage.world.run_jobs()
        _age(made)
        reconcile.settle(stage.cluster)
        assert fresh(made).state is State.STARTED

    def test_a_lost_job_of_a_build_is_an_error(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        stage.run_errands()
        stage.world.jobs.clear()
        _age(made)
        reconcile.settle(stage.cluster)
        assert fresh(made).state is State.ERROR
        assert fresh(made).task is None

    def test_a_removed_instance_is_buried(self, stage: Stage) -> None:
        server = a_running(stage)
        stage.world.instances.clear()
        reconcile.settle(stage.cluster)
        assert fresh(server).deleted
        assert stage.quota.of("ada") == {}

    def test_the_instance_of_a_deleted_server_is_removed(self, stage: Stage) -> None:
        server = a_running(stage)
        kept = dict(stage.world.instances)
        server_actions.destroy(ADA, str(server.id))
        stage.run()
        stage.world.instances.update(kept)
        Server.objects.update(terminated=clock.now() - timedelta(minutes=5))
        reconcile.settle(stage.cluster)
        stage.world.run_jobs()
        assert not stage.world.instances

    def test_a_strangers_instance_is_left_alone(self, stage: Stage) -> None:
        server = a_running(stage)
        facts = stage.world.instances[f"snf-{server.id}"]
        stage.world.instances["snf-777"] = msgspec.structs.replace(facts, name="snf-777")
        reconcile.settle(stage.cluster)
        assert "snf-777" in stage.world.instances
        assert not stage.world.queued()

    def test_a_quiet_world_changes_nothing(self, stage: Stage) -> None:
        a_running(stage)
        assert reconcile.settle(stage.cluster) == []

    def test_a_task_whose_errand_is_gone_is_given_up(self, stage: Stage) -> None:
        made = servers.create(ADA, stage.order()).servers[0]
        QueuedErrand.objects.all().delete()
        _age(made)
        for server in reconcile.abandoned(patience=timedelta(seconds=1)):
            reconcile.give_up(server)
        assert fresh(made).state is State.ERROR


def test_a_promise_rejected_meanwhile_is_made_anew_when_the_job_ends(stage: Stage) -> None:
    server = a_running(stage)
    server_actions.stop(ADA, str(server.id))
    stage.run()
    server_actions.start(ADA, str(server.id))
    QuotaHolderSerial.objects.filter(pending=True).update(
        issued=clock.now() - timedelta(minutes=5)
    )
    settle.settle_quota()
    assert not stage.quota.waiting
    stage.run()
    assert fresh(server).state is State.STARTED
    assert stage.quota.of("ada") == WHOLE


def test_news_wait_while_the_quota_service_cannot_take_them(stage: Stage) -> None:
    server = a_running(stage)
    server_actions.destroy(ADA, str(server.id))
    stage.run_errands()
    (event,) = stage.world.run_jobs()
    stage.quota.refuses = True
    with pytest.raises(ServiceUnavailable):
        stage.tell(event)
    _age(server)
    reconcile.settle(stage.cluster)
    assert not fresh(server).deleted
    stage.quota.refuses = False
    stage.tell(event)
    assert fresh(server).deleted
    assert stage.quota.of("ada") == {}


def test_a_second_cluster_shares_the_load(stage: Stage) -> None:
    a_cluster("second.example.org")
    made = [servers.create(ADA, stage.order()).servers[0] for _ in range(4)]
    assert {server.cluster_id for server in made} == set(
        type(stage.cluster).objects.values_list("id", flat=True)
    )


def _age(server: Server) -> None:
    long_ago = clock.now() - timedelta(minutes=5)
    Server.objects.filter(id=server.id).update(task_since=long_ago, updated=long_ago)


def together(count: int, act: Callable[[], object]) -> list[str]:
    """Do something from many threads at once; answer how each came out."""
    found: list[str] = []
    gate = threading.Barrier(20)

    def many() -> None:
        gate.wait()
        for _ in range(count // 20):
            try:
                act()
            except Fault as fault:
                found.append(type(fault).__name__)
            else:
                found.append("made")
        connections.close_all()

    threads = [threading.Thread(target=many) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
