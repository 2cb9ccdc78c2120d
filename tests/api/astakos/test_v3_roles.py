"""Roles and what they imply in Identity v3. Spec: openstack-api 4.4."""

import pytest

from synnefo.astakos.models import DATABASE
from tests.support.astakos import a_token, a_user
from tests.support.keystone import Admin, sign_in

pytestmark = pytest.mark.django_db(databases=[DATABASE])
PASSWORD = "a password for tests"


def test_a_role_is_made_found_changed_and_deleted() -> None:
    admin = Admin()
    made = admin.make("role", name="Nurse", description="Cares", ward=5)
    assert (made["domain_id"], made["options"], made["ward"]) == (None, {}, 5)
    assert admin.get(f"/roles/{made['id']}")["role"] == made
    assert admin.names("/roles?name=NURSE", "role") == ["Nurse"]
    assert admin.status("POST", "/roles", {"role": {"name": "nurse"}}) == 409
    changed = admin.change("role", made, name="Doctor", description=None)
    assert (changed["name"], changed["description"], changed["ward"]) == ("Doctor", "", 5)
    assert admin.drop("role", made) == 204
    assert admin.drop("role", made) == 404
    for body in ({}, {"name": ""}, {"name": None}, {"name": "x" * 256}):
        assert admin.status("POST", "/roles", {"role": body}) == 400


def test_the_standing_roles_are_there_and_stay() -> None:
    admin = Admin()
    assert admin.names("/roles", "role") == ["admin", "manager", "member", "reader", "service"]
    for name in ("admin", "member"):
        path = f"/roles/{admin.role(name)}"
        assert admin.status("DELETE", path) == 403
        assert admin.status("PATCH", path, {"role": {"name": "boss"}}) == 403
        assert admin.change("role", {"id": admin.role(name)}, description="x")["name"] == name
    rules = admin.get("/role_inferences")["role_inferences"]
    told = {rule["prior_role"]["name"]: [r["name"] for r in rule["implies"]] for rule in rules}
    assert told == {"admin": ["member"], "manager": ["member"], "member": ["reader"]}


def test_an_immutable_role_stays() -> None:
    admin = Admin()
    made = admin.make("role", name="nurse", options={"immutable": True})
    assert admin.drop("role", made) == 403
    admin.change("role", made, options={"immutable": False})
    assert admin.drop("role", made) == 204


def test_a_role_brings_those_that_it_implies() -> None:
    admin = Admin()
    doctor, nurse, aide = (admin.make("role", name=name) for name in ("doctor", "nurse", "aide"))
    project = admin.make("project", name="ward")
    user = admin.make("user", name="ann", password=PASSWORD)
    admin.give("doctor", f"users/{user['id']}", f"projects/{project['id']}")
    scope = {"project": {"id": project["id"]}}
    _, token, told = sign_in(user, PASSWORD, scope)
    assert [role["name"] for role in told["roles"]] == ["doctor"]
    for prior, implied in ((doctor, nurse), (nurse, aide)):
        path = f"/roles/{prior['id']}/implies/{implied['id']}"
        assert admin.status("GET", path) == 404
        status, rule = admin.send("PUT", path)
        assert (status, rule["role_inference"]["implies"]["id"]) == (201, implied["id"])
        assert admin.status("HEAD", path) == 204
        assert admin.get(path) == rule
    listed = admin.get(f"/roles/{doctor['id']}/implies")["role_inference"]
    assert [role["name"] for role in listed["implies"]] == ["nurse"]
    assert _roles(token, project["id"]) == {"doctor", "nurse", "aide"}
    assert admin.status("DELETE", f"/roles/{nurse['id']}/implies/{aide['id']}") == 204
    assert admin.status("DELETE", f"/roles/{nurse['id']}/implies/{aide['id']}") == 404
    assert _roles(token, project["id"]) == {"doctor", "nurse"}


def _roles(token: str, project: str) -> set[str]:
    told = Admin(token).send("POST", "/auth/tokens", _again(token, project))[1]["token"]
    return {role["name"] for role in told["roles"]}


def _again(token: str, project: str) -> dict[str, object]:
    identity = {"methods": ["token"], "token": {"id": token}}
    return {"auth": {"identity": identity, "scope": {"project": {"id": project}}}}


def test_roles_do_not_lead_round_in_a_circle_nor_up_to_admin() -> None:
    admin = Admin()
    doctor, nurse = (admin.make("role", name=name) for name in ("doctor", "nurse"))
    assert admin.status("PUT", f"/roles/{doctor['id']}/implies/{nurse['id']}") == 201
    assert admin.status("PUT", f"/roles/{nurse['id']}/implies/{doctor['id']}") == 400
    assert admin.status("PUT", f"/roles/{nurse['id']}/implies/{nurse['id']}") == 400
    assert admin.status("PUT", f"/roles/{nurse['id']}/implies/{admin.role('admin')}") == 403


def test_a_role_of_a_domain_counts_there_and_brings_what_it_implies() -> None:
    admin = Admin()
    domain = admin.make("domain", name="Physics")
    keeper = admin.make("role", name="keeper", domain_id=domain["id"])
    assert admin.names(f"/roles?domain_id={domain['id']}", "role") == ["keeper"]
    assert "keeper" not in admin.names("/roles", "role")
    member = admin.role("member")
    assert admin.status("PUT", f"/roles/{keeper['id']}/implies/{member}") == 201
    assert admin.status("PUT", f"/roles/{member}/implies/{keeper['id']}") == 403
    inside = admin.make("project", name="lab", domain_id=domain["id"])
    outside = admin.make("project", name="lab")
    user = admin.make("user", name="ann", password=PASSWORD)
    path = "/projects/{}/users/{}/roles/{}"
    given = path.format(outside["id"], user["id"], keeper["id"])
    assert admin.status("PUT", given) == 403
    given = path.format(inside["id"], user["id"], keeper["id"])
    assert admin.status("PUT", given) == 204
    told = sign_in(user, PASSWORD, {"project": {"id": inside["id"]}})[2]
    assert {role["name"] for role in told["roles"]} == {"member", "reader"}


def test_people_see_roles_and_change_none() -> None:
    admin, person = Admin(), Admin(a_token(a_user()))
    made = admin.make("role", name="nurse")
    assert "nurse" in person.names("/roles", "role")
    assert person.get(f"/roles/{made['id']}")["role"] == made
    assert person.status("POST", "/roles", {"role": {"name": "mine"}}) == 403
    assert person.status("PATCH", f"/roles/{made['id']}", {"role": {"name": "mine"}}) == 403
    assert person.status("DELETE", f"/roles/{made['id']}") == 403
    assert person.status("GET", "/role_inferences") == 403
    implied = f"/roles/{made['id']}/implies/{admin.role('member')}"
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert person.status(method, implied) == 403
