"""Roles given, inherited, taken back and listed in Identity v3. Spec: openstack-api 4.4."""

from typing import Any

import pytest

from synnefo.astakos.models import DATABASE
from tests.support.astakos import a_project, a_token, a_user
from tests.support.keystone import Admin, sign_in

pytestmark = pytest.mark.django_db(databases=[DATABASE])
PASSWORD = "a password for tests"


class Ward:
    """A user, a group with that user in it, a project and a domain for each test."""

    def __init__(self) -> None:
        self.admin = Admin()
        self.domain = self.admin.make("domain", name="Physics")
        place = {"domain_id": self.domain["id"]}
        self.project = self.admin.make("project", name="lab", **place)
        self.user = self.admin.make("user", name="ann", password=PASSWORD, **place)
        self.group = self.admin.make("group", name="crew", **place)
        self.role = self.admin.make("role", name="nurse")
        seat = f"/groups/{self.group['id']}/users/{self.user['id']}"
        assert self.admin.status("PUT", seat) == 204

    def path(self, where: str, who: str) -> str:
        places = {
            "project": f"/projects/{self.project['id']}",
            "domain": f"/domains/{self.domain['id']}",
            "system": "/system",
        }
        actors = {"user": f"/users/{self.user['id']}", "group": f"/groups/{self.group['id']}"}
        return f"{places[where]}{actors[who]}/roles"

    def scope(self, where: str) -> dict[str, Any]:
        return {
            "project": {"project": {"id": self.project["id"]}},
            "domain": {"domain": {"id": self.domain["id"]}},
            "system": {"system": {"all": True}},
        }[where]

    def signs_in(self, where: str) -> set[str] | None:
        status, _, told = sign_in(self.user, PASSWORD, self.scope(where))
        return {role["name"] for role in told["roles"]} if status == 201 else None

    def listed(self, query: str) -> list[Any]:
        found: list[Any] = self.admin.get(f"/role_assignments?{query}")["role_assignments"]
        return found


@pytest.mark.parametrize("where", ["project", "domain", "system"])
@pytest.mark.parametrize("who", ["user", "group"])
def test_a_role_is_given_seen_and_taken_back(where: str, who: str) -> None:
    ward = Ward()
    admin, roles = ward.admin, ward.path(where, who)
    one = f"{roles}/{ward.role['id']}"
    assert admin.status("HEAD", one) == 404
    assert ward.signs_in(where) is None
    assert admin.status("PUT", one) == 204
    assert admin.status("PUT", one) == 204
    assert admin.status("HEAD", one) == 204
    assert admin.names(roles, "role") == ["nurse"]
    assert ward.signs_in(where) == {"nurse"}
    assert admin.status("DELETE", one) == 204
    assert admin.status("DELETE", one) == 404
    assert admin.get(roles)["roles"] == []
    assert ward.signs_in(where) is None
    assert admin.status("PUT", f"{roles}/nothing") == 404
    assert admin.status("PUT", one.replace(ward.user["id"], "x").replace("groups/", "x/")) == 404


@pytest.mark.parametrize("who", ["user", "group"])
def test_a_domain_hands_roles_down_to_its_projects(who: str) -> None:
    ward = Ward()
    admin = ward.admin
    roles = f"/OS-INHERIT{ward.path('domain', who)}"
    one = f"{roles}/{ward.role['id']}/inherited_to_projects"
    assert admin.status("PUT", one) == 204
    assert admin.status("HEAD", one) == 204
    assert admin.names(f"{roles}/inherited_to_projects", "role") == ["nurse"]
    assert admin.get(ward.path("domain", who))["roles"] == []
    assert ward.signs_in("project") == {"nurse"}
    assert ward.signs_in("domain") is None
    token = sign_in(ward.user, PASSWORD, ward.scope("project"))[1]
    assert "lab" in Admin(token).names("/auth/projects", "project")
    later = admin.make("project", name="later", domain_id=ward.domain["id"])
    assert sign_in(ward.user, PASSWORD, {"project": {"id": later["id"]}})[0] == 201
    assert admin.status("DELETE", one) == 204
    assert ward.signs_in("project") is None
    assert Admin(token).status("GET", "/auth/projects") == 401


def test_a_project_hands_roles_down_to_those_below() -> None:
    ward = Ward()
    below = ward.admin.make("project", name="room", parent_id=ward.project["id"])
    lower = ward.admin.make("project", name="desk", parent_id=below["id"])
    path = f"/OS-INHERIT{ward.path('project', 'user')}/{ward.role['id']}/inherited_to_projects"
    assert ward.admin.status("PUT", path) == 204
    assert ward.signs_in("project") is None
    for project in (below, lower):
        status, _, told = sign_in(ward.user, PASSWORD, {"project": {"id": project["id"]}})
        assert (status, [role["name"] for role in told["roles"]]) == (201, ["nurse"])


def test_assignments_are_listed_as_they_were_given() -> None:
    ward = Ward()
    for where in ("project", "domain", "system"):
        for who in ("user", "group"):
            ward.admin.status("PUT", f"{ward.path(where, who)}/{ward.role['id']}")
    assert len(ward.listed(f"role.id={ward.role['id']}")) == 6
    mine = ward.listed(f"user.id={ward.user['id']}&scope.project.id={ward.project['id']}")
    assert mine == [
        {
            "role": {"id": ward.role["id"]},
            "user": {"id": ward.user["id"]},
            "scope": {"project": {"id": ward.project["id"]}},
            "links": {
                "assignment": "http://127.0.0.1:8000/astakos/identity/v3"
                f"{ward.path('project', 'user')}/{ward.role['id']}"
            },
        }
    ]
    groups = ward.listed(f"group.id={ward.group['id']}&scope.domain.id={ward.domain['id']}")
    assert [one["group"]["id"] for one in groups] == [ward.group["id"]]
    system = ward.listed(f"scope.system=all&user.id={ward.user['id']}")
    assert [one["scope"] for one in system] == [{"system": {"all": True}}]


def test_names_are_told_when_they_are_wanted() -> None:
    ward = Ward()
    ward.admin.status("PUT", f"{ward.path('project', 'user')}/{ward.role['id']}")
    found = ward.listed(f"user.id={ward.user['id']}&role.id={ward.role['id']}&include_names=True")
    physics = {"id": ward.domain["id"], "name": "Physics"}
    assert found[0]["user"] == {"id": ward.user["id"], "name": "ann", "domain": physics}
    scope = {"id": ward.project["id"], "name": "lab", "domain": physics}
    assert found[0]["scope"] == {"project": scope}
    assert found[0]["role"] == {"id": ward.role["id"], "name": "nurse"}


def test_effective_assignments_are_what_tokens_bear() -> None:
    ward = Ward()
    admin = ward.admin
    aide = admin.make("role", name="aide")
    admin.status("PUT", f"/roles/{ward.role['id']}/implies/{aide['id']}")
    inherited = (
        f"/OS-INHERIT{ward.path('domain', 'group')}/{ward.role['id']}/inherited_to_projects"
    )
    assert admin.status("PUT", inherited) == 204
    query = f"user.id={ward.user['id']}&scope.project.id={ward.project['id']}"
    assert ward.listed(query) == []
    found = ward.listed(f"{query}&effective")
    assert {one["role"]["id"] for one in found} == {ward.role["id"], aide["id"]}
    assert ward.signs_in("project") == {"nurse", "aide"}
    for one in found:
        assert one["scope"]["OS-INHERIT:inherited_to"] == "projects"
        assert one["links"]["assignment"].endswith(inherited)
        assert one["links"]["membership"].endswith(
            f"/groups/{ward.group['id']}/users/{ward.user['id']}"
        )
    implied = next(one for one in found if one["role"]["id"] == aide["id"])
    assert implied["links"]["prior_role"].endswith(f"/implies/{aide['id']}")
    given = ward.listed(f"role.id={ward.role['id']}&scope.OS-INHERIT:inherited_to=projects")
    assert [one["group"]["id"] for one in given] == [ward.group["id"]]


def test_what_is_below_is_listed_when_it_is_wanted() -> None:
    ward = Ward()
    below = ward.admin.make("project", name="room", parent_id=ward.project["id"])
    who = f"users/{ward.user['id']}/roles/{ward.role['id']}"
    for project in (ward.project, below):
        ward.admin.status("PUT", f"/projects/{project['id']}/{who}")
    query = f"scope.project.id={ward.project['id']}"
    assert len(ward.listed(query)) == 1
    assert len(ward.listed(f"{query}&include_subtree")) == 2


def test_memberships_and_administrators_are_roles_too() -> None:
    admin, user = Admin(), a_user()
    lab = a_project(user, name="lab.example.org")
    member = admin.role("member")
    path = f"/projects/{lab.uuid}/users/{user.uuid}/roles"
    assert admin.names(path, "role") == ["member"]
    found = admin.get(f"/role_assignments?user.id={user.uuid}")["role_assignments"]
    places = {one["scope"]["project"]["id"] for one in found}
    assert places == {lab.uuid, user.uuid}
    assert admin.status("DELETE", f"{path}/{member}") == 204
    assert admin.get(path)["roles"] == []
    assert admin.status("DELETE", f"/projects/{user.uuid}/users/{user.uuid}/roles/{member}") == 403
    boss = a_user(admin=True)
    system = f"/system/users/{boss.uuid}/roles"
    assert admin.names(system, "role") == ["admin"]
    assert admin.take("admin", f"users/{boss.uuid}", "system") == 204
    assert Admin(a_token(boss)).status("GET", "/users") == 403


@pytest.mark.parametrize(
    "query",
    [
        "effective&group.id={group}",
        "user.id={user}&group.id={group}",
        "scope.project.id={project}&scope.system=all",
        "include_subtree",
    ],
)
def test_questions_that_make_no_sense_are_refused(query: str) -> None:
    ward = Ward()
    asked = query.format(group=ward.group["id"], user=ward.user["id"], project=ward.project["id"])
    assert ward.admin.status("GET", f"/role_assignments?{asked}") == 400
    assert ward.admin.status("GET", "/role_assignments?user.id=nobody") == 404


def test_people_list_their_own_roles_and_give_none() -> None:
    ward = Ward()
    token = sign_in(ward.user, PASSWORD)[1]
    person, other = Admin(token), a_user()
    ward.admin.status("PUT", f"{ward.path('project', 'user')}/{ward.role['id']}")
    mine = person.get(f"/role_assignments?user.id={ward.user['id']}")["role_assignments"]
    assert ward.role["id"] in {one["role"]["id"] for one in mine}
    assert person.names(ward.path("project", "user"), "role") == ["nurse"]
    for query in ("", f"?user.id={other.uuid}", f"?scope.project.id={ward.project['id']}"):
        assert person.status("GET", f"/role_assignments{query}") == 403
    for where in ("project", "domain", "system"):
        for who in ("user", "group"):
            for method in ("PUT", "DELETE"):
                path = f"{ward.path(where, who)}/{ward.role['id']}"
                assert person.status(method, path) == 403, (method, path)
