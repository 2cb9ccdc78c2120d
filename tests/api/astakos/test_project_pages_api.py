"""What the pages about projects ask: lists, forecasts, bulk acts, history."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from synnefo.astakos.domain.applications import Wish
from synnefo.astakos.domain.memberships import MembershipAction
from synnefo.astakos.models import DATABASE, Holding, ProjectMembership, QueuedErrand, User
from synnefo.astakos.usecases import applications, memberships, projects, usage_history
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.wire.provisions import INF, project_holder, user_holder
from tests.support.astakos import a_project, a_token, a_user
from tests.support.projects import VM, an_application, an_approved, seat, the_resources

pytestmark = pytest.mark.django_db(databases=[DATABASE])
BASE = "/astakos/ui/projects"
SOON = (now() + timedelta(days=30)).isoformat()


class World:
    """An owner with a project, a member, a stranger and an administrator."""

    def __init__(self) -> None:
        the_resources()
        self.owner, self.ada, self.stranger = a_user(), a_user(), a_user()
        self.boss = a_user(admin=True)
        self.project = an_approved(self.owner, "lab.gr", limit_on_members_number=2)
        self.client = Client()

    def call(self, who: User | None, path: str, body: Any = None) -> Any:
        """Get a page's data, or send it."""
        headers = {"X-Auth-Token": a_token(who)} if who else {}
        if body is None:
            return self.client.get(BASE + path, headers=headers)
        return self.client.post(
            BASE + path, json.dumps(body), content_type="application/json", headers=headers
        )

    def use(self, who: User, amount: int) -> None:
        """Let a member, and the project with them, use machines."""
        source = project_holder(self.project.uuid)
        mine = Holding.objects.filter(holder=user_holder(who.uuid), source=source, resource=VM)
        mine.update(usage_max=amount, usage_min=amount)
        whole = Holding.objects.filter(holder=source, source="", resource=VM)
        whole.update(usage_max=amount, usage_min=amount)


@pytest.fixture
def world() -> World:
    return World()


class TestLists:
    def test_one_sees_ones_own_and_finds_open_ones(self, world: World) -> None:
        mine = world.call(world.owner, "/").json()
        assert [one["name"] for one in mine["projects"]] == ["", "lab.gr"]
        assert mine["projects"][1]["is_mine"] is True
        assert [one["name"] for one in world.call(world.ada, "/").json()["projects"]] == [""]
        found = world.call(world.ada, "/?mode=active&q=LA").json()
        assert [one["name"] for one in found["projects"]] == ["lab.gr"]
        assert found["projects"][0]["owner"]["email"] == ""
        assert world.call(world.ada, "/?mode=active&q=zz").json()["total"] == 0
        assert world.call(world.ada, f"/?mode=active&q={'x' * 201}").status_code == 400

    def test_administrators_see_all_and_system_projects_when_asked(self, world: World) -> None:
        found = world.call(world.boss, "/").json()
        assert [one["name"] for one in found["projects"]] == ["", "lab.gr"]
        assert found["projects"][1]["owner"]["email"] == world.owner.email
        with_base = world.call(world.boss, "/?base=1&limit=2").json()
        assert (len(with_base["projects"]), with_base["total"]) == (2, 5)
        names = [one["name"] for one in world.call(world.boss, "/?base=1").json()["projects"]]
        assert f"[system] {world.ada.email}" in names

    def test_waiting_people_are_counted_for_the_owner_only(self, world: World) -> None:
        memberships.join(world.project, world.ada)
        rows = {one["name"]: one for one in world.call(world.owner, "/").json()["projects"]}
        assert rows["lab.gr"]["waiting"] == 1
        seen = world.call(world.ada, "/?mode=active").json()["projects"][0]
        assert seen["waiting"] == 0
        assert seen["membership"] == {
            "id": seat(world.project, world.ada).pk,
            "state": "requested",
            "actions": ["cancel"],
        }


class TestDetail:
    def test_usage_is_for_those_inside(self, world: World) -> None:
        memberships.enroll(world.project, world.ada.email)
        world.use(world.ada, 3)
        path = f"/{world.project.uuid}"

        def machines(who: User) -> Any:
            rows = world.call(who, path).json()["resources"]
            return next(row for row in rows if row["name"] == VM)

        assert machines(world.ada)["usage"] == machines(world.ada)["my_usage"] == 3
        assert machines(world.owner)["members_over"] == 1
        assert machines(world.stranger)["usage"] is None
        assert machines(world.ada)["members_over"] is None

    def test_actions_are_the_administrators(self, world: World) -> None:
        path = f"/{world.project.uuid}"
        assert world.call(world.boss, path).json()["actions"] == ["suspend", "terminate"]
        assert world.call(world.owner, path).json()["actions"] == []

    def test_private_projects_are_hidden(self, world: World) -> None:
        projects.modify(world.project, {"private": True})
        for path in ("", "/members", "/story", "/history"):
            answer = world.call(world.stranger, f"/{world.project.uuid}{path}")
            assert answer.status_code == 403

    def test_the_story_is_the_owners(self, world: World) -> None:
        memberships.enroll(world.project, world.ada.email, actor=world.owner)
        story = world.call(world.owner, f"/{world.project.uuid}/story").json()
        assert [(row["kind"], row["after"]) for row in story] == [
            ("member", "Accepted"),
            ("project", "active"),
            ("project", "uninitialized"),
        ]
        assert story[0]["actor"] == world.owner.email
        assert world.call(world.ada, f"/{world.project.uuid}/story").status_code == 403


class TestMembers:
    def test_many_are_accepted_after_a_preview_that_changes_nothing(self, world: World) -> None:
        people = [world.ada, world.stranger, a_user()]
        seats = [memberships.join(world.project, person) for person in people]
        order = {"action": "accept", "members": [one.pk for one in seats], "preview": True}
        path = f"/{world.project.uuid}/members"
        mails = QueuedErrand.objects.count()
        told = world.call(world.owner, path, order).json()["outcomes"]
        assert [one["state"] for one in told] == ["accepted", "accepted", ""]
        assert "limit of 2" in told[2]["problem"]
        assert {one["state"] for one in world.call(world.owner, path).json()} == {"requested"}
        assert QueuedErrand.objects.count() == mails
        assert world.call(world.owner, path, order | {"preview": False}).json() == {
            "outcomes": told
        }
        states = [one["state"] for one in world.call(world.owner, path).json()]
        assert sorted(states) == ["accepted", "accepted", "requested"]
        assert QueuedErrand.objects.count() == mails + 2

    def test_only_the_owners_side_acts(self, world: World) -> None:
        made = memberships.join(world.project, world.ada)
        order = {"action": "accept", "members": [made.pk]}
        path = f"/{world.project.uuid}"
        assert world.call(world.ada, f"{path}/members", order).status_code == 403
        assert world.call(world.ada, f"{path}/members").status_code == 403
        assert world.call(world.ada, f"{path}/enroll", {"emails": "x@y.gr"}).status_code == 403
        wrong = order | {"action": "suspend"}
        assert world.call(world.owner, f"{path}/members", wrong).status_code == 400

    def test_memberships_of_other_projects_are_left_alone(self, world: World) -> None:
        other = an_approved(world.stranger)
        made = memberships.join(other, world.ada)
        order = {"action": "accept", "members": [made.pk]}
        told = world.call(world.owner, f"/{world.project.uuid}/members", order).json()
        assert told["outcomes"][0]["problem"]
        assert ProjectMembership.objects.get(pk=made.pk).state == 0

    def test_people_are_enrolled_by_a_list_of_addresses(self, world: World) -> None:
        emails = f"{world.ada.email},\n nobody@example.org;{world.ada.email}"
        path = f"/{world.project.uuid}/enroll"
        preview = world.call(world.owner, path, {"emails": emails, "preview": True}).json()
        assert [one["state"] for one in preview["outcomes"]] == ["accepted", ""]
        assert not ProjectMembership.objects.filter(project=world.project).exists()
        world.call(world.owner, path, {"emails": emails})
        assert seat(world.project, world.ada).state == 1
        assert world.call(world.owner, path, {"emails": " , "}).status_code == 400


class TestForecast:
    def test_it_tells_what_a_change_would_bring(self, world: World) -> None:
        memberships.enroll(world.project, world.ada.email)
        world.use(world.ada, 2)
        wish = {"resources": {VM: {"member_capacity": 1, "project_capacity": 1}}, "max_members": 0}
        body = {"project": world.project.uuid, "wish": wish}
        told = world.call(world.owner, "/forecast", body).json()
        machines = told["resources"][VM]
        assert (machines["project_now"], machines["project_after"]) == (10, 1)
        assert (machines["is_over"], machines["members_over"], machines["left_after"]) == (
            True,
            1,
            0,
        )
        assert told["too_many_members"] is True
        assert told["allowance"] == {"limit": 5, "usage": 0, "after": 1}
        assert world.call(world.ada, "/forecast", body).status_code == 403

    def test_a_new_one_is_told_its_problems(self, world: World) -> None:
        body = {"wish": {"name": "lab.gr", "end_date": SOON}}
        told = world.call(world.ada, "/forecast", body).json()
        assert (told["is_name_taken"], told["problem"]) == (True, "")
        body["wish"]["name"] = "nodots"
        assert "domain name" in world.call(world.ada, "/forecast", body).json()["problem"]
        projects.modify(world.ada.base_project, {}, {"astakos.pending_app": (0, 0)})
        options = world.call(world.ada, "/options").json()
        assert options["outlook"]["may_apply"] is False
        assert options["member_choices"][0] == {"label": "Unlimited", "limit": INF}
        assert VM in [one["name"] for one in options["resources"]]


class TestApplications:
    def test_administrators_see_all_that_wait_others_their_own(self, world: World) -> None:
        made = an_application(world.ada, "new.gr")
        change = applications.apply_to_modify(world.project, Wish(private=True), world.owner)
        path = "/applications?state=pending"
        listed = world.call(world.boss, path).json()
        assert [one["application"]["id"] for one in listed] == [change.pk, made.pk]
        assert listed[0]["actions"] == ["approve", "deny", "cancel"]
        assert [one["is_new"] for one in listed] == [False, True]
        assert [one["actions"] for one in world.call(world.ada, path).json()] == [["cancel"]]
        assert world.call(world.owner, f"/applications/{made.pk}").status_code == 403
        assert world.call(world.owner, "/applications/999999").status_code == 404


class TestUsage:
    def test_projects_that_were_left_with_usage_are_shown(self, world: World) -> None:
        memberships.enroll(world.project, world.ada.email)
        world.use(world.ada, 2)
        shown = world.call(world.ada, "/usage").json()["projects"]
        assert [(one["system"], one["is_member"]) for one in shown] == [
            (True, True),
            (False, True),
        ]
        memberships.act(seat(world.project, world.ada), MembershipAction.LEAVE, actor=world.ada)
        shown = world.call(world.ada, "/usage").json()["projects"]
        assert [(one["name"], one["is_member"]) for one in shown] == [
            ("", True),
            ("lab.gr", False),
        ]
        machines = next(row for row in shown[1]["resources"] if row["resource"] == VM)
        assert (machines["usage"], machines["limit"], machines["left"]) == (2, 0, 0)

    def test_a_pool_that_is_short_is_told(self, world: World) -> None:
        memberships.enroll(world.project, world.ada.email)
        projects.modify(world.project, {}, {VM: (3, 4)})
        source = project_holder(world.project.uuid)
        Holding.objects.filter(holder=source, source="", resource=VM).update(usage_max=3)
        lab = world.call(world.ada, "/usage").json()["projects"][1]
        machines = next(row for row in lab["resources"] if row["resource"] == VM)
        assert (machines["left"], machines["is_short"]) == (1, True)

    def test_history_is_for_those_inside(self, world: World) -> None:
        memberships.enroll(world.project, world.ada.email)
        world.use(world.ada, 2)
        usage_history.sample()
        path = f"/{world.project.uuid}/history?resource={VM}"
        (series,) = world.call(world.ada, path).json()
        assert series["points"][-1][1:] == [2, 2, 10]
        mine = f"{path}&member={world.ada.uuid}"
        for who, status in ((world.ada, 200), (world.owner, 200), (world.stranger, 403)):
            assert world.call(who, mine).status_code == status
        others = f"{path}&member={world.owner.uuid}"
        assert world.call(world.ada, others).status_code == 403
        assert world.call(world.stranger, path).status_code == 403
        assert world.call(world.ada, f"{path}&since=x").status_code == 400


@pytest.mark.parametrize("path", ["/", "/usage", "/options", "/applications"])
def test_nobody_asks_without_a_token(world: World, path: str) -> None:
    assert world.call(None, path).status_code == 401


def test_refusals_are_told_in_the_operators_words(monkeypatch: pytest.MonkeyPatch) -> None:
    owner, member = a_user(), a_user()
    project = a_project(owner, member)
    token = a_token(a_user(admin=True))
    words = {
        "ASTAKOS_NOT_SUSPENDED_PROJECT_MESSAGE": "Not asleep: %(state)s. Ask %(support)s.",
        "ASTAKOS_UNKNOWN_PROJECT_ID_MESSAGE": "Nothing at %(id)s",
    }
    for name, text in words.items():
        monkeypatch.setitem(conf.current().names, name, text)
    body = json.dumps({"unsuspend": {"reason": "x"}})

    def act(project_id: str) -> Any:
        return Client(headers={"X-Auth-Token": token}).post(
            f"/astakos/account/v1.0/projects/{project_id}/action", body, "application/json"
        )

    refused = act(project.uuid)
    assert refused.status_code == 409
    assert refused.json()["conflict"]["message"].startswith("Not asleep: active. Ask ")
    assert act("nowhere").json()["itemNotFound"]["message"] == "Nothing at nowhere"
    page = Client(headers={"X-Auth-Token": token}).get("/astakos/ui/projects/nowhere")
    assert page.json()["error"]["message"] == "Nothing at nowhere"
