"""The project API by example: every call, every refusal. Spec: identity 9."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from synnefo.astakos.models import DATABASE, ProjectApplication, ProjectMembership, User
from synnefo.astakos.usecases import projects
from synnefo.kit.clock import now
from synnefo.wire.provisions import INF
from tests.support.astakos import a_component, a_token, a_user
from tests.support.projects import VM, an_application, an_approved, seat, the_resources, waiting

pytestmark = pytest.mark.django_db(databases=[DATABASE])
BASE = "/astakos/account/v1.0"
SOON = (now() + timedelta(days=30)).isoformat()


class World:
    """An owner, a member to be, an administrator and a stranger."""

    def __init__(self) -> None:
        the_resources()
        self.owner, self.ada, self.stranger = a_user(), a_user(), a_user()
        self.boss = a_user(admin=True)
        self.client = Client()

    def call(self, who: User | None, method: str, path: str, body: Any = None) -> Any:
        """Send a request as somebody."""
        headers = {"X-Auth-Token": a_token(who)} if who else {}
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body)
        return self.client.generic(
            method, BASE + path, data, content_type="application/json", headers=headers
        )

    def act(self, who: User, project: Any, action: str, **order: Any) -> int:
        """Take an action on a project; answer the status."""
        path = f"/projects/{project.uuid}/action"
        return int(self.call(who, "POST", path, {action: order}).status_code)

    def listed(self, who: User, query: str = "") -> set[str]:
        """Answer the names of the projects that somebody sees, but for system projects."""
        found = self.call(who, "GET", f"/projects{query}").json()
        return {one["name"] for one in found if not one["system_project"]}


@pytest.fixture
def world() -> World:
    return World()


class TestApplying:
    def test_a_project_is_asked_for_and_shown(self, world: World) -> None:
        body = {
            "name": "physics.example.org",
            "end_date": SOON,
            "resources": {VM: {"member_capacity": 2, "project_capacity": 10}},
            "max_members": "inf",
            "comments": "Χρειαζόμαστε μηχανές",
        }
        answer = world.call(world.owner, "POST", "/projects", body)
        assert answer.status_code == 201
        made = answer.json()
        assert sorted(made) == ["application", "id"]
        shown = world.call(world.owner, "GET", f"/projects/{made['id']}").json()
        assert shown["state"] == "uninitialized"
        assert shown["owner"] == world.owner.uuid
        assert (shown["join_policy"], shown["leave_policy"]) == ("moderated", "auto")
        assert shown["max_members"] == INF
        assert shown["resources"] == {VM: {"member_capacity": 2, "project_capacity": 10}}
        last = shown["last_application"]
        assert (last["id"], last["state"]) == (made["application"], "pending")
        assert last["comments"] == "Χρειαζόμαστε μηχανές"
        assert "deactivation_date" not in shown

    @pytest.mark.parametrize(
        "change",
        [
            {"name": None},
            {"name": "nodots"},
            {"name": 7},
            {"end_date": "soon"},
            {"end_date": "2001-01-01T00:00:00Z"},
            {"join_policy": "maybe"},
            {"max_members": "many"},
            {"max_members": -1},
            {"private": "yes"},
            {"resources": {VM: {"member_capacity": 3, "project_capacity": 2}}},
            {"resources": {VM: {"member_capacity": 3}}},
            {"resources": {"astakos.pending_app.x": {}}},
            {"owner": "nobody"},
            {"description": "x" * 4097},
        ],
    )
    def test_nonsense_is_a_bad_request(self, world: World, change: dict[str, Any]) -> None:
        body = {"name": "a.gr", "end_date": SOON} | change
        assert world.call(world.owner, "POST", "/projects", body).status_code == 400

    def test_invisible_resources_cannot_be_asked_for(self, world: World) -> None:
        hidden = projects.Resource.objects.get(name="astakos.pending_app")
        hidden.ui_visible = hidden.api_visible = False
        hidden.save()
        limits = {"member_capacity": 1, "project_capacity": 1}
        body = {"name": "a.gr", "end_date": SOON, "resources": {hidden.name: limits}}
        assert world.call(world.owner, "POST", "/projects", body).status_code == 400

    def test_too_many_waiting_are_a_conflict(self, world: World) -> None:
        projects.modify(world.owner.base_project, {}, {"astakos.pending_app": (0, 0)})
        answer = world.call(world.owner, "POST", "/projects", {"name": "a.gr", "end_date": SOON})
        assert answer.status_code == 409
        assert "limit of 0" in answer.json()["conflict"]["message"]

    @pytest.mark.parametrize("method", ["PUT", "POST"])
    def test_changes_are_asked_for(self, world: World, method: str) -> None:
        project = an_approved(world.owner)
        body = {"description": "new", "name": None}
        answer = world.call(world.owner, method, f"/projects/{project.uuid}", body)
        assert answer.status_code == 201
        last = world.call(world.owner, "GET", f"/projects/{project.uuid}").json()
        asked = last["last_application"]
        assert (asked["description"], asked["name"], asked["private"]) == ("new", None, None)
        refused = world.call(world.ada, method, f"/projects/{project.uuid}", body)
        assert refused.status_code == 403
        waits = an_application(world.owner).chain
        assert world.call(world.owner, method, f"/projects/{waits.uuid}", body).status_code == 409


class TestSeeing:
    def test_modes_tell_who_sees_what(self, world: World) -> None:
        an_approved(world.owner, "open.gr")
        hidden = an_approved(world.owner, "hidden.gr", private=True)
        mine = an_approved(world.ada, "mine.gr", private=True)
        an_application(world.owner, "waiting.gr")
        assert world.listed(world.stranger) == {"open.gr"}
        assert world.listed(world.ada) == {"open.gr", "mine.gr"}
        assert world.listed(world.ada, "?mode=related") == {"mine.gr"}
        assert world.listed(world.owner, "?mode=active") == {"open.gr"}
        assert world.listed(world.ada, "?mode=member") == set()
        assert world.listed(world.boss) == {"open.gr", "hidden.gr", "mine.gr", "waiting.gr"}
        assert world.listed(world.boss, "?state=uninitialized") == {"waiting.gr"}
        assert world.listed(world.boss, f"?owner={world.ada.uuid}") == {"mine.gr"}
        assert world.listed(world.boss, "?name=hidden.gr") == {"hidden.gr"}
        for query in ("?mode=other", "?state=other"):
            assert world.call(world.ada, "GET", f"/projects{query}").status_code == 400
        for project in (hidden, mine):
            path = f"/projects/{project.uuid}"
            assert world.call(world.stranger, "GET", path).status_code == 403
            assert world.call(world.boss, "GET", path).status_code == 200
        assert world.call(world.ada, "GET", "/projects/no-such").status_code == 404

    def test_the_own_system_project_is_there(self, world: World) -> None:
        found = world.call(world.ada, "GET", "/projects?mode=member").json()
        assert [one["id"] for one in found] == [world.ada.uuid]
        assert found[0]["system_project"] is True

    def test_only_the_owners_side_sees_applications_and_dates(self, world: World) -> None:
        project = an_approved(world.owner, member_join_policy=1)
        joined = {"join": {"project": project.uuid}}
        world.call(world.ada, "POST", "/projects/memberships", joined)
        world.act(world.boss, project, "suspend")
        for who, sees in ((world.owner, True), (world.boss, True), (world.ada, False)):
            shown = world.call(who, "GET", f"/projects/{project.uuid}").json()
            assert ("last_application" in shown) is sees
            assert ("deactivation_date" in shown) is sees

    def test_an_applicant_who_is_not_the_owner_sees_the_project(self, world: World) -> None:
        made = an_application(world.ada, owner=world.owner.uuid)
        shown = world.call(world.ada, "GET", f"/projects/{made.chain.uuid}")
        assert shown.json()["last_application"]["applicant"] == world.ada.uuid

    def test_a_list_of_many_takes_few_queries(
        self, world: World, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(6):
            an_approved(world.owner)
        with django_assert_max_num_queries(20, using=DATABASE):
            assert len(world.call(world.boss, "GET", "/projects").json()) == 10


class TestActing:
    def test_an_application_is_decided(self, world: World) -> None:
        made = an_application(world.owner)
        project = made.chain
        assert world.act(world.owner, project, "approve", app_id=made.pk) == 403
        assert world.act(world.boss, project, "approve") == 400
        assert world.act(world.boss, project, "approve", app_id=10**6) == 404
        other = an_application(world.owner)
        assert world.act(world.boss, project, "approve", app_id=other.pk) == 409
        assert world.act(world.boss, project, "approve", app_id=made.pk, reason="yes") == 200
        assert world.act(world.boss, project, "approve", app_id=made.pk) == 409
        assert ProjectApplication.objects.get(pk=made.pk).response == "yes"
        assert world.act(world.ada, other.chain, "cancel", app_id=other.pk) == 403
        assert world.act(world.owner, other.chain, "cancel", app_id=other.pk) == 200
        assert waiting(world.owner) == 0

    def test_the_whole_life(self, world: World) -> None:
        project = an_approved(world.owner)
        assert world.act(world.owner, project, "suspend") == 403
        for action, status in (
            ("suspend", 200),
            ("suspend", 409),
            ("unsuspend", 200),
            ("terminate", 200),
            ("terminate", 409),
            ("reinstate", 200),
        ):
            assert world.act(world.boss, project, action, reason="x") == status
        assert world.act(world.boss, world.ada.base_project, "terminate") == 409

    @pytest.mark.parametrize(
        "body",
        [
            *(b"[]", b"{}", b"7", b"{", {"approve": 7}, {"suspend": None}, {"suspend": "x"}),
            *({"suspend": {}, "terminate": {}}, {"dance": {}}, {"suspend": {"reason": 7}}),
            *({"deny": {"app_id": "x"}}, {"deny": {}}),
        ],
    )
    def test_malformed_actions_are_bad_requests(self, world: World, body: Any) -> None:
        project = an_approved(world.owner)
        path = f"/projects/{project.uuid}/action"
        assert world.call(world.boss, "POST", path, body).status_code == 400


class TestMemberships:
    def test_joining_moderated_and_leaving(self, world: World) -> None:
        project = an_approved(world.owner)
        asked = {"join": {"project": project.uuid}}
        made = world.call(world.ada, "POST", "/projects/memberships", asked)
        assert made.status_code == 200
        path = f"/projects/memberships/{made.json()['id']}"
        shown = world.call(world.ada, "GET", path).json()
        assert shown["state"] == "requested"
        assert shown["allowed_actions"] == ["cancel"]
        assert "requested" in shown
        assert world.call(world.stranger, "GET", path).status_code == 403
        act = f"{path}/action"
        assert world.call(world.ada, "POST", act, {"accept": ""}).status_code == 403
        assert world.call(world.owner, "POST", act, {"accept": "hello"}).status_code == 200
        assert world.call(world.owner, "POST", act, {"accept": ""}).status_code == 409
        shown = world.call(world.owner, "GET", path).json()
        assert (shown["state"], shown["allowed_actions"]) == ("accepted", ["remove"])
        quotas = world.call(world.ada, "GET", "/quotas").json()
        assert quotas[project.uuid][VM]["limit"] == 2
        assert world.call(world.ada, "POST", act, {"leave": None}).status_code == 200
        assert project.uuid not in world.call(world.ada, "GET", "/quotas").json()
        assert world.call(world.ada, "GET", "/projects/memberships/999999").status_code == 404

    def test_enrolling(self, world: World) -> None:
        project = an_approved(world.owner)
        order = {"enroll": {"project": project.pk, "user": world.ada.email}}
        assert world.call(world.ada, "POST", "/projects/memberships", order).status_code == 403
        assert world.call(world.owner, "POST", "/projects/memberships", order).status_code == 200
        order["enroll"]["user"] = "nobody@example.org"
        assert world.call(world.owner, "POST", "/projects/memberships", order).status_code == 409
        order["enroll"]["project"] = "no-such"
        assert world.call(world.owner, "POST", "/projects/memberships", order).status_code == 409

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({}, 400),
            ({"join": {"project": 1.5}}, 400),
            ({"join": {"project": ["x"]}}, 400),
            ({"join": {"project": "no-such"}}, 404),
            ({"join": {"project": "x"}, "enroll": {"project": "x", "user": "y"}}, 400),
        ],
    )
    def test_malformed_joins(self, world: World, body: Any, status: int) -> None:
        answer = world.call(world.ada, "POST", "/projects/memberships", body)
        assert answer.status_code == status

    def test_lists_show_ones_own_and_those_of_ones_projects(self, world: World) -> None:
        project = an_approved(world.owner, member_join_policy=1)
        world.call(world.ada, "POST", "/projects/memberships", {"join": {"project": project.uuid}})

        def listed(who: User, query: str = "") -> list[tuple[str, str]]:
            found = world.call(who, "GET", f"/projects/memberships{query}").json()
            return [(one["user"], one["project"]) for one in found]

        pair = (world.ada.uuid, project.uuid)
        assert listed(world.owner, f"?project={project.uuid}") == [pair]
        assert listed(world.ada) == [(world.ada.uuid, world.ada.uuid), pair]
        assert listed(world.stranger) == [(world.stranger.uuid, world.stranger.uuid)]
        assert len(listed(world.boss)) == ProjectMembership.objects.count()
        assert seat(project, world.ada).state == 1


class TestOldCalls:
    """The calls of version 0.15. Spec: identity 9.9."""

    def test_applications_are_listed_shown_and_decided(self, world: World) -> None:
        made = an_application(world.owner)
        listed = world.call(world.owner, "GET", "/projects/apps").json()
        assert [one["id"] for one in listed] == [made.pk]
        assert listed[0]["project"] == made.chain.uuid
        assert world.call(world.stranger, "GET", "/projects/apps").json() == []
        path = f"/projects/apps/{made.pk}"
        assert world.call(world.stranger, "GET", path).status_code == 403
        assert world.call(world.owner, "GET", path).json()["state"] == "pending"
        act = f"{path}/action"
        assert world.call(world.owner, "POST", act, {"approve": "x"}).status_code == 403
        assert world.call(world.boss, "POST", act, {"dance": "x"}).status_code == 400
        assert world.call(world.boss, "POST", act, {"approve": 7}).status_code == 400
        assert world.call(world.boss, "POST", act, {"approve": "x"}).status_code == 200
        number = made.chain.pk
        assert world.call(world.owner, "GET", f"/projects/{number}").status_code == 200


def test_every_call_needs_a_users_token(world: World) -> None:
    project = an_approved(world.owner)
    _, component = a_component("pithos")
    for method, path in (
        ("GET", "/projects"),
        ("POST", "/projects"),
        ("GET", f"/projects/{project.uuid}"),
        ("PUT", f"/projects/{project.uuid}"),
        ("POST", f"/projects/{project.uuid}/action"),
        ("GET", "/projects/memberships"),
        ("POST", "/projects/memberships"),
        ("GET", "/projects/apps"),
    ):
        body = None if method == "GET" else {}
        assert world.call(None, method, path, body).status_code == 401
        answer = world.client.generic(
            method,
            BASE + path,
            b"" if body is None else b"{}",
            content_type="application/json",
            headers={"X-Auth-Token": component},
        )
        assert answer.status_code == 401
