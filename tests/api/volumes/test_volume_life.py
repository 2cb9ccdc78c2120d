"""Volumes apart from servers: made, attached, grown, detached, deleted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.cyclades.api.callers import remembered
from synnefo.cyclades.jobs import volumes as volume_jobs
from synnefo.cyclades.models import Server, Volume
from synnefo.cyclades.models.errands import QueuedErrand
from synnefo.cyclades.usecases import servers
from synnefo.kit import clock
from tests.support.compute import Stage, a_caller, a_stage
from tests.support.cyclades_api import Person

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)
assert volume_jobs

BASE = "/cyclades/volume/v3"
GIB = 1024**3
DISK = "cyclades.disk"


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path / "blocks", {DISK: 100 * GIB}) as made:
        yield made
    remembered.clear()


@pytest.fixture
def ada(stage: Stage) -> Person:
    return Person("ada", BASE)


@pytest.fixture
def nova(stage: Stage) -> Person:
    return Person("ada", "/cyclades/compute/v2.1")


@pytest.fixture
def server(stage: Stage) -> Server:
    made = servers.create(a_caller(), stage.order()).servers[0]
    stage.run()
    return made


def used(stage: Stage) -> int:
    return stage.quota.used.get(("user:ada", DISK), 0) // GIB


def a_volume(ada: Person, size: int = 10, **more: object) -> str:
    answer = ada.post("/volumes", {"volume": {"size": size, "name": "data", **more}})
    assert answer.status == 202, answer.json
    return str(answer.json["volume"]["id"])


def status(ada: Person, volume: str) -> str:
    return str(ada.get(f"/volumes/{volume}").json["volume"]["status"])


def finish(stage: Stage) -> None:
    """Run all there is to do, and what waits for a job to end."""
    for _round in range(4):
        stage.run()
        QueuedErrand.objects.update(ready_at=clock.now())
        stage.run_errands()


def attach(nova: Person, server: Server, volume: str) -> int:
    body = {"volumeAttachment": {"volumeId": volume}}
    return nova.post(f"/servers/{server.id}/os-volume_attachments", body).status


def disks(stage: Stage) -> list[tuple[str, int, dict[str, str]]]:
    (facts,) = stage.world.instances.values()
    return [(disk.name, disk.size_mib, disk.extra) for disk in facts.disks]


def test_a_volume_lives_apart_from_servers(
    stage: Stage, ada: Person, nova: Person, server: Server
) -> None:
    nulls = dict.fromkeys(("description", "snapshot_id", "source_volid", "backup_id", "imageRef"))
    volume = a_volume(ada, metadata={"for": "mail"}, **nulls)
    assert status(ada, volume) == "available"
    assert used(stage) == 15
    assert attach(nova, server, volume) == 200
    assert status(ada, volume) == "attaching"
    assert attach(nova, server, volume) in {400, 409}
    stage.run()
    assert status(ada, volume) == "in-use"
    name, size, extra = disks(stage)[1]
    assert (name.endswith(f"vol-{volume}"), size, extra) == (True, 10240, {"reuse_data": "False"})
    shown = nova.get(f"/servers/{server.id}/os-volume_attachments").json
    assert len(shown["volumeAttachments"]) == 2
    assert ada.delete(f"/volumes/{volume}").status == 400
    place = f"/servers/{server.id}/os-volume_attachments/{volume}"
    assert nova.delete(place).status == 202
    assert status(ada, volume) == "detaching"
    stage.run()
    assert status(ada, volume) == "available"
    assert len(disks(stage)) == 1
    assert attach(nova, server, volume) == 200
    stage.run()
    assert disks(stage)[1][2] == {"reuse_data": "True"}
    assert nova.delete(place).status == 202
    stage.run()
    assert ada.delete(f"/volumes/{volume}").status == 202
    assert status(ada, volume) == "deleting"
    finish(stage)
    assert ada.get(f"/volumes/{volume}").status == 404
    assert used(stage) == 5
    assert len(stage.world.instances) == 1


def test_a_volume_that_no_server_ever_had_goes_at_once(stage: Stage, ada: Person) -> None:
    volume = a_volume(ada)
    assert ada.delete(f"/volumes/{volume}").status == 202
    assert ada.get(f"/volumes/{volume}").status == 404
    stage.run()
    assert used(stage) == 0
    assert ada.delete(f"/volumes/{volume}").status == 404


def test_volumes_grow_before_and_while_a_server_uses_them(
    stage: Stage, ada: Person, nova: Person, server: Server
) -> None:
    volume = a_volume(ada)
    action = f"/volumes/{volume}/action"
    assert ada.post(action, {"os-extend": {"new_size": 20}}).status == 202
    assert used(stage) == 25
    attach(nova, server, volume)
    stage.run()
    assert ada.post(action, {"os-extend": {"new_size": 30}}).status == 202
    assert status(ada, volume) == "extending"
    finish(stage)
    assert disks(stage)[1][1] == 30 * 1024
    assert (status(ada, volume), used(stage)) == ("in-use", 35)
    assert Volume.objects.get(id=volume).size == 30
    for size in (30, 0, 100_000):
        assert ada.post(action, {"os-extend": {"new_size": size}}).status == 400
    assert ada.post(action, {"os-extend": {"new_size": 190}}).status == 413
    assert ada.post(action, {}).status == 400


def test_what_cannot_be_is_refused(
    stage: Stage, ada: Person, nova: Person, server: Server
) -> None:
    def refused(**more: object) -> int:
        return ada.post("/volumes", {"volume": {"size": 10, "name": "data", **more}}).status

    assert refused(size=0) == 400
    assert refused(size=100_000) == 400
    assert refused(size=99) == 413
    assert refused(size=None) == 400
    assert refused(volume_type="gold") == 400
    assert refused(snapshot_id="1") == 501
    assert refused(source_volid="1") == 400
    assert refused(metadata={"k": "v" * 256}) == 400
    assert refused(metadata={str(n): "" for n in range(11)}) == 400
    assert refused(imageRef="no-such-image") in {400, 404}
    assert used(stage) == 5
    root = str(Volume.objects.get(server=server).id)
    assert nova.delete(f"/servers/{server.id}/os-volume_attachments/{root}").status == 400
    assert attach(nova, server, root) == 400
    assert attach(nova, server, "999") == 404
    volume = a_volume(ada)
    eve = Person("eve", BASE)
    assert eve.delete(f"/volumes/{volume}").status == 404
    assert eve.post(f"/volumes/{volume}/action", {"os-extend": {"new_size": 20}}).status == 404
    assert attach(Person("eve", "/cyclades/compute/v2.1"), server, volume) == 404


def test_a_cluster_that_refuses_leaves_the_volume_free(
    stage: Stage, ada: Person, nova: Person, server: Server
) -> None:
    volume = a_volume(ada)
    attach(nova, server, volume)
    stage.world.refusal = "no such provider"
    stage.run_errands()
    stage.world.refusal = ""
    assert status(ada, volume) == "available"
    assert nova.get(f"/servers/{server.id}").json["server"]["OS-EXT-STS:task_state"] is None


def test_a_volume_of_an_image_starts_as_it(
    stage: Stage, ada: Person, nova: Person, server: Server
) -> None:
    volume = a_volume(ada, imageRef=stage.image)
    attach(nova, server, volume)
    stage.run()
    (facts,) = stage.world.instances.values()
    assert facts.disks[1].origin == facts.disks[0].origin
    assert facts.disks[1].origin_size == 7000


def test_metadata_is_merged_replaced_and_removed(ada: Person) -> None:
    volume = a_volume(ada, metadata={"a": "1"})
    path = f"/volumes/{volume}/metadata"
    assert ada.post(path, {"metadata": {"b": "2"}}).json == {"metadata": {"a": "1", "b": "2"}}
    assert ada.put(path, {"metadata": {"c": "3"}}).json == {"metadata": {"c": "3"}}
    assert ada.delete(f"{path}/c").status == 200
    assert ada.delete(f"{path}/c").status == 404
    assert ada.get(path).json == {"metadata": {}}


def test_a_volume_moves_to_another_project(ada: Person, server: Server, stage: Stage) -> None:
    volume = a_volume(ada)
    path = f"/volumes/{volume}/action"
    assert ada.post(path, {"reassign": {"project": "lab"}}).status == 200
    moved = ada.get(f"/volumes/{volume}").json["volume"]
    assert moved["os-vol-tenant-attr:tenant_id"] == "lab"
    assert stage.quota.service_get_project_quotas(["lab"])["lab"][DISK].project_usage == 10 * GIB
    for wish in ({}, {"project": ""}, {"project": 7}, {"project": "a", "shared_to_project": 1}):
        assert ada.post(path, {"reassign": wish}).status == 400
    boot = f"/volumes/{server.volumes.get().id}/action"
    assert ada.post(boot, {"reassign": {"project": "lab"}}).status == 409
    shared = {"project": "lab", "shared_to_project": True}
    assert ada.post(path, {"reassign": shared}).status == 403
    assert Person("eve", BASE).post(path, {"reassign": {"project": "lab"}}).status == 404
    stage.quota.limits[DISK] = 15 * GIB
    assert ada.post(path, {"reassign": {"project": "ada"}}).status == 413
