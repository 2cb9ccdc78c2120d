"""Who may do what in Identity v3: like Keystone's defaults, with no way up."""

from typing import Any

import pytest

from synnefo.astakos.models import DATABASE
from synnefo.astakos.usecases import callers, project_rights, roles
from tests.support.astakos import a_component, a_token, a_user
from tests.support.identity_calls import an_app, with_app
from tests.support.keystone import Admin, sign_in

pytestmark = pytest.mark.django_db(databases=[DATABASE])
PASSWORD = "a password for tests"
SYSTEM: dict[str, Any] = {"system": {"all": True}}


class House:
    """A domain with somebody who has a role on it, and a world outside."""

    def __init__(self, role: str) -> None:
        self.admin = Admin()
        self.domain = self.admin.make("domain", name="Physics")
        self.place = {"domain_id": self.domain["id"]}
        self.keeper = self.admin.make("user", name="kim", password=PASSWORD, **self.place)
        self.admin.give(role, f"users/{self.keeper['id']}", f"domains/{self.domain['id']}")
        scope = {"domain": {"id": self.domain["id"]}}
        status, token, _ = sign_in(self.keeper, PASSWORD, scope)
        assert status == 201
        self.caller = Admin(token)

    def give(self, role: str, user: Any, where: str) -> int:
        path = f"/{where}/users/{user['id']}/roles/{self.admin.role(role)}"
        return self.caller.status("PUT", path)


@pytest.mark.parametrize("role", ["admin", "manager"])
def test_administrators_of_a_domain_run_it(role: str) -> None:
    house = House(role)
    caller = house.caller
    user = caller.make("user", name="ann", password=PASSWORD)
    project = caller.make("project", name="lab")
    group = caller.make("group", name="crew")
    for thing in (user, project, group):
        assert thing["domain_id"] == house.domain["id"]
    caller.change("user", user, description="new")
    assert caller.status("PUT", f"/groups/{group['id']}/users/{user['id']}") == 204
    for given in ("member", "reader", "manager"):
        assert house.give(given, user, f"projects/{project['id']}") == 204
        assert house.give(given, user, f"domains/{house.domain['id']}") == 204
    path = f"/projects/{project['id']}/users/{user['id']}/roles/{house.admin.role('member')}"
    assert caller.status("DELETE", path) == 204
    assert set(caller.names("/users", "user")) == {"ann", "kim"}
    assert "lab" in caller.names("/projects", "project")
    assert caller.names("/groups", "group") == ["crew"]
    query = f"/role_assignments?scope.domain.id={house.domain['id']}"
    assert caller.get(query)["role_assignments"]
    for noun, thing in (("group", group), ("user", user), ("project", project)):
        assert caller.drop(noun, thing) == 204


@pytest.mark.parametrize("role", ["admin", "manager"])
def test_they_run_nothing_outside_it(role: str) -> None:
    house = House(role)
    admin, caller = house.admin, house.caller
    user, group = admin.make("user", name="bob"), admin.make("group", name="team")
    project = admin.make("project", name="yard")
    for noun, thing in (("user", user), ("group", group), ("project", project)):
        assert caller.status("GET", f"/{noun}s/{thing['id']}") in {403, 404}
        assert caller.status("DELETE", f"/{noun}s/{thing['id']}") == 403
        body = {noun: {"name": "mine", "domain_id": "default"}}
        assert caller.status("PATCH", f"/{noun}s/{thing['id']}", body) == 403
        assert caller.status("POST", f"/{noun}s", body) == 403
    for where in ("system", "domains/default", f"projects/{project['id']}"):
        assert house.give("reader", house.keeper, where) == 403
    assert caller.status("POST", "/domains", {"domain": {"name": "Mine"}}) == 403
    assert caller.status("PATCH", f"/domains/{house.domain['id']}", {"domain": {}}) == 403
    assert caller.status("POST", "/roles", {"role": {"name": "mine"}}) == 403
    assert caller.status("POST", "/services", {"service": {"type": "x"}}) == 403
    assert caller.status("GET", "/role_assignments") == 403
    assert "yard" not in caller.names("/projects", "project")


@pytest.mark.parametrize("role", ["admin", "manager"])
def test_they_find_no_way_to_be_more(role: str) -> None:
    house = House(role)
    admin, caller, place = house.admin, house.caller, house.place
    boss = admin.make("user", name="boss", password=PASSWORD, **place)
    admin.give("admin", f"users/{boss['id']}", "system")
    project = admin.make("project", name="lab", **place)
    group = admin.make("group", name="bosses", **place)
    admin.give("admin", f"groups/{group['id']}", f"projects/{project['id']}")
    mine = {"user": {"password": "a password of mine"}}
    assert caller.status("PATCH", f"/users/{boss['id']}", mine) == 403
    assert caller.drop("user", boss) == 403
    assert caller.status("PUT", f"/groups/{group['id']}/users/{house.keeper['id']}") == 403
    assert caller.status("PATCH", f"/groups/{group['id']}", {"group": {"name": "x"}}) == 403
    for where in (f"projects/{project['id']}", f"domains/{house.domain['id']}"):
        assert house.give("admin", house.keeper, where) == 403
    sly = admin.make("role", name="sly")
    assert admin.status("PUT", f"/roles/{sly['id']}/implies/{admin.role('admin')}") == 403
    own = admin.make("role", name="keeper", **place)
    path = f"/projects/{project['id']}/users/{house.keeper['id']}/roles"
    assert caller.status("PUT", f"{path}/{own['id']}") == 204
    assert caller.status("PUT", f"{path}/{sly['id']}") == 403


def test_a_role_on_a_domain_counts_for_nothing_with_a_token_for_a_project() -> None:
    house = House("admin")
    project = house.admin.make("project", name="lab", **house.place)
    house.admin.give("manager", f"users/{house.keeper['id']}", f"projects/{project['id']}")
    token = sign_in(house.keeper, PASSWORD, {"project": {"id": project["id"]}})[1]
    caller = Admin(token)
    assert caller.status("POST", "/users", {"user": {"name": "x", **house.place}}) == 403
    assert caller.status("GET", "/users") == 403
    path = f"/system/users/{house.keeper['id']}/roles/{house.admin.role('reader')}"
    assert caller.status("PUT", path) == 403


def test_readers_of_a_domain_read_it_and_nothing_else() -> None:
    house = House("reader")
    caller = house.caller
    project = house.admin.make("project", name="lab", **house.place)
    assert caller.names("/users", "user") == ["kim"]
    assert "lab" in caller.names("/projects", "project")
    assert caller.get(f"/domains/{house.domain['id']}")["domain"]["name"] == "Physics"
    for noun in ("user", "project", "group"):
        assert caller.status("POST", f"/{noun}s", {noun: {"name": "mine"}}) == 403
    assert caller.drop("project", project) == 403
    assert caller.status("GET", "/users?domain_id=default") == 200
    assert caller.names("/users?domain_id=default", "user") == []


def test_readers_of_the_system_read_everything_and_change_nothing() -> None:
    admin, user = Admin(), a_user()
    admin.give("reader", f"users/{user.uuid}", "system")
    status, token, told = sign_in(user, "correct horse battery", SYSTEM)
    assert (status, [role["name"] for role in told["roles"]]) == (201, ["reader"])
    caller = Admin(token)
    service = admin.make("service", type="x")
    for path in (
        *("/users", "/projects", "/groups", "/domains", "/roles", "/role_assignments"),
        *("/services", "/endpoints", "/regions", "/role_inferences", f"/users/{user.uuid}"),
        f"/services/{service['id']}",
    ):
        assert caller.status("GET", path) == 200, path
    for noun in ("user", "project", "group", "domain", "role", "region"):
        assert caller.status("POST", f"/{noun}s", {noun: {"name": "mine"}}) == 403
    assert caller.drop("service", service) == 403
    in_project = Admin(a_token(user))
    assert in_project.status("GET", "/users") == 403


def test_administrators_of_the_system_need_no_project() -> None:
    admin = Admin()
    made = admin.make("user", name="ann", password=PASSWORD)
    assert sign_in(made, PASSWORD, SYSTEM)[0] == 401
    admin.give("admin", f"users/{made['id']}", "system")
    status, token, told = sign_in(made, PASSWORD, SYSTEM)
    assert (status, told["system"]) == (201, {"all": True})
    caller = Admin(token)
    assert caller.get("/auth/system")["system"] == [{"all": True}]
    assert caller.make("user", name="bob")["name"] == "bob"
    assert admin.take("admin", f"users/{made['id']}", "system") == 204
    assert caller.status("GET", "/users") == 401


def test_admin_on_a_project_administers_the_cloud_as_in_openstack() -> None:
    admin = Admin()
    project = admin.make("project", name="admins")
    made = admin.make("user", name="ann", password=PASSWORD)
    admin.give("admin", f"users/{made['id']}", f"projects/{project['id']}")
    token = sign_in(made, PASSWORD, {"project": {"id": project["id"]}})[1]
    assert Admin(token).make("user", name="bob")["name"] == "bob"
    unscoped = sign_in(made, PASSWORD, {"unscoped": {}})[1]
    assert Admin(unscoped).status("GET", "/users") == 403


def test_components_administer_nothing() -> None:
    _, token = a_component()
    caller = Admin(token)
    assert caller.status("GET", "/users") == 403
    assert caller.status("POST", "/users", {"user": {"name": "x"}}) == 403
    assert caller.status("GET", "/role_assignments") == 403


def test_what_an_administrator_hands_on_administers_only_if_it_bears_the_role() -> None:
    boss = a_user(admin=True)
    for name, able in (("reader", False), ("member", False), ("admin", True)):
        wish: dict[str, Any] = {"roles": [{"name": name}]}
        app = an_app(boss, name=name, **wish)
        got = with_app(app["id"], app["secret"])
        acting = callers.user_of(callers.authenticate(got.token))
        assert roles.is_operator(acting) is able
        assert project_rights.is_admin(acting) is able
        assert Admin(got.token).status("GET", "/users") == (200 if able else 403)
    assert roles.is_operator(boss)
