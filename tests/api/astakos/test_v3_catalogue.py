"""Services, endpoints and regions in Identity v3. Spec: openstack-api 3, 4.4."""

import pytest

from synnefo.astakos.domain.definitions import ServiceDef
from synnefo.astakos.models import DATABASE
from synnefo.astakos.usecases import registry
from tests.support.astakos import a_component, a_token, a_user
from tests.support.keystone import Admin

pytestmark = pytest.mark.django_db(databases=[DATABASE])


def _registered() -> None:
    a_component("pithos")
    swift = ServiceDef(
        name="swift", type="object-store", component="pithos", catalog="openstack", path="v1"
    )
    registry.import_services([swift])


def test_a_service_is_added_changed_and_taken_out() -> None:
    admin = Admin()
    made = admin.make("service", name="heat", type="orchestration", description="Plans", age=1)
    assert (made["enabled"], made["age"]) == (True, 1)
    assert admin.get(f"/services/{made['id']}")["service"] == made
    changed = admin.change("service", made, name="warm", enabled=False, age=2)
    assert (changed["name"], changed["enabled"], changed["age"]) == ("warm", False, 2)
    assert admin.names("/services?type=orchestration", "service") == ["warm"]
    assert admin.drop("service", made) == 204
    assert admin.drop("service", made) == 404
    for body in ({}, {"type": ""}, {"type": 7}, {"type": "x", "enabled": "True"}):
        assert admin.status("POST", "/services", {"service": body}) == 400


def test_an_endpoint_is_added_changed_and_taken_out() -> None:
    admin = Admin()
    service = admin.make("service", name="heat", type="orchestration")
    facts = {"service_id": service["id"], "interface": "public", "url": "http://heat/v1"}
    made = admin.make("endpoint", **facts, region="north")
    assert (made["region"], made["region_id"], made["enabled"]) == ("north", "north", True)
    assert admin.get("/regions/north")["region"]["id"] == "north"
    changed = admin.change("endpoint", made, interface="admin", url="http://other")
    assert (changed["interface"], changed["url"]) == ("admin", "http://other")
    for query in ("interface=admin", "region=north", "region_id=north"):
        found = admin.get(f"/endpoints?service_id={service['id']}&{query}")["endpoints"]
        assert [one["id"] for one in found] == [made["id"]]
    wrong = (
        {**facts, "interface": "private"},
        {**facts, "service_id": "nothing"},
        {**facts, "url": ""},
        {**facts, "enabled": "False"},
        {"url": "http://heat"},
    )
    for body in wrong:
        assert admin.status("POST", "/endpoints", {"endpoint": body}) == 400
    nowhere = {**facts, "region_id": "nowhere"}
    assert admin.status("POST", "/endpoints", {"endpoint": nowhere}) == 404
    assert admin.drop("endpoint", made) == 204
    assert admin.drop("endpoint", made) == 404


def test_what_is_added_is_in_the_catalogue_of_every_token() -> None:
    _registered()
    admin, user = Admin(), a_user()
    service = admin.make("service", name="heat", type="orchestration")
    url = "http://heat/v1/$(tenant_id)s"
    facts = {"service_id": service["id"], "interface": "public", "url": url}
    endpoint = admin.make("endpoint", **facts, region="north")
    person = Admin(a_token(user))
    catalog = {one["name"]: one for one in person.get("/auth/catalog")["catalog"]}
    assert catalog["heat"]["endpoints"][0]["url"] == f"http://heat/v1/{user.uuid}"
    assert set(catalog) == {"swift", "heat"}
    admin.change("endpoint", endpoint, enabled=False)
    catalog = {one["name"]: one for one in person.get("/auth/catalog")["catalog"]}
    assert catalog["heat"]["endpoints"] == []
    admin.change("service", service, enabled=False)
    assert [one["name"] for one in person.get("/auth/catalog")["catalog"]] == ["swift"]
    admin.change("service", service, enabled=True)
    admin.drop("service", service)
    assert admin.get(f"/endpoints?service_id={service['id']}")["endpoints"] == []


def test_what_components_registered_is_shown_and_gets_more_addresses() -> None:
    _registered()
    admin = Admin()
    swift = admin.get("/services?name=swift")["services"][0]
    path = f"/services/{swift['id']}"
    assert admin.get(path)["service"] == swift
    assert admin.status("PATCH", path, {"service": {"name": "slow"}}) == 403
    assert admin.status("DELETE", path) == 403
    held = admin.get(f"/endpoints?service_id={swift['id']}")["endpoints"]
    assert {one["interface"] for one in held} == {"public", "internal", "admin"}
    one = f"/endpoints/{held[0]['id']}"
    assert admin.get(one)["endpoint"] == held[0]
    assert admin.status("DELETE", one) == 403
    facts = {"service_id": swift["id"], "interface": "public", "url": "http://north"}
    admin.make("endpoint", **facts, region="north")
    catalog = Admin(a_token(a_user())).get("/auth/catalog")["catalog"]
    assert {one["region"] for one in catalog[0]["endpoints"]} == {"default", "north"}


def test_regions_are_made_nested_and_deleted_when_nothing_is_in_them() -> None:
    admin = Admin()
    assert [one["id"] for one in admin.get("/regions")["regions"]] == ["default"]
    status, made = admin.send("PUT", "/regions/north", {"region": {"description": "Cold"}})
    assert (status, made["region"]["description"]) == (201, "Cold")
    below = admin.make("region", id="pole", parent_region_id="north")
    assert below["parent_region_id"] == "north"
    assert admin.make("region", description="nameless")["id"]
    assert admin.status("POST", "/regions", {"region": {"id": "north"}}) == 409
    assert admin.status("PUT", "/regions/x", {"region": {"id": "y"}}) == 400
    body = {"region": {"id": "z", "parent_region_id": "nowhere"}}
    assert admin.status("POST", "/regions", body) == 404
    found = admin.get("/regions?parent_region_id=north")["regions"]
    assert [one["id"] for one in found] == ["pole"]
    assert admin.change("region", {"id": "north"}, description="Colder")["id"] == "north"
    assert admin.drop("region", {"id": "north"}) == 403
    assert admin.drop("region", below) == 204
    assert admin.drop("region", {"id": "north"}) == 204
    assert admin.drop("region", {"id": "default"}) == 403


def test_the_catalogue_is_changed_by_administrators_alone() -> None:
    admin = Admin()
    service = admin.make("service", name="heat", type="orchestration")
    person = Admin(a_token(a_user()))
    for path in ("/services", f"/services/{service['id']}", "/endpoints"):
        assert person.status("GET", path) == 403
    assert person.get("/regions")["regions"]
    for noun, body in (("service", {"type": "x"}), ("endpoint", {}), ("region", {"id": "x"})):
        assert person.status("POST", f"/{noun}s", {noun: body}) == 403
    assert person.status("DELETE", f"/services/{service['id']}") == 403
    assert person.status("PUT", "/regions/x", {"region": {}}) == 403
    assert person.status("DELETE", "/regions/default") == 403
