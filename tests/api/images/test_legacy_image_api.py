"""Every route of the image API of old by example."""

import pytest

from synnefo.cyclades.domain.images import ShelfItem
from synnefo.kit.ids import new_uuid
from tests.support.compute import Stage
from tests.support.cyclades_api import Answer, Person
from tests.support.images import a_qcow2_head, a_raw

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

BASE = "/cyclades/image/v1.0"
PLACE = "pithos://ada/pithos/my%20disk.raw"


@pytest.fixture
def ada(stage: Stage) -> Person:
    return Person("ada", BASE)


@pytest.fixture
def eve(stage: Stage) -> Person:
    return Person("eve", BASE)


def a_file(stage: Stage, content: bytes = b"") -> ShelfItem:
    item = ShelfItem(
        id=new_uuid(),
        owner="ada",
        container="pithos",
        path="my disk.raw",
        size=0,
        etag="",
        merkle="",
        version=0,
        changed=0.0,
    )
    return stage.shelf.put(item, content or a_raw())


def register(who: Person, **fields: str) -> Answer:
    told = {"name": "My%20image", "location": PLACE, **fields}
    headers = {f"x_image_meta_{key}": value for key, value in told.items() if value}
    return who.ask("POST", "/images/", **headers)


class TestRegistering:
    def test_a_file_becomes_an_image(self, ada: Person, stage: Stage) -> None:
        item = a_file(stage)
        told = register(
            ada, is_public="true", property_os="debian", property_kernel_version="3.1%202"
        )
        assert told.status == 200
        assert told.headers["x-image-meta-id"] == item.id
        assert told.headers["x-image-meta-name"] == "My image"
        assert told.headers["x-image-meta-status"] == "AVAILABLE"
        assert told.headers["x-image-meta-location"] == "pithos://ada/pithos/my disk.raw"
        assert told.headers["x-image-meta-is-public"] == "True"
        assert told.headers["x-image-meta-property-kernel-version"] == "3.1%202"
        head = ada.ask("HEAD", f"/images/{item.id}")
        assert (head.status, head.headers["x-image-meta-disk-format"]) == (200, "diskdump")
        assert ada.get(f"/images/{item.id}").status == 501

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"name": ""}, 400),
            ({"location": ""}, 400),
            ({"location": "http://x/y"}, 400),
            ({"location": "pithos://ada/pithos"}, 400),
            ({"location": "pithos://ada/pithos/none"}, 404),
            ({"location": "pithos://eve/pithos/x"}, 403),
            ({"id": "7"}, 400),
            ({"size": "7"}, 400),
            ({"checksum": "7"}, 400),
            ({"disk_format": "qcow2"}, 400),
            ({"container_format": "odd"}, 400),
            ({"store": "swift"}, 400),
            ({"colour": "blue"}, 400),
        ],
    )
    def test_nonsense_is_refused(
        self, ada: Person, stage: Stage, fields: dict[str, str], status: int
    ) -> None:
        a_file(stage)
        assert register(ada, **fields).status == status
        assert ada.get("/images/").json == []

    def test_a_packed_file_is_refused(self, ada: Person, stage: Stage) -> None:
        a_file(stage, a_qcow2_head())
        assert register(ada).status == 415


class TestUsing:
    def test_lists_are_bare_filtered_and_sorted(self, ada: Person, stage: Stage) -> None:
        item = a_file(stage)
        register(ada, property_os="debian")
        (brief,) = ada.get("/images/").json
        assert set(brief) == {
            "id",
            "name",
            "status",
            "disk_format",
            "container_format",
            "size",
        }
        (full,) = ada.get("/images/detail").json
        assert (full["id"], full["properties"]) == (item.id, {"os": "debian"})
        assert len(full["created_at"]) == 19
        assert ada.get("/images/?name=other").json == []
        assert ada.get("/images/?size_min=1&size_max=9999999&status=available").json
        assert ada.get("/images/?sort_key=size&sort_dir=asc").status == 200
        for query in ("sort_key=colour", "sort_dir=up", "size_min=x"):
            assert ada.get(f"/images/?{query}").status == 400

    def test_an_image_is_updated_shared_and_unregistered(
        self, ada: Person, eve: Person, stage: Stage
    ) -> None:
        path = f"/images/{a_file(stage).id}"
        register(ada, property_os="debian")
        told = ada.ask(
            "PUT",
            path,
            x_image_meta_name="new",
            x_image_meta_property_users="root",
        )
        assert told.headers["x-image-meta-name"] == "new"
        assert told.headers["x-image-meta-property-os"] == "debian"
        assert eve.ask("HEAD", path).status == 404
        assert ada.put(f"{path}/members/eve").status == 204
        assert ada.get(f"{path}/members").json == {
            "members": [{"member_id": "eve", "can_share": False}]
        }
        assert eve.ask("HEAD", path).status == 200
        shared = eve.get("/shared-images/ada").json["shared_images"]
        assert [one["image_id"] for one in shared] == [path.removeprefix("/images/")]
        assert ada.put(f"{path}/members", {"memberships": []}).status == 204
        assert eve.get("/shared-images/ada").json == {"shared_images": []}
        assert ada.put(f"{path}/members/eve").status == 204
        assert ada.delete(f"{path}/members/eve").status == 204
        assert ada.ask("PUT", path, x_image_meta_is_public="true").status == 200
        assert eve.ask("HEAD", path).status == 200
        assert eve.delete(path).status == 403
        assert ada.delete(path).status == 204
        assert ada.ask("HEAD", path).status == 404
        assert stage.shelf.contents[path.removeprefix("/images/")]

    def test_versions_and_the_alias_answer(self, ada: Person) -> None:
        assert Person("", BASE).get("/versions").status == 200
        assert Person("ada", "/cyclades/image/v1").get("/images/").json == []
