"""Every route of Glance v2 by example."""

import hashlib
from typing import Any

import pytest

from synnefo.cyclades.api.image.routes import GLANCE, LEGACY, ROOT
from tests.support.compute import Stage
from tests.support.cyclades_api import Person
from tests.support.images import MIB, a_qcow2_head, a_raw

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

PATCH = "application/openstack-images-v2.1-json-patch"
OCTETS = "application/octet-stream"


def made(who: Person, **fields: object) -> dict[str, Any]:
    told = who.post(
        "/images",
        {"name": "debian", "disk_format": "raw", "container_format": "bare", **fields},
    )
    assert told.status == 201, told.content
    return dict(told.json)


def filled(who: Person, content: bytes = b"", **fields: object) -> dict[str, Any]:
    image = made(who, **fields)
    told = who.ask("PUT", f"/images/{image['id']}/file", content or a_raw(), kind=OCTETS)
    assert told.status == 204, told.content
    return dict(who.get(f"/images/{image['id']}").json)


def patch(who: Person, image: dict[str, Any], *steps: dict[str, object]) -> Any:
    return who.ask("PATCH", f"/images/{image['id']}", list(steps), kind=PATCH)


class TestDiscovery:
    def test_versions_need_no_token(self, stage: Stage) -> None:
        nobody = Person("", "/cyclades/image")
        assert nobody.get("/").status == 300
        levels = nobody.get("/versions").json["versions"]
        assert (levels[0]["id"], levels[0]["status"]) == ("v2.9", "CURRENT")
        assert nobody.get("/v2").status == 200

    def test_schemas_are_shown(self, ada: Person) -> None:
        for name in ("image", "images", "member", "members"):
            assert ada.get(f"/schemas/{name}").json["name"] == name
        image = ada.get("/schemas/image").json
        assert image["additionalProperties"] == {"type": "string"}
        assert image["properties"]["checksum"]["readOnly"]
        assert ada.get("/schemas/metadefs").status == 404
        assert ada.get("/info/import").json["import-methods"]["value"] == []
        assert ada.get("/tasks").status == 404

    def test_every_route_refuses_strangers_and_says_what_it_does(self, stage: Stage) -> None:
        for prefix, routes in (("", ROOT), ("/v2", GLANCE), ("/v1.0", LEGACY)):
            nobody = Person("", f"/cyclades/image{prefix}")
            for route in routes:
                assert route.handler.__doc__
                if route.auth:
                    path = route.path.replace("{", "").replace("}", "")
                    assert nobody.ask(route.method, path).status == 401, route


class TestLife:
    def test_an_image_from_queued_to_deleted(self, ada: Person) -> None:
        content = a_raw()
        image = made(ada, min_disk=1, os_distro="debian", tags=["a"])
        assert (image["status"], image["size"], image["checksum"]) == ("queued", None, None)
        assert (image["visibility"], image["owner"]) == ("shared", "ada")
        assert (image["os_distro"], image["tags"]) == ("debian", ["a"])
        path = f"/images/{image['id']}"
        assert (image["self"], image["file"]) == (f"/v2{path}", f"/v2{path}/file")
        assert ada.get(f"{path}/file").status == 204
        assert ada.ask("PUT", f"{path}/file", content, kind=OCTETS).status == 204
        done = ada.get(path).json
        assert (done["status"], done["size"], done["virtual_size"]) == ("active", 3 * MIB, 3 * MIB)
        assert done["os_hash_value"] == hashlib.sha512(content).hexdigest()
        told = ada.get(f"{path}/file")
        assert told.content == content
        assert told.headers["Content-MD5"] == done["checksum"]
        assert told.headers["Content-Length"] == str(len(content))
        assert ada.ask("PUT", f"{path}/file", content, kind=OCTETS).status == 409
        assert ada.delete(path).status == 204
        assert ada.get(path).status == 404

    def test_a_range_is_read(self, ada: Person) -> None:
        path = f"/images/{filled(ada)['id']}/file"
        told = ada.ask("GET", path, Range="bytes=510-513")
        assert (told.status, told.content) == (206, b"\x55\xaa\0\0")
        assert told.headers["Content-Range"] == f"bytes 510-513/{3 * MIB}"
        assert len(ada.ask("GET", path, Range="bytes=-4").content) == 4
        assert len(ada.ask("GET", path, Range=f"bytes={3 * MIB - 2}-").content) == 2
        assert ada.ask("GET", path, Range=f"bytes={3 * MIB}-").status == 416
        assert ada.ask("GET", path, Range="lines=1-2").status == 200
        head = ada.ask("HEAD", path)
        assert (head.status, head.content) == (200, b"")

    @pytest.mark.parametrize(
        ("disk_format", "content", "kind", "status"),
        [
            ("raw", b"data", "text/plain", 415),
            ("raw", a_qcow2_head(), OCTETS, 415),
            ("qcow2", b"no such thing", OCTETS, 415),
            ("qcow2", a_qcow2_head(), OCTETS, 400),
        ],
        ids=["type", "packed", "words", "head"],
    )
    def test_a_file_that_is_no_image_is_refused(
        self, ada: Person, disk_format: str, content: bytes, kind: str, status: int
    ) -> None:
        image = made(ada, disk_format=disk_format)
        told = ada.ask("PUT", f"/images/{image['id']}/file", content, kind=kind)
        assert told.status == status
        assert ada.get(f"/images/{image['id']}").json["status"] == "queued"

    def test_a_wrong_checksum_is_refused(self, ada: Person) -> None:
        image = made(ada, **{"owner_specified.openstack.sha256": "0" * 64})
        told = ada.ask("PUT", f"/images/{image['id']}/file", a_raw(), kind=OCTETS)
        assert told.status == 400
        assert b"is not the one" in told.content

    def test_over_quota_the_sentence_says_so(self, ada: Person, stage: Stage) -> None:
        stage.shelf.quota = MIB
        image = made(ada)
        told = ada.ask("PUT", f"/images/{image['id']}/file", a_raw(), kind=OCTETS)
        assert told.status == 413
        assert "quota" in told.json["overLimit"]["message"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"disk_format": "vmdk"}, 400),
            ({"visibility": "secret"}, 400),
            ({"min_disk": "big"}, 400),
            ({"protected": "maybe"}, 400),
            ({"tags": "a"}, 400),
            ({"tags": [""]}, 400),
            ({"property": 7}, 400),
            ({"size": 7}, 403),
            ({"property": "v" * 257}, 400),
        ],
    )
    def test_nonsense_is_refused(self, ada: Person, body: object, status: int) -> None:
        assert ada.post("/images", body).status == status
        assert ada.get("/images").json["images"] == []

    def test_an_image_needs_no_name(self, ada: Person) -> None:
        told = ada.post("/images", {})
        assert (told.status, told.json["name"]) == (201, None)


class TestChanging:
    def test_steps_are_taken_in_order(self, ada: Person) -> None:
        image = filled(ada, **{"a.b": "1"})
        told = patch(
            ada,
            image,
            {"op": "replace", "path": "/name", "value": "new"},
            {"op": "add", "path": "/x~1y", "value": ""},
            {"op": "replace", "path": "/a.b", "value": "2"},
            {"op": "replace", "path": "/min_ram", "value": 64},
            {"op": "add", "path": "/tags", "value": ["t", "t"]},
            {"op": "replace", "path": "/os_hidden", "value": True},
        )
        assert told.status == 200
        changed = told.json
        assert (changed["name"], changed["x/y"], changed["a.b"]) == ("new", "", "2")
        assert (changed["min_ram"], changed["tags"], changed["os_hidden"]) == (64, ["t"], True)
        gone = patch(ada, image, {"op": "remove", "path": "/a.b"}).json
        assert "a.b" not in gone
        emptied = patch(ada, image, {"op": "remove", "path": "/tags"}).json
        assert emptied["tags"] == []
        assert ada.get("/images").json["images"] == []
        assert len(ada.get("/images?os_hidden=True").json["images"]) == 1

    @pytest.mark.parametrize(
        ("step", "status"),
        [
            ({"op": "replace", "path": "/status", "value": "active"}, 403),
            ({"op": "remove", "path": "/visibility"}, 403),
            ({"op": "remove", "path": "/nothing"}, 409),
            ({"op": "replace", "path": "/nothing", "value": "x"}, 409),
            ({"op": "test", "path": "/name", "value": "x"}, 400),
            ({"op": "add", "path": "name", "value": "x"}, 400),
            ({"op": "add", "path": "/a/b", "value": "x"}, 400),
            ({"path": "/name"}, 400),
            ({"op": "replace", "path": "/disk_format", "value": "iso"}, 403),
        ],
    )
    def test_nonsense_is_refused(self, ada: Person, step: dict[str, object], status: int) -> None:
        assert patch(ada, filled(ada), step).status == status

    def test_tags_switches_and_protection(self, ada: Person) -> None:
        path = f"/images/{filled(ada, protected=True)['id']}"
        assert ada.put(f"{path}/tags/t").status == 204
        assert ada.get(path).json["tags"] == ["t"]
        assert [i["tags"] for i in ada.get("/images?tag=t").json["images"]] == [["t"]]
        assert ada.delete(f"{path}/tags/t").status == 204
        assert ada.delete(f"{path}/tags/t").status == 404
        assert ada.post(f"{path}/actions/deactivate").status == 204
        assert ada.get(path).json["status"] == "deactivated"
        assert ada.post(f"{path}/actions/reactivate").status == 204
        assert ada.delete(path).status == 403
        assert ada.put(f"{path}/stage").status == 501
        assert ada.post(f"{path}/import").status == 501


class TestSharing:
    def test_a_private_image_is_not_found_by_strangers(self, ada: Person, eve: Person) -> None:
        path = f"/images/{filled(ada, visibility='private')['id']}"
        assert eve.get(path).status == 404
        assert eve.get(f"{path}/file").status == 404
        assert eve.delete(path).status == 404
        assert eve.get("/images").json["images"] == []

    def test_a_public_image_is_listed_for_all_and_changed_by_its_owner(
        self, ada: Person, eve: Person
    ) -> None:
        image = filled(ada, visibility="public")
        assert [i["id"] for i in eve.get("/images").json["images"]] == [image["id"]]
        assert eve.delete(f"/images/{image['id']}").status == 403
        step = {"op": "replace", "path": "/name", "value": "mine"}
        assert patch(eve, image, step).status == 403

    def test_a_community_image_is_found_by_who_looks_for_it(
        self, ada: Person, eve: Person
    ) -> None:
        image = filled(ada, visibility="community")
        assert eve.get("/images").json["images"] == []
        assert len(eve.get("/images?visibility=community").json["images"]) == 1
        assert eve.get(f"/images/{image['id']}").json["visibility"] == "community"

    def test_members_accept_what_is_shared(self, ada: Person, eve: Person) -> None:
        path = f"/images/{filled(ada)['id']}"
        member = ada.post(f"{path}/members", {"member": "eve"}).json
        assert (member["member_id"], member["status"]) == ("eve", "pending")
        assert ada.post(f"{path}/members", {"member": "eve"}).status == 409
        assert eve.get(path).status == 200
        assert eve.get("/images").json["images"] == []
        assert len(eve.get("/images?member_status=pending").json["images"]) == 1
        assert ada.put(f"{path}/members/eve", {"status": "accepted"}).status == 403
        told = eve.put(f"{path}/members/eve", {"status": "accepted"})
        assert told.json["status"] == "accepted"
        assert len(eve.get("/images").json["images"]) == 1
        assert [m["status"] for m in ada.get(f"{path}/members").json["members"]] == ["accepted"]
        assert eve.get(f"{path}/members/eve").status == 200
        assert eve.get(f"{path}/members/ada").status == 404
        assert ada.delete(f"{path}/members/eve").status == 204
        assert ada.delete(f"{path}/members/eve").status == 404
        assert eve.get(path).status == 404


class TestLists:
    def test_filters_order_and_pages(self, ada: Person) -> None:
        for name, size in (("a", 1), ("b", 3), ("c", 2)):
            filled(ada, a_raw(size * MIB), name=name, kind=name)

        def names(query: str) -> list[str]:
            told = ada.get(f"/images?{query}")
            assert told.status == 200, told.content
            return [one["name"] for one in told.json["images"]]

        assert names("sort=name:asc") == ["a", "b", "c"]
        assert names("sort_key=size&sort_dir=desc") == ["b", "c", "a"]
        assert names("name=b") == ["b"]
        assert names("name=in:a,c&sort=name:asc") == ["a", "c"]
        assert names("kind=c") == ["c"]
        assert names(f"size_min={2 * MIB}&sort=name:asc") == ["b", "c"]
        assert names(f"size_max={2 * MIB}&sort=name:asc") == ["a", "c"]
        assert names("status=queued") == []
        assert names("protected=false&disk_format=raw&sort=name:asc") == ["a", "b", "c"]
        assert names("created_at=gte:2020-01-01T00:00:00Z&limit=1000&sort=name:asc")[0] == "a"
        assert names("owner=eve") == []
        page = ada.get("/images?limit=2&sort=name:asc").json
        assert page["next"].startswith("/v2/images?")
        assert page["first"] == "/v2/images?limit=2&sort=name%3Aasc"
        rest = page["next"].removeprefix("/v2")
        assert [i["name"] for i in ada.get(rest).json["images"]] == ["c"]
        ids = [one["id"] for one in page["images"]]
        assert len(ada.get(f"/images?id=in:{','.join(ids)}").json["images"]) == 2

    @pytest.mark.parametrize(
        "query", ["sort=colour", "size_min=big", "marker=none", "limit=-1", "created_at=gt:then"]
    )
    def test_nonsense_is_refused(self, ada: Person, query: str) -> None:
        filled(ada)
        assert ada.get(f"/images?{query}").status == 400

    def test_names_are_not_ids(self, ada: Person) -> None:
        filled(ada)
        assert ada.get("/images/debian").status == 404
