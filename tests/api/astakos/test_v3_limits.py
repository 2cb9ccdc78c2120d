"""Unified limits in Identity v3: the same rows that quota is computed from."""

import pytest

from synnefo.astakos.domain.definitions import ServiceDef
from synnefo.astakos.models import DATABASE, Holding
from synnefo.astakos.usecases import registry
from synnefo.wire.provisions import project_holder
from tests.support.astakos import a_component, a_resource, a_token, a_user
from tests.support.keystone import Admin, sign_in

pytestmark = pytest.mark.django_db(databases=[DATABASE])
PASSWORD = "a password for tests"


def _machines() -> None:
    """Register machines, of which a project gets seven at first."""
    a_component("cyclades")
    nova = ServiceDef(
        name="nova", type="compute", component="cyclades", catalog="openstack", path="v2.1"
    )
    registry.import_services([nova])
    resource = a_resource("cyclades.vm")
    registry.modify_resource(resource.name, {"project_default": 7})


def test_resources_are_registered_limits_of_the_services_in_the_catalogue() -> None:
    _machines()
    admin = Admin()
    [one] = admin.get("/registered_limits")["registered_limits"]
    nova = admin.get("/services?name=nova")["services"][0]
    assert (one["resource_name"], one["default_limit"]) == ("cyclades.vm", 7)
    assert one["service_id"] == nova["id"]
    path = f"/registered_limits/{one['id']}"
    assert admin.get(path)["registered_limit"] == one
    assert admin.status("PATCH", path, {"registered_limit": {"resource_name": "x"}}) == 403
    assert admin.status("DELETE", path) == 403
    assert admin.status("POST", "/registered_limits", {"registered_limits": []}) == 403
    status, told = admin.send("PATCH", path, {"registered_limit": {"default_limit": -1}})
    assert (status, told["registered_limit"]["default_limit"]) == (200, -1)
    for amount in (-2, 1 << 63, "5"):
        body = {"registered_limit": {"default_limit": amount}}
        assert admin.status("PATCH", path, body) == 400
    assert admin.get("/limits/model")["model"]["name"] == "flat"


def test_a_limit_of_a_project_is_its_quota() -> None:
    _machines()
    admin = Admin()
    project = admin.make("project", name="lab")
    assert admin.get("/limits")["limits"] == []
    [one] = admin.get("/registered_limits")["registered_limits"]
    wanted = {
        "service_id": one["service_id"],
        "resource_name": "cyclades.vm",
        "resource_limit": 3,
        "project_id": project["id"],
    }
    status, told = admin.send("POST", "/limits", {"limits": [wanted]})
    assert (status, told["limits"][0]["resource_limit"]) == (201, 3)
    held = Holding.objects.get(holder=project_holder(project["id"]), resource="cyclades.vm")
    assert held.limit == 3
    path = f"/limits/{told['limits'][0]['id']}"
    assert admin.get(path)["limit"] == told["limits"][0]
    assert admin.status("POST", "/limits", {"limits": [wanted]}) == 409
    assert admin.status("PATCH", path, {"limit": {"resource_limit": 4}}) == 200
    held.refresh_from_db()
    assert held.limit == 4
    assert len(admin.get(f"/limits?project_id={project['id']}")["limits"]) == 1
    assert admin.get("/limits?resource_name=other")["limits"] == []
    assert admin.status("DELETE", path) == 204
    assert admin.status("DELETE", path) == 404
    held.refresh_from_db()
    assert held.limit == 7
    for change in ({"resource_name": "x"}, {"service_id": "x"}, {"project_id": None}):
        assert admin.status("POST", "/limits", {"limits": [{**wanted, **change}]}) == 400


def test_people_see_the_limits_of_their_project_and_change_none() -> None:
    _machines()
    admin = Admin()
    project = admin.make("project", name="lab")
    user = admin.make("user", name="ann", password=PASSWORD)
    admin.give("member", f"users/{user['id']}", f"projects/{project['id']}")
    [one] = admin.get("/registered_limits")["registered_limits"]
    wanted = {
        "service_id": one["service_id"],
        "resource_name": "cyclades.vm",
        "resource_limit": 3,
        "project_id": project["id"],
    }
    limit = admin.send("POST", "/limits", {"limits": [wanted]})[1]["limits"][0]
    path = f"/limits/{limit['id']}"
    member = Admin(sign_in(user, PASSWORD, {"project": {"id": project["id"]}})[1])
    assert member.get("/limits")["limits"] == [limit]
    assert member.get(path)["limit"] == limit
    assert member.get("/registered_limits")["registered_limits"] == [one]
    stranger = Admin(a_token(a_user()))
    assert stranger.get("/limits")["limits"] == []
    assert stranger.status("GET", path) == 404
    for caller in (member, stranger):
        assert caller.status("POST", "/limits", {"limits": [wanted]}) == 403
        assert caller.status("PATCH", path, {"limit": {"resource_limit": 9}}) == 403
        assert caller.status("DELETE", path) == 403
        body = {"registered_limit": {"default_limit": 9}}
        assert caller.status("PATCH", f"/registered_limits/{one['id']}", body) == 403
