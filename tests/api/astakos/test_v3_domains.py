"""Domains in Identity v3. Spec: openstack-api 4.4."""

import pytest

from synnefo.astakos.models import DATABASE
from tests.support.astakos import a_token, a_user
from tests.support.keystone import Admin, sign_in

pytestmark = pytest.mark.django_db(databases=[DATABASE])
PASSWORD = "a password for tests"


def test_a_domain_is_made_found_changed_and_deleted() -> None:
    admin = Admin()
    made = admin.make("domain", name="Physics", description="Atoms", colour="blue", tags=["a"])
    assert made["enabled"] is True
    assert admin.get(f"/domains/{made['id']}")["domain"] == made
    assert (made["colour"], made["tags"], made["options"]) == ("blue", ["a"], {})
    assert admin.names("/domains?name=PHYSICS", "domain") == ["Physics"]
    changed = admin.change("domain", made, name="Science", enabled=False, description=None)
    assert (changed["name"], changed["enabled"], changed["description"]) == ("Science", False, "")
    assert admin.names("/domains?enabled=false", "domain") == ["Science"]
    assert admin.drop("domain", made) == 204
    assert admin.status("GET", f"/domains/{made['id']}") == 404


def test_a_name_is_there_once_in_any_case() -> None:
    admin = Admin()
    admin.make("domain", name="Physics")
    status, told = admin.send("POST", "/domains", {"domain": {"name": "physics"}})
    assert (status, told["error"]["title"]) == (409, "Conflict")
    other = admin.make("domain", name="Chemistry")
    assert admin.status("PATCH", f"/domains/{other['id']}", {"domain": {"name": "PHYSICS"}}) == 409
    assert admin.status("POST", "/domains", {"domain": {"name": "default"}}) == 409


@pytest.mark.parametrize("name", ["", " ", "x" * 65, None, 7])
def test_names_that_are_none_are_refused(name: object) -> None:
    assert Admin().status("POST", "/domains", {"domain": {"name": name}}) == 400


def test_the_domain_of_everybody_stays() -> None:
    admin = Admin()
    assert admin.get("/domains/default")["domain"]["name"] == "Default"
    assert admin.status("PATCH", "/domains/default", {"domain": {"enabled": False}}) == 403
    assert admin.status("DELETE", "/domains/default") == 403


def test_an_enabled_domain_is_not_deleted() -> None:
    admin = Admin()
    made = admin.make("domain", name="Physics")
    assert admin.drop("domain", made) == 403


def test_a_disabled_domain_stops_its_people_and_projects_at_once() -> None:
    admin = Admin()
    domain = admin.make("domain", name="Physics")
    project = admin.make("project", name="lab", domain_id=domain["id"])
    user = admin.make("user", name="ann", domain_id=domain["id"], password=PASSWORD)
    admin.give("member", f"users/{user['id']}", f"projects/{project['id']}")
    scope = {"project": {"id": project["id"]}}
    status, token, _ = sign_in(user, PASSWORD, scope)
    assert status == 201
    admin.change("domain", domain, enabled=False)
    assert Admin(token).status("GET", "/auth/projects") == 401
    assert sign_in(user, PASSWORD, scope)[0] == 401
    admin.change("domain", domain, enabled=True)
    assert Admin(token).status("GET", "/auth/projects") == 200


def test_all_that_is_in_a_domain_goes_with_it() -> None:
    admin = Admin()
    domain = admin.make("domain", name="Physics")
    place = {"domain_id": domain["id"]}
    project = admin.make("project", name="lab", **place)
    below = admin.make("project", name="room", parent_id=project["id"])
    assert below["domain_id"] == domain["id"]
    things = {
        "project": project,
        "user": admin.make("user", name="ann", password=PASSWORD, **place),
        "group": admin.make("group", name="crew", **place),
        "role": admin.make("role", name="keeper", **place),
    }
    admin.change("domain", domain, enabled=False)
    assert admin.drop("domain", domain) == 204
    for noun, thing in things.items():
        assert admin.status("GET", f"/{noun}s/{thing['id']}") == 404, noun


def test_a_domain_is_a_project_too() -> None:
    admin = Admin()
    made = admin.make("project", name="Physics", is_domain=True, domain_id=None)
    assert (made["is_domain"], made["domain_id"], made["parent_id"]) == (True, None, None)
    assert admin.get(f"/domains/{made['id']}")["domain"]["name"] == "Physics"
    assert admin.names("/projects?is_domain=True", "project") == ["Default", "Physics"]
    assert admin.get(f"/projects/{made['id']}")["project"] == made
    assert admin.drop("project", made) == 403
    admin.change("project", made, enabled=False, description="gone")
    assert admin.drop("project", made) == 204


def test_people_see_the_domain_of_everybody_and_change_none() -> None:
    hidden = Admin().make("domain", name="Physics")
    person = Admin(a_token(a_user()))
    assert person.names("/domains", "domain") == ["Default"]
    assert person.status("GET", f"/domains/{hidden['id']}") == 403
    assert person.status("POST", "/domains", {"domain": {"name": "Mine"}}) == 403
    assert person.status("PATCH", "/domains/default", {"domain": {"name": "Mine"}}) == 403
    assert person.status("DELETE", f"/domains/{hidden['id']}") == 403
