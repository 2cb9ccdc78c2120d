"""Every route of the block storage API by example."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.cyclades.api.callers import remembered
from synnefo.cyclades.api.volume.routes import V3
from synnefo.cyclades.usecases import limits, servers
from synnefo.cyclades.usecases.limits import Measure
from tests.support.compute import Stage, a_caller, a_stage
from tests.support.cyclades_api import Person

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

BASE = "/cyclades/volume/v3"
PROJECT = "8f3f3893-56b8-4895-85f8-b3e63f78223c"


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path / "blocks") as made:
        yield made
    remembered.clear()


@pytest.fixture
def ada(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setattr(limits, "measures", lambda *_: {"gigabytes": Measure(500, 5)})
    return Person("ada", BASE)


def test_versions_need_no_token(stage: Stage) -> None:
    nobody = Person("", "/cyclades/volume")
    assert nobody.get("/").status == 300
    told = nobody.get("/v3/")
    assert (told.status, told.json["versions"][0]["id"]) == (200, "v3.0")
    assert told.headers["OpenStack-API-Version"] == "volume 3.0"


def test_every_route_refuses_strangers_and_says_what_it_does(stage: Stage) -> None:
    nobody = Person("", BASE)
    for route in V3:
        assert route.handler.__doc__
        if route.auth:
            path = route.path.replace("{", "").replace("}", "")
            assert nobody.ask(route.method, path).status == 401


def test_boot_volumes_are_listed_shown_and_renamed(ada: Person, stage: Stage) -> None:
    server = servers.create(a_caller(), stage.order()).servers[0]
    stage.run()
    (brief,) = ada.get("/volumes").json["volumes"]
    (full,) = ada.get(f"/{PROJECT}/volumes/detail?all_tenants=1").json["volumes"]
    assert full["id"] == brief["id"]
    assert (full["status"], full["size"], full["bootable"]) == ("in-use", 5, "true")
    assert full["attachments"][0]["server_id"] == str(server.id)
    assert full["volume_image_metadata"] == {"image_id": stage.image}
    path = f"/volumes/{full['id']}"
    assert ada.get(f"/{PROJECT}{path}").json["volume"] == full
    assert ada.put(path, {"volume": {"name": "root"}}).json["volume"]["name"] == "root"
    assert len(ada.get("/volumes/detail?name=root&status=in-use").json["volumes"]) == 1
    assert ada.get("/volumes/detail?name=other").json == {"volumes": []}
    assert ada.get(f"/volumes?marker={full['id']}&limit=1").json == {"volumes": []}
    assert ada.get("/volumes?marker=x").status == 400
    assert ada.put(path, {"volume": {"name": "n" * 256}}).status == 400
    assert ada.delete(path).status == 400
    eve = Person("eve", BASE)
    assert eve.get(path).status == 404
    assert eve.get("/volumes").json == {"volumes": []}
    assert ada.get("/volumes/root").status == 404
    assert ada.post("/volumes", {"volume": {}}).status == 400


def test_kinds_limits_and_quotas_are_shown(ada: Person) -> None:
    (kind,) = ada.get("/types").json["volume_types"]
    assert ada.get(f"/types/{kind['id']}").json["volume_type"] == kind
    assert ada.get("/types/default").json["volume_type"] == kind
    assert ada.get("/types/none").status == 404
    absolute = ada.get("/limits").json["limits"]["absolute"]
    assert (absolute["maxTotalVolumeGigabytes"], absolute["totalVolumesUsed"]) == (500, 0)
    assert ada.get("/os-quota-sets/ada").json["quota_set"]["gigabytes"] == 500
    used = ada.get("/os-quota-sets/ada?usage=True").json["quota_set"]["gigabytes"]
    assert used["limit"] == 500
    assert ada.put(f"/os-quota-sets/{PROJECT}", {}).status == 403
    assert ada.get("/os-quota-sets/ada/defaults").status == 200
    assert ada.get(f"/os-quota-sets/{PROJECT}").status == 403


def test_administrators_see_everybodys_volumes_only_when_they_ask(
    ada: Person, stage: Stage
) -> None:
    servers.create(a_caller(), stage.order())
    root = Person("root", BASE, admin=True)
    assert root.get("/volumes").json["volumes"] == []
    assert len(root.get("/volumes?all_tenants=1").json["volumes"]) == 1
    assert root.get("/limits").json["limits"]["absolute"]["totalVolumesUsed"] == 0
    assert len(Person("eve", BASE).get("/volumes?all_tenants=1").json["volumes"]) == 0


def test_lists_that_are_empty_are_lists(ada: Person) -> None:
    for name in ("snapshots", "backups", "extensions"):
        assert ada.get(f"/{name}").json == {name: []}
    assert ada.get("/os-availability-zone").json["availabilityZoneInfo"][0]["zoneName"] == "nova"
