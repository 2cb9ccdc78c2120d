"""What operators do with servers, flavors, volumes and numbers. Spec: compute 16."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command

from synnefo.cyclades.domain.server_states import State
from synnefo.cyclades.engines import choose
from synnefo.cyclades.engines.simulated import World
from synnefo.cyclades.jobs import volumes as volume_jobs
from synnefo.cyclades.models import (
    FlavorAccess,
    ProjectCluster,
    QueuedErrand,
    Server,
    Volume,
    VolumeType,
)
from synnefo.cyclades.usecases import servers
from synnefo.kit import clock
from synnefo.kit.units import GIB
from tests.support.compute import Stage, a_caller, a_cluster, a_flavor, fresh

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA = a_caller()
JOBS = (volume_jobs,)


def run(name: str, *words: str) -> str:
    out = io.StringIO()
    call_command(name, *words, stdout=out, stderr=out)
    return out.getvalue()


def told(name: str, *words: str) -> Any:
    return json.loads(run(name, *words, "--output-format", "json"))


def a_server(stage: Stage, **order: object) -> Server:
    made = servers.create(ADA, stage.order(**order)).servers[0]
    stage.run()
    return fresh(made)


class TestServers:
    def words(self, stage: Stage, *more: str) -> tuple[str, ...]:
        return (
            *("--name", "web", "--user", "ada", "--image", stage.image),
            *("--flavor", str(stage.flavor.id), "--password", "Secret-123456"),
            *more,
        )

    def test_a_server_is_made_for_a_user_on_a_cluster_of_choice(self, stage: Stage) -> None:
        other = a_cluster("other.example.org", drained=True)
        world = World("other.example.org")
        choose.install("other.example.org", world.engine())
        words = self.words(stage, "--backend-id", "other.example.org", "--tags", "a,b")
        made = told("server_create", *words, "--volume", "size=2")
        stage.run_errands()
        for event in world.run_jobs():
            stage.tell(event)
        server = Server.objects.get(id=made["id"])
        assert (server.cluster, server.userid, server.state) == (other, "ada", State.STARTED)
        assert sorted(server.volumes.values_list("size", flat=True)) == [2, 5]
        assert sorted(servers.tags_of(server)) == ["a", "b"]
        assert "a" in run("server_tag_exists", str(server.id), "a")
        with pytest.raises(CommandError):
            run("server_tag_exists", str(server.id), "z")
        choose.forget("other.example.org")

    def test_nonsense_makes_nothing(self, stage: Stage) -> None:
        for more in (("--port", "odd:1"), ("--volume", "image=2"), ("--port", "floatingip:9")):
            with pytest.raises(CommandError):
                run("server_create", *self.words(stage, *more))
        assert not Server.objects.exists()

    def test_tags_are_added_taken_off_and_replaced(self, stage: Stage) -> None:
        server = a_server(stage, tags=("a", "b"))
        for words, left in (
            (("--tag-add", "c,a"), ["a", "b", "c"]),
            (("--tag-delete", "b"), ["a", "c"]),
            (("--tag-replace-all", "x,y"), ["x", "y"]),
            (("--tag-delete-all",), []),
        ):
            run("server_modify", str(server.id), *words)
            assert sorted(servers.tags_of(server)) == left

    def test_a_server_changes_hands_with_everything_it_holds(self, stage: Stage) -> None:
        server = a_server(stage)
        whole = stage.quota.of("ada")
        run("server_modify", str(server.id), "--user", "eve")
        assert (fresh(server).userid, fresh(server).project) == ("eve", "eve")
        assert Volume.objects.get().userid == "eve"
        assert stage.quota.of("ada") == {}
        assert stage.quota.of("eve") == whole
        with pytest.raises(CommandError, match="uuid"):
            run("server_modify", str(server.id), "--user", "eve@example.org")

    def test_an_action_is_waited_for(self, stage: Stage) -> None:
        server = a_server(stage)
        run("server_modify", str(server.id), "--action", "stop", "--wait", "False")
        stage.run()
        assert fresh(server).state is State.STOPPED
        run("server_modify", str(server.id), "--set-suspended")
        assert fresh(server).suspended
        run("server_modify", str(server.id), "--suspended", "False")
        assert not fresh(server).suspended
        assert "changed" in run("server_modify", str(server.id), "--name", "n", "--wait", "True")

    def test_a_server_is_shown_beside_its_instance(self, stage: Stage) -> None:
        server = a_server(stage)
        shown = told("server_inspect", str(server.id), "--jobs")
        assert shown["database"]["state"] == "STARTED"
        assert shown["cluster"]["running"] is True
        assert shown["jobs"][-1]["status"] == "success"
        stage.world.instances.clear()
        assert told("server_inspect", f"snf-{server.id}")["cluster"] is None


class TestImport:
    def foreign(self, stage: Stage) -> None:
        server = a_server(stage)
        facts = stage.world.instances.pop(f"snf-{server.id}")
        Volume.objects.all().delete()
        Server.objects.all().delete()
        stage.quota.used.clear()
        disk = msgspec.structs.replace(facts.disks[0], name="")
        stage.world.instances["old.example.org"] = msgspec.structs.replace(
            facts, name="old.example.org", nics=(), disks=(disk,)
        )

    def words(self, stage: Stage) -> tuple[str, ...]:
        return (
            *("old.example.org", "--backend-id", str(stage.cluster.id), "--user", "eve"),
            *("--image", stage.image, "--flavor", str(stage.flavor.id)),
        )

    def test_an_instance_becomes_a_server_of_a_user(self, stage: Stage) -> None:
        self.foreign(stage)
        with cluster_at_work(stage):
            assert "Imported" in run("server_import", *self.words(stage), "--wait", "False")
        stage.run()
        server = Server.objects.get()
        assert (server.userid, server.state) == ("eve", State.STARTED)
        facts = stage.world.instances[f"snf-{server.id}"]
        assert (facts.running, facts.disks[0].name) == (True, f"snf-vol-{Volume.objects.get().id}")
        assert stage.quota.of("eve")["cyclades.vm"] == 1
        assert run("reconcile_servers").count("snf-") == 0

    def test_what_fails_leaves_nothing(self, stage: Stage) -> None:
        self.foreign(stage)
        words = self.words(stage)
        with pytest.raises(CommandError, match="no instance"):
            run("server_import", "none.example.org", *words[1:])
        with pytest.raises(CommandError, match="already"):
            run("server_import", "snf-9", *words[1:])
        stage.quota.limits = {"cyclades.vm": 0}
        with cluster_at_work(stage), pytest.raises(CommandError, match="limit"):
            run("server_import", *words)
        assert not Server.objects.exists()


@contextmanager
def cluster_at_work(stage: Stage) -> Iterator[None]:
    """Let the cluster carry out its jobs while a command waits for them."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.05):
            stage.world.run_jobs()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()


class TestVolumes:
    def test_volumes_are_listed_shown_and_changed(self, stage: Stage) -> None:
        server = a_server(stage)
        (row,) = told("volume_list", "--user", "ada", "--server", str(server.id))
        assert (row["size"], row["status"], row["server_id"]) == (5, "IN_USE", server.id)
        name = f"snf-vol-{row['id']}"
        assert told("volume_show", name)["disk_provider"] == "archipelago"
        shown = told("volume_inspect", name)
        assert shown["cluster"]["size_mib"] == 5 * 1024
        run("volume_modify", name, "--name", "root", "--delete-on-termination", "False")
        volume = Volume.objects.get()
        assert (volume.name, volume.delete_on_termination) == ("root", False)
        with pytest.raises(CommandError, match="volume-list"):
            run("volume_show", "99")

    def test_a_volume_is_made_attached_detached_and_removed(self, stage: Stage) -> None:
        server = a_server(stage)
        run("volume_create", "--user", "ada", "--size", "2", "--name", "data")
        number = str(Volume.objects.get(name="data").id)
        run("volume_attach", number, "--server", str(server.id), "--wait", "False")
        stage.run()
        assert Volume.objects.get(name="data").status == "IN_USE"
        assert run("reconcile_servers").count("volume") == 0
        run("volume_detach", number, "-f", "--wait", "False")
        stage.run()
        assert Volume.objects.get(name="data").server is None
        with pytest.raises(CommandError):
            run("volume_detach", number, "-f")
        run("volume_remove", number, "-f")
        for _round in range(6):
            stage.run()
            QueuedErrand.objects.update(ready_at=clock.now())
        assert stage.quota.of("ada")["cyclades.disk"] == 5 * GIB
        run("volume_create", "--server", str(server.id), "--size", "1", "--wait", "False")
        stage.run()
        assert server.volumes.filter(status="IN_USE", deleted=False).count() == 2
        for words in ((), ("--user", "ada", "--source", "disk:1")):
            with pytest.raises(CommandError):
                run("volume_create", "--size", "1", *words)

    def test_reconcile_volumes_looks_at_disks_only(self, stage: Stage) -> None:
        server = a_server(stage)
        facts = stage.world.instances[f"snf-{server.id}"]
        larger = msgspec.structs.replace(facts.disks[0], size_mib=8 * 1024)
        stage.world.instances[f"snf-{server.id}"] = msgspec.structs.replace(
            facts, disks=(larger,), running=False
        )
        (row,) = told("reconcile_volumes", "--fix", "--verbosity", "0")
        assert (row["kind"], row["fixed"]) == ("disks", True)
        assert fresh(server).state is State.STARTED
        assert Volume.objects.get().size == 8


class TestFlavors:
    def test_projects_come_to_flavors_and_lose_them(self, stage: Stage) -> None:
        hidden = a_flavor(cpu=4, public=False)
        run("flavor_access_add", "--project", "lab", "--flavor", str(hidden.id))
        (row,) = told("flavor_access_list", "--project", "lab")
        assert row["flavor"] == hidden.id
        run("flavor_access_remove", str(row["id"]))
        assert not FlavorAccess.objects.exists()
        with pytest.raises(CommandError):
            run("flavor_access_remove", str(row["id"]))
        with pytest.raises(CommandError):
            run("flavor_access_add", "--project", "lab", "--flavor", "99")

    def test_volume_types_are_shown_and_taken_out_of_use_with_their_flavors(
        self, stage: Stage
    ) -> None:
        a_server(stage)
        kind = VolumeType.objects.get()
        (row,) = told("volume_type_list")
        assert (row["flavors"], row["volumes"]) == (1, 1)
        assert told("volume_type_show", str(kind.id))["volumes"] == 1
        run("volume_type_modify", str(kind.id), "--deleted", "True", "--name", "old")
        stage.flavor.refresh_from_db()
        assert stage.flavor.deleted
        assert told("volume_type_list", "--deleted")[0]["name"] == "old"


class TestProjectsClusters:
    def test_a_cluster_is_kept_for_a_project(self, stage: Stage) -> None:
        words = ("--project", "lab", "--backend", str(stage.cluster.id))
        run("project_backend_add", *words)
        with pytest.raises(CommandError):
            run("project_backend_add", *words)
        (row,) = told("project_backend_list")
        assert row["backend"] == stage.cluster.clustername
        with pytest.raises(CommandError, match="ID"):
            run("project_backend_remove")
        run("project_backend_remove", *words)
        assert not ProjectCluster.objects.exists()


class TestNumbers:
    def test_everything_is_counted(self, stage: Stage, tmp_path: Path) -> None:
        a_server(stage)
        file = tmp_path / "stats.json"
        numbers = told("stats_cyclades", "--json-file", str(file), "--images", "False")
        assert numbers == json.loads(file.read_text())
        assert numbers["servers"]["by_state"] == {"STARTED": 1}
        assert numbers["cluster_details"][stage.cluster.clustername]["servers"] == 1
        assert "images" not in numbers
        assert "by_state.STARTED" in run("stats_cyclades")
        assert "servers.total" in run("stats_cyclades", "--output-format", "csv")

    def test_exports_are_what_the_identity_service_imports(self, stage: Stage) -> None:
        services = json.loads(run("service_export_cyclades"))
        assert services["cyclades_compute"]["endpoints"][0]["publicURL"].endswith("/compute/v2.0")
        assert "cyclades.vm" in services["cyclades_compute"]["resources"]
        assert {r["name"] for r in json.loads(run("resource_export_cyclades"))} >= {"cyclades.vm"}
