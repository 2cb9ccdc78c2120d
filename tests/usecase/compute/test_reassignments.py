"""Servers and volumes move to another project: its quota, nobody else's, at once or not at all."""

from collections.abc import Callable

import pytest

from synnefo.cyclades.domain.costs import CPU, DISK, RAM, TOTAL_CPU, TOTAL_RAM, VM
from synnefo.cyclades.domain.server_states import Task, WrongState
from synnefo.cyclades.jobs import volumes as volume_jobs
from synnefo.cyclades.models import FlavorAccess, ProjectCluster, Server, Volume
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.usecases import (
    owners,
    reassignments,
    server_actions,
    servers,
    volume_plugs,
    volumes,
)
from synnefo.cyclades.usecases.volumes import VolumeOrder
from synnefo.kit import conf
from synnefo.kit.faults import (
    BadRequest,
    BuildInProgress,
    Conflict,
    Fault,
    Forbidden,
    ItemNotFound,
    OverLimit,
)
from synnefo.kit.units import GIB, MIB
from synnefo.serve.http import Caller
from tests.support.compute import Stage, a_caller, fresh
from tests.support.networks import together

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)
assert volume_jobs

ADA, EVE, ROOT = a_caller(), a_caller("eve"), a_caller("root", admin=True)
STOPPED = {VM: 1, TOTAL_CPU: 1, TOTAL_RAM: 512 * MIB, DISK: 5 * GIB}
RUNNING = {**STOPPED, CPU: 1, RAM: 512 * MIB}


def held(stage: Stage, project: str) -> dict[str, int]:
    """Tell what a project holds, the same as its one member, with nothing promised."""
    assert stage.quota.waiting == {}
    of_project = stage.quota.service_get_project_quotas([project]).get(project, {})
    of_ada = stage.quota.service_get_quotas(["ada"], [project]).get("ada", {}).get(project, {})
    usages = {name: one.project_usage for name, one in of_project.items() if one.project_usage}
    assert usages == {name: one.usage for name, one in of_ada.items() if one.usage}
    return {name: usage or 0 for name, usage in usages.items()}


def a_server(stage: Stage) -> Server:
    made = servers.create(ADA, stage.order()).servers[0]
    stage.run()
    return fresh(made)


def a_volume(stage: Stage, server: Server | None = None) -> Volume:
    volume = volumes.create(ADA, VolumeOrder(size=10))
    if server is not None:
        volume_plugs.attach(ADA, str(server.id), str(volume.id))
        stage.run()
    return Volume.objects.get(id=volume.id)


def move(
    server: Server, project: str = "lab", *, by: Caller = ADA, shared: bool = False
) -> Server:
    return reassignments.move_server(by, str(server.id), project=project, shared_to_project=shared)


def carry(
    volume: Volume, project: str = "lab", *, by: Caller = ADA, shared: bool = False
) -> Volume:
    return reassignments.move_volume(by, str(volume.id), project=project, shared_to_project=shared)


def refused(kind: type[Fault], act: Callable[[], object]) -> str:
    with pytest.raises(kind) as told:
        act()
    return told.value.message


def meanwhile(stage: Stage, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something right before the next promise is asked for."""
    issue, rivals = stage.quota.issue_commission, [act]

    def slowly(*args: object, **more: object) -> int:
        if rivals:
            rivals.pop()()
        return issue(*args, **more)  # type: ignore[arg-type] # handed through

    monkeypatch.setattr(stage.quota, "issue_commission", slowly)


class TestServers:
    def test_all_of_a_running_server_is_charged_to_the_other_project(self, stage: Stage) -> None:
        server = a_server(stage)
        assert held(stage, "ada") == RUNNING
        assert move(server).project == "lab"
        assert (held(stage, "ada"), held(stage, "lab")) == ({}, RUNNING)
        assert fresh(server).volumes.get().project == "lab"
        assert server.events.get(action="reassign").result == "Success"

    def test_a_stopped_one_takes_along_what_it_holds_and_starts_over_there(
        self, stage: Stage
    ) -> None:
        server = a_server(stage)
        server_actions.stop(ADA, str(server.id))
        stage.run()
        move(server)
        assert (held(stage, "ada"), held(stage, "lab")) == ({}, STOPPED)
        server_actions.start(ADA, str(server.id))
        stage.run()
        assert (held(stage, "ada"), held(stage, "lab")) == ({}, RUNNING)
        server_actions.destroy(ADA, str(server.id))
        stage.run()
        assert (held(stage, "ada"), held(stage, "lab")) == ({}, {})

    def test_other_volumes_stay_and_go_back_to_where_they_were_paid(self, stage: Stage) -> None:
        server = a_server(stage)
        data = a_volume(stage, server)
        move(server)
        assert (held(stage, "ada"), held(stage, "lab")) == ({DISK: 10 * GIB}, RUNNING)
        data.refresh_from_db()
        assert data.project == "ada"
        server_actions.destroy(ADA, str(server.id))
        stage.run()
        assert (held(stage, "ada"), held(stage, "lab")) == ({}, {})

    def test_a_new_owner_takes_over_volumes_from_both_projects(self, stage: Stage) -> None:
        server = a_server(stage)
        a_volume(stage, server)
        move(server)
        owners.hand_over(str(server.id), "eve")
        assert (held(stage, "ada"), held(stage, "lab")) == ({}, {})
        assert stage.quota.of("eve") == {**RUNNING, DISK: 15 * GIB}

    def test_over_the_limit_nothing_changes(self, stage: Stage) -> None:
        server = a_server(stage)
        stage.quota.limits = {TOTAL_RAM: 512 * MIB}
        refused(OverLimit, lambda: move(server))
        assert (held(stage, "ada"), held(stage, "lab")) == (RUNNING, {})
        assert (fresh(server).project, fresh(server).volumes.get().project) == ("ada", "ada")
        assert not server.events.filter(action="reassign").exists()

    def test_only_its_owner_or_an_administrator_moves_it(self, stage: Stage) -> None:
        server = a_server(stage)
        refused(ItemNotFound, lambda: move(server, by=EVE))
        Server.objects.filter(id=server.id).update(shared_to_project=True)
        member = Caller(user_id="eve", user_name="eve", project_id="ada", token="e")
        refused(Forbidden, lambda: move(server, by=member))
        assert held(stage, "lab") == {}
        assert move(server, by=ROOT).project == "lab"
        assert held(stage, "lab") == RUNNING

    def test_nobody_moves_it_to_a_project_without_the_owner(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = a_server(stage)

        def unknown(*_args: object, **_more: object) -> int:
            raise ItemNotFound("There is no holding of cyclades.vm for ada.")

        monkeypatch.setattr(stage.quota, "issue_commission", unknown)
        assert "no member" in refused(BadRequest, lambda: move(server))
        assert (fresh(server).project, held(stage, "ada")) == ("ada", RUNNING)

    def test_a_busy_one_stays(self, stage: Stage) -> None:
        server = servers.create(ADA, stage.order()).servers[0]
        refused(BuildInProgress, lambda: move(server))
        stage.run()
        for task in (Task.STOP, Task.DESTROY, Task.ATTACH_VOLUME):
            Server.objects.filter(id=server.id).update(task=task)
            refused(WrongState, lambda: move(server))
        Server.objects.filter(id=server.id).update(task=None)
        server.volumes.update(status="EXTENDING")
        refused(WrongState, lambda: move(server))
        assert (fresh(server).project, held(stage, "lab")) == ("ada", {})

    def test_it_moves_in_every_state_but_not_deleted_suspended_or_locked(
        self, stage: Stage
    ) -> None:
        server = a_server(stage)
        Server.objects.filter(id=server.id).update(operstate="ERROR")
        move(server)
        Server.objects.filter(id=server.id).update(suspended=True)
        refused(Forbidden, lambda: move(server, "ada"))
        assert move(server, "ada", by=ROOT).project == "ada"
        Server.objects.filter(id=server.id).update(suspended=False, locked="mine")
        refused(Conflict, lambda: move(server))
        Server.objects.filter(id=server.id).update(locked=None, deleted=True)
        refused(BadRequest, lambda: move(server))
        assert held(stage, "ada") == RUNNING

    def test_the_other_project_must_be_let_to_the_flavor_and_to_the_cluster(
        self, stage: Stage
    ) -> None:
        server = a_server(stage)
        stage.flavor.public = False
        stage.flavor.save()
        assert "flavor" in refused(Forbidden, lambda: move(server))
        FlavorAccess.objects.create(flavor=stage.flavor, project="lab")
        stage.cluster.public = False
        stage.cluster.save()
        assert "cluster" in refused(Forbidden, lambda: move(server))
        ProjectCluster.objects.create(cluster=stage.cluster, project="lab")
        assert held(stage, "lab") == {}
        assert move(server).project == "lab"

    def test_within_its_project_only_the_sharing_changes(self, stage: Stage) -> None:
        server = a_server(stage)
        refused(Forbidden, lambda: move(server, "ada", shared=True))
        with conf.override(NetworkSettings, cyclades_shared_resources_enabled=True):
            assert move(server, "ada", shared=True).shared_to_project
        assert fresh(server).volumes.get().shared_to_project
        assert held(stage, "ada") == RUNNING
        assert not move(server, "ada").shared_to_project
        assert not fresh(server).volumes.get().shared_to_project


class TestAtOnce:
    def test_of_two_moves_in_the_same_moment_one_comes_too_late(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = a_server(stage)
        meanwhile(stage, monkeypatch, lambda: move(server, "studio"))
        refused(Conflict, lambda: move(server))
        assert fresh(server).project == "studio"
        assert (held(stage, "ada"), held(stage, "lab")) == ({}, {})
        assert held(stage, "studio") == RUNNING

    def test_many_moves_at_once_charge_one_project(self, stage: Stage) -> None:
        server, names = a_server(stage), [f"p{number}" for number in range(6)]
        outcomes = together(6, lambda number: move(server, names[number]))
        assert set(outcomes) <= {"made", "Conflict"}
        assert "made" in outcomes
        project = fresh(server).project
        assert {name: held(stage, name) for name in ("ada", *names) if held(stage, name)} == {
            project: RUNNING
        }

    def test_a_start_meanwhile_is_charged_where_the_server_is_then(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = a_server(stage)
        server_actions.stop(ADA, str(server.id))
        stage.run()
        meanwhile(stage, monkeypatch, lambda: move(server))
        refused(WrongState, lambda: server_actions.start(ADA, str(server.id)))
        assert (held(stage, "ada"), held(stage, "lab")) == ({}, STOPPED)


class TestVolumes:
    def test_one_of_no_server_is_charged_to_the_other_project(self, stage: Stage) -> None:
        volume = a_volume(stage)
        assert carry(volume).project == "lab"
        assert (held(stage, "ada"), held(stage, "lab")) == ({}, {DISK: 10 * GIB})
        volume_plugs.delete(ADA, str(volume.id))
        stage.run_errands()
        assert held(stage, "lab") == {}

    def test_an_attached_one_moves_alone_and_the_boot_disk_does_not(self, stage: Stage) -> None:
        server = a_server(stage)
        data = a_volume(stage, server)
        carry(data)
        assert (held(stage, "ada"), held(stage, "lab")) == (RUNNING, {DISK: 10 * GIB})
        assert "Move the server" in refused(Conflict, lambda: carry(server.volumes.get(index=0)))
        server_actions.destroy(ADA, str(server.id))
        stage.run()
        assert (held(stage, "ada"), held(stage, "lab")) == ({}, {})

    def test_over_the_limit_nothing_changes(self, stage: Stage) -> None:
        volume = a_volume(stage)
        stage.quota.limits = {DISK: 12 * GIB}
        refused(OverLimit, lambda: carry(volume))
        volume.refresh_from_db()
        assert (volume.project, held(stage, "ada")) == ("ada", {DISK: 10 * GIB})

    def test_strangers_members_and_busy_ones_are_refused(self, stage: Stage) -> None:
        server = a_server(stage)
        data = a_volume(stage, server)
        refused(ItemNotFound, lambda: carry(data, by=EVE))
        Volume.objects.filter(id=data.id).update(shared_to_project=True)
        member = Caller(user_id="eve", user_name="eve", project_id="ada", token="e")
        refused(Forbidden, lambda: carry(data, by=member))
        refused(Forbidden, lambda: carry(data, shared=True))
        Server.objects.filter(id=server.id).update(task=Task.DETACH_VOLUME)
        refused(WrongState, lambda: carry(data))
        Server.objects.filter(id=server.id).update(task=None)
        Volume.objects.filter(id=data.id).update(status="EXTENDING")
        refused(BadRequest, lambda: carry(data))
        assert held(stage, "lab") == {}

    def test_of_two_moves_in_the_same_moment_one_comes_too_late(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        volume = a_volume(stage)
        meanwhile(stage, monkeypatch, lambda: carry(volume, "studio"))
        refused(Conflict, lambda: carry(volume))
        assert (held(stage, "ada"), held(stage, "lab")) == ({}, {})
        assert held(stage, "studio") == {DISK: 10 * GIB}
