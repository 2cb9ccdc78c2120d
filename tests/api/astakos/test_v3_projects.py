"""Projects in Identity v3. Spec: openstack-api 4.4."""

import pytest

from synnefo.astakos.models import DATABASE, Holding, Project
from synnefo.astakos.models.projects import ProjectState
from synnefo.wire.provisions import project_holder
from tests.support.astakos import a_resource, a_token, a_user
from tests.support.keystone import Admin, sign_in

pytestmark = pytest.mark.django_db(databases=[DATABASE])
PASSWORD = "a password for tests"


def test_a_project_is_made_found_changed_and_deleted() -> None:
    admin = Admin()
    made = admin.make("project", name="Lab 1", description="Rats", colour="red", tags=["x"])
    assert (made["domain_id"], made["parent_id"], made["is_domain"]) == ("default",) * 2 + (False,)
    assert admin.get(f"/projects/{made['id']}")["project"] == made
    assert made in admin.get("/projects")["projects"]
    changed = admin.change("project", made, name="Lab 2", enabled=False, weight=5, tags=["y"])
    assert (changed["name"], changed["enabled"], changed["tags"]) == ("Lab 2", False, ["y"])
    assert (changed["colour"], changed["weight"]) == ("red", 5)
    assert admin.names("/projects?enabled=0", "project") == ["Lab 2"]
    assert admin.names("/projects?name=lab%202", "project") == ["Lab 2"]
    assert admin.names("/projects?name__contains=ab", "project") == ["Lab 2"]
    assert admin.drop("project", made) == 204
    assert admin.drop("project", made) == 404
    assert admin.names("/projects?name=Lab%202", "project") == []


def test_a_project_has_quota_like_any_other_and_no_owner() -> None:
    resource = a_resource(limit=5)
    resource.project_default = 7
    resource.save()
    made = Admin().make("project", name="lab")
    row = Project.objects.get(uuid=made["id"])
    assert (row.owner, row.state, row.name) == (None, ProjectState.NORMAL, "lab")
    held = Holding.objects.get(holder=project_holder(made["id"]), resource=resource.name)
    assert held.limit == 7


def test_a_project_in_use_is_not_deleted_and_one_that_was_keeps_its_history() -> None:
    resource = a_resource()
    admin = Admin()
    made = admin.make("project", name="lab")
    held = Holding.objects.filter(holder=project_holder(made["id"]), resource=resource.name)
    held.update(usage_min=1, usage_max=1)
    status, told = admin.send("DELETE", f"/projects/{made['id']}")
    assert (status, resource.name in told["error"]["message"]) == (409, True)
    held.update(usage_min=0, usage_max=0)
    assert admin.drop("project", made) == 204
    row = Project.objects.get(uuid=made["id"])
    assert (row.state, row.name, row.realname) == (ProjectState.TERMINATED, None, "lab")
    assert held.get().limit == 0


def test_a_name_is_there_once_in_a_domain() -> None:
    admin = Admin()
    first = admin.make("project", name="lab")
    assert admin.status("POST", "/projects", {"project": {"name": "lab"}}) == 409
    domain = admin.make("domain", name="Physics")
    other = admin.make("project", name="lab", domain_id=domain["id"])
    room = admin.make("project", name="room")
    assert admin.status("PATCH", f"/projects/{room['id']}", {"project": {"name": "lab"}}) == 409
    assert admin.names(f"/projects?name=lab&domain_id={domain['id']}", "project") == ["lab"]
    assert admin.drop("project", first) == 204
    assert admin.drop("project", other) == 204
    assert admin.make("project", name="lab")["name"] == "lab"


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x" * 65},
        {"name": None},
        {"description": "nameless"},
        {"name": "lab", "enabled": "yes"},
        {"name": "lab", "tags": ["a", "a"]},
        {"name": "lab", "tags": ["a/b"]},
        {"name": "lab", "tags": ["a,b"]},
        {"name": "lab", "parent_id": "nothing"},
        {"name": "lab", "is_domain": True, "parent_id": "default"},
    ],
)
def test_bodies_that_are_wrong_are_refused(body: dict[str, object]) -> None:
    assert Admin().status("POST", "/projects", {"project": body}) == 400
    assert Admin().status("POST", "/projects", body) == 400


def test_a_domain_that_is_not_there_is_not_found() -> None:
    body = {"project": {"name": "lab", "domain_id": "nothing"}}
    assert Admin().status("POST", "/projects", body) == 404


def test_projects_lie_below_each_other() -> None:
    admin = Admin()
    top = admin.make("project", name="top")
    mid = admin.make("project", name="mid", parent_id=top["id"])
    low = admin.make("project", name="low", parent_id=mid["id"])
    assert admin.names(f"/projects?parent_id={mid['id']}", "project") == ["low"]
    shown = admin.get(f"/projects/{mid['id']}?parents_as_list&subtree_as_list")["project"]
    assert [one["project"]["id"] for one in shown["parents"]] == [top["id"]]
    assert [one["project"]["id"] for one in shown["subtree"]] == [low["id"]]
    shown = admin.get(f"/projects/{low['id']}?parents_as_ids")["project"]
    assert shown["parents"] == {mid["id"]: {top["id"]: None}}
    shown = admin.get(f"/projects/{top['id']}?subtree_as_ids")["project"]
    assert shown["subtree"] == {mid["id"]: {low["id"]: None}}
    for method, body in (("DELETE", None), ("PATCH", {"project": {"enabled": False}})):
        assert admin.status(method, f"/projects/{top['id']}", body) == 403
    moved = {"project": {"parent_id": top["id"]}}
    assert admin.status("PATCH", f"/projects/{low['id']}", moved) == 403
    for one in (low, mid, top):
        assert admin.drop("project", one) == 204


def test_projects_lie_five_deep_at_most() -> None:
    admin = Admin()
    parent = "default"
    for depth in range(5):
        parent = admin.make("project", name=f"level {depth}", parent_id=parent)["id"]
    body = {"project": {"name": "too deep", "parent_id": parent}}
    assert admin.status("POST", "/projects", body) == 403


def test_a_project_is_in_the_domain_of_the_one_above() -> None:
    admin = Admin()
    domain = admin.make("domain", name="Physics")
    top = admin.make("project", name="top", domain_id=domain["id"])
    body = {"project": {"name": "lab", "parent_id": top["id"], "domain_id": "default"}}
    assert admin.status("POST", "/projects", body) == 400
    moved = {"project": {"domain_id": "default"}}
    assert admin.status("PATCH", f"/projects/{top['id']}", moved) == 400


def test_tags_are_set_found_and_taken_off() -> None:
    admin = Admin()
    one, two = (admin.make("project", name=name) for name in ("one", "two"))
    tags = f"/projects/{one['id']}/tags"
    assert admin.send("PUT", tags, {"tags": ["a", "b"]})[1]["tags"] == ["a", "b"]
    assert admin.status("PUT", f"{tags}/c") == 201
    assert admin.status("HEAD", f"{tags}/c") == 204
    assert admin.status("GET", f"{tags}/d") == 404
    admin.send("PUT", f"/projects/{two['id']}/tags", {"tags": ["b"]})
    assert admin.names("/projects?tags=a,b", "project") == ["one"]
    assert admin.names("/projects?tags-any=a,b", "project") == ["one", "two"]
    assert "one" not in admin.names("/projects?not-tags=a,b", "project")
    assert not {"one", "two"} & set(admin.names("/projects?not-tags-any=a,b", "project"))
    assert admin.status("DELETE", f"{tags}/c") == 204
    assert admin.status("DELETE", f"{tags}/c") == 404
    assert admin.status("DELETE", tags) == 204
    assert admin.get(tags)["tags"] == []


def test_a_disabled_project_stops_who_works_in_it() -> None:
    admin = Admin()
    project = admin.make("project", name="lab")
    user = admin.make("user", name="ann", password=PASSWORD)
    admin.give("member", f"users/{user['id']}", f"projects/{project['id']}")
    _, token, _ = sign_in(user, PASSWORD, {"project": {"id": project["id"]}})
    assert Admin(token).status("GET", f"/projects/{project['id']}") == 200
    admin.change("project", project, enabled=False)
    assert Admin(token).status("GET", f"/projects/{project['id']}") == 401
    assert sign_in(user, PASSWORD, {"project": {"id": project["id"]}})[0] == 401


def test_system_projects_stay_with_their_users() -> None:
    admin, user = Admin(), a_user()
    own = f"/projects/{user.uuid}"
    assert admin.status("PATCH", own, {"project": {"name": "mine"}}) == 403
    assert admin.status("DELETE", own) == 409
    below = {"project": {"name": "below", "parent_id": user.uuid}}
    assert admin.status("POST", "/projects", below) == 403
    other = a_user()
    member = admin.role("member")
    assert admin.status("PUT", f"{own}/users/{other.uuid}/roles/{member}") == 403


def test_people_see_the_projects_that_they_work_in_and_change_none() -> None:
    admin, user = Admin(), a_user()
    project = admin.make("project", name="lab")
    person = Admin(a_token(user))
    path = f"/projects/{project['id']}"
    assert person.status("GET", path) == 404
    admin.give("reader", f"users/{user.uuid}", f"projects/{project['id']}")
    assert person.get(path)["project"]["name"] == "lab"
    assert "lab" in person.names("/auth/projects", "project")
    assert "lab" in person.names(f"/users/{user.uuid}/projects", "project")
    assert person.status("PATCH", path, {"project": {"name": "mine"}}) == 403
    assert person.status("DELETE", path) == 403
    assert person.status("POST", "/projects", {"project": {"name": "mine"}}) == 403
    assert person.status("PUT", f"{path}/tags/mine") == 403
