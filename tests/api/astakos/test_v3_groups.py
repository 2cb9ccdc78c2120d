"""Groups in Identity v3. Spec: openstack-api 4.4."""

import pytest

from synnefo.astakos.models import DATABASE
from tests.support.astakos import a_token, a_user
from tests.support.keystone import Admin, sign_in

pytestmark = pytest.mark.django_db(databases=[DATABASE])
PASSWORD = "a password for tests"


def test_a_group_is_made_found_changed_and_deleted() -> None:
    admin = Admin()
    made = admin.make("group", name="crew", description="Sailors", ship="Argo")
    assert (made["domain_id"], made["ship"]) == ("default", "Argo")
    assert admin.get(f"/groups/{made['id']}")["group"] == made
    changed = admin.change("group", made, name="team", ship="Beagle", description=None)
    assert (changed["name"], changed["ship"], changed["description"]) == ("team", "Beagle", "")
    assert admin.names("/groups?name=team", "group") == ["team"]
    assert admin.names("/groups?domain_id=other", "group") == []
    assert admin.drop("group", made) == 204
    assert admin.status("GET", f"/groups/{made['id']}") == 404


def test_a_name_is_there_once_in_a_domain() -> None:
    admin = Admin()
    domain = admin.make("domain", name="Physics")
    admin.make("group", name="crew")
    assert admin.status("POST", "/groups", {"group": {"name": "crew"}}) == 409
    other = admin.make("group", name="crew", domain_id=domain["id"])
    moved = {"group": {"domain_id": "default"}}
    assert admin.status("PATCH", f"/groups/{other['id']}", moved) == 400
    team = admin.make("group", name="team")
    assert admin.status("PATCH", f"/groups/{team['id']}", {"group": {"name": "crew"}}) == 409
    for body in ({}, {"name": ""}, {"name": 5}, {"name": "x" * 65}):
        assert admin.status("POST", "/groups", {"group": body}) == 400


def test_members_come_and_go() -> None:
    admin, user = Admin(), a_user()
    group = admin.make("group", name="crew")
    seat = f"/groups/{group['id']}/users/{user.uuid}"
    assert admin.status("HEAD", seat) == 404
    assert admin.status("PUT", seat) == 204
    assert admin.status("PUT", seat) == 204
    assert admin.status("HEAD", seat) == 204
    assert [one["id"] for one in admin.get(f"/groups/{group['id']}/users")["users"]] == [user.uuid]
    assert admin.names(f"/users/{user.uuid}/groups", "group") == ["crew"]
    assert admin.status("DELETE", seat) == 204
    assert admin.status("DELETE", seat) == 404
    assert admin.status("PUT", f"/groups/{group['id']}/users/nobody") == 404
    assert admin.status("PUT", f"/groups/nothing/users/{user.uuid}") == 404


def test_what_a_group_may_do_its_members_may_as_long_as_they_are_in_it() -> None:
    admin = Admin()
    project, group = admin.make("project", name="lab"), admin.make("group", name="crew")
    user = admin.make("user", name="ann", password=PASSWORD)
    scope = {"project": {"id": project["id"]}}
    admin.give("member", f"groups/{group['id']}", f"projects/{project['id']}")
    assert sign_in(user, PASSWORD, scope)[0] == 401
    seat = f"/groups/{group['id']}/users/{user['id']}"
    admin.status("PUT", seat)
    status, token, told = sign_in(user, PASSWORD, scope)
    assert (status, {role["name"] for role in told["roles"]}) == (201, {"member", "reader"})
    assert told["SNF:groups"] == ["crew"]
    assert Admin(token).names("/auth/projects", "project") == ["ann", "lab"]
    admin.status("DELETE", seat)
    assert Admin(token).status("GET", "/auth/projects") == 401
    admin.status("PUT", seat)
    assert sign_in(user, PASSWORD, scope)[0] == 201
    assert admin.drop("group", group) == 204
    assert sign_in(user, PASSWORD, scope)[0] == 401


def test_groups_of_other_domains_bear_no_names_that_services_trust() -> None:
    admin = Admin()
    domain = admin.make("domain", name="Physics")
    user = admin.make("user", name="ann", password=PASSWORD)
    for place in ("default", domain["id"]):
        name = "crew" if place == "default" else "operators"
        group = admin.make("group", name=name, domain_id=place)
        admin.status("PUT", f"/groups/{group['id']}/users/{user['id']}")
    assert sign_in(user, PASSWORD)[2]["SNF:groups"] == ["crew"]


def test_people_see_their_own_groups_and_change_none() -> None:
    admin, user = Admin(), a_user()
    group = admin.make("group", name="crew")
    seat = f"/groups/{group['id']}/users/{user.uuid}"
    person = Admin(a_token(user))
    assert person.status("PUT", seat) == 403
    admin.status("PUT", seat)
    assert person.names(f"/users/{user.uuid}/groups", "group") == ["crew"]
    assert person.status("HEAD", seat) == 204
    for path in ("/groups", f"/groups/{group['id']}", f"/groups/{group['id']}/users"):
        assert person.status("GET", path) == 403
    assert person.status("POST", "/groups", {"group": {"name": "mine"}}) == 403
    assert person.status("DELETE", f"/groups/{group['id']}") == 403
    assert person.status("DELETE", seat) == 403
