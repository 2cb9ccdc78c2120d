"""What operators see and decide of projects, quota, groups, policies and the audit log."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from synnefo.astakos.domain import audit as chain
from synnefo.astakos.domain import roles as role_rules
from synnefo.astakos.domain.applications import Capacity, Wish
from synnefo.astakos.models import (
    DATABASE,
    AuditEntry,
    Group,
    Holding,
    Project,
    ProjectApplication,
    User,
)
from synnefo.astakos.usecases import applications, audit, auth_policies, groups, roles
from synnefo.kit.clock import now
from synnefo.wire.provisions import INF
from tests.support.astakos import a_project, a_resource, a_user
from tests.support.operators import BASE, Desk

pytestmark = pytest.mark.django_db(databases=[DATABASE])


@pytest.fixture
def boss() -> User:
    """Make an operator."""
    return a_user("boss@x.org", admin=True)


@pytest.fixture
def desk(boss: User) -> Desk:
    """Sit down at an operator's desk."""
    return Desk(boss)


def asked(email: str) -> ProjectApplication:
    """Ask for a project of three machines."""
    a_resource()
    a_resource("astakos.pending_app")
    applicant = a_user(email)
    wish = Wish(
        name="physics.example.org",
        end_date=now() + timedelta(days=90),
        comments="For the laboratory",
        resources={"cyclades.vm": Capacity(1, 3)},
    )
    return applications.apply(wish, applicant)


class TestProjects:
    """Projects, found and moved."""

    def test_projects_are_found_by_name_owner_and_state(self, desk: Desk) -> None:
        ada = a_user("ada@x.org")
        place = a_project(ada, name="genome.example.org")
        Project.objects.filter(pk=place.pk).update(owner=ada)
        a_project(ada, name="other.example.org")
        for query in ("?q=genome", "?q=ada@", f"?q={place.uuid}", "?q=GENOME&state=active"):
            found = desk.get(f"/projects{query}")["projects"]
            assert [one["name"] for one in found] == ["genome.example.org"], query
        assert found[0]["members"] == 1
        assert desk.get("/projects?q=genome&state=suspended")["projects"] == []
        assert desk.get("/projects/counts?q=genome") == {"fitting": 1, "waiting": 0}
        own = desk.get("/projects?kind=system&q=ada")["projects"]
        assert [one["name"] for one in own] == ["ada@x.org"]

    @pytest.mark.parametrize("sort", ["name", "created", "ends", "id"])
    def test_pages_hold_every_project_once(self, desk: Desk, sort: str) -> None:
        for _ in range(5):
            a_project()
        seen: list[str] = []
        marker = ""
        while marker is not None:
            more = f"&marker={marker}" if marker else ""
            told = desk.get(f"/projects?sort={sort}&limit=2{more}")
            seen += [one["id"] for one in told["projects"]]
            marker = told["next"]
        assert len(seen) == len(set(seen)) == 5

    def test_a_project_is_suspended_after_a_preview_and_brought_back(self, desk: Desk) -> None:
        a_resource()
        place = a_project(a_user(), a_user())
        body = {"deed": "suspend", "projects": [place.uuid], "reason": "unpaid"}
        seen = desk.send("POST", "/projects/deeds", {**body, "dry_run": True})
        assert seen["outcomes"][0]["effects"] == {"members": 2}
        assert desk.get(f"/projects/{place.uuid}")["project"]["state"] == "active"
        done = desk.send("POST", "/projects/deeds", body)
        assert (done["outcomes"][0]["after"], done["undo"]) == ("suspended", "unsuspend")
        told = desk.get(f"/projects/{place.uuid}")
        assert told["log"][0]["reason"] == "unpaid"
        assert told["actions"] == ["unsuspend", "terminate"]
        refused = desk.send("POST", "/projects/deeds", body)["outcomes"][0]["refused"]
        assert "suspended" in refused
        desk.send("POST", "/projects/deeds", {**body, "deed": "unsuspend"})
        assert AuditEntry.objects.filter(act="project.suspended").count() == 1

    def test_limits_and_dates_are_changed_without_an_application(self, desk: Desk) -> None:
        a_resource()
        place = a_project(a_user())
        changes = {
            "description": "Better",
            "ends": "2099-01-01",
            "join_policy": "closed",
            "limits": {"cyclades.vm": [2, 20]},
        }
        told = desk.send("PATCH", f"/projects/{place.uuid}", changes)
        assert told["description"] == "Better"
        assert told["project"]["ends"] == "2099-01-01T00:00:00Z"
        assert (told["grants"][0]["member_limit"], told["grants"][0]["project_limit"]) == (2, 20)

    @pytest.mark.parametrize(
        "changes",
        [
            {"ends": "soon"},
            {"join_policy": "maybe"},
            {"limits": {"cyclades.vm": [3]}},
            {"limits": {"cyclades.vm": [30, 20]}},
        ],
    )
    def test_nonsense_is_refused(self, desk: Desk, changes: object) -> None:
        a_resource()
        place = a_project(a_user())
        desk.send("PATCH", f"/projects/{place.uuid}", changes, status=400)


class TestApplications:
    """The queue."""

    def test_the_queue_shows_the_difference_to_now_and_approving_empties_it(
        self, desk: Desk
    ) -> None:
        one = asked("ada@x.org")
        row = desk.get("/applications")["applications"][0]
        assert (row["is_new"], row["applicant"]["email"]) == (True, "ada@x.org")
        assert row["changes"]["name"] == ["", "physics.example.org"]
        assert row["limits"][0]["project_wanted"] == 3
        body = {"deed": "approve", "applications": [one.pk]}
        seen = desk.send("POST", "/applications/deeds", {**body, "dry_run": True})
        assert seen["outcomes"][0]["after"] == "active"
        assert ProjectApplication.objects.get(pk=one.pk).state == 0
        done = desk.send("POST", "/applications/deeds", body)
        assert not done["outcomes"][0]["refused"]
        assert desk.get("/applications")["applications"] == []
        assert desk.get(f"/projects/{one.chain.uuid}")["project"]["state"] == "active"
        again = desk.send("POST", "/applications/deeds", body)
        assert again["outcomes"][0]["refused"]

    def test_denying_keeps_the_reason(self, desk: Desk) -> None:
        one = asked("ada@x.org")
        body = {"deed": "deny", "applications": [one.pk], "reason": "too large"}
        desk.send("POST", "/applications/deeds", body)
        told = desk.get(f"/projects/{one.chain.uuid}")["applications"][0]
        assert (told["state"], told["answer"]) == ("denied", "too large")

    def test_an_unknown_application_is_told(self, desk: Desk) -> None:
        for number in (17, -1, 2**70):
            body = {"deed": "deny", "applications": [number]}
            desk.send("POST", "/applications/deeds", body, status=404)


class TestQuota:
    """Resources and what is over its limit."""

    def test_defaults_are_shown_with_totals_and_changed(self, desk: Desk) -> None:
        a_resource(limit=5)
        a_user()
        row = desk.get("/quota/resources")["resources"][0]
        assert (row["system_default"], row["allocated"]) == (5, 10)
        changes = {"system_default": 9, "project_default": 2}
        told = desk.send("PATCH", "/quota/resources/cyclades.vm", changes)["resources"][0]
        assert (told["system_default"], told["project_default"]) == (9, 2)
        entry = AuditEntry.objects.get(act="resource.modified")
        assert entry.more["changes"] == {"uplimit": 9, "project_default": 2}
        desk.send("PATCH", "/quota/resources/cyclades.vm", {"system_default": -1}, status=400)
        boundless = {"system_default": 9223372036854776000}
        told = desk.send("PATCH", "/quota/resources/cyclades.vm", boundless)["resources"][0]
        assert told["system_default"] == INF
        desk.send("PATCH", "/quota/resources/no.such", {"system_default": 1}, status=404)

    def test_who_is_over_a_limit_is_listed_worst_first(self, desk: Desk) -> None:
        a_resource(limit=5)
        ada = a_user("ada@x.org")
        Holding.objects.filter(holder=f"user:{ada.uuid}").update(usage_max=9, usage_min=9)
        Holding.objects.filter(holder=f"project:{ada.uuid}").update(usage_max=7, usage_min=7)
        told = desk.get("/quota/over")
        assert told["total"] == 2
        assert [(one["kind"], one["name"], one["usage"]) for one in told["over"]] == [
            ("user", "ada@x.org", 9),
            ("project", "ada@x.org", 7),
        ]


class TestGroupsAndPolicies:
    """Groups of people, and what may be done with providers."""

    def test_groups_are_made_renamed_and_removed(self, desk: Desk) -> None:
        made = desk.send("POST", "/groups", {"name": "testers"}, status=201)
        desk.send("POST", "/groups", {"name": "testers"}, status=409)
        desk.send("POST", "/groups", {"name": " "}, status=400)
        groups.add(Group.objects.get(uuid=made["id"]), a_user())
        told = desk.send("PATCH", f"/groups/{made['id']}", {"name": "checkers"})
        assert (told["name"], told["members"]) == ("checkers", 1)
        desk.send("DELETE", f"/groups/{made['id']}", status=204)
        assert desk.get("/groups")["groups"] == []

    def test_a_profile_overrides_the_settings_for_its_people(self, desk: Desk) -> None:
        ada = a_user("ada@x.org")
        body = {
            "name": "no-local",
            "provider": "local",
            "policies": {"login": False, "limit": 3},
            "users": [ada.uuid],
        }
        desk.send("POST", "/policies", body, status=201)
        assert not auth_policies.allowed("local", "login", ada)
        assert auth_policies.allowed("local", "login", a_user())
        told = desk.get("/policies")
        assert told["profiles"][0]["users"] == [{"id": ada.uuid, "name": "ada@x.org"}]
        assert told["providers"][0]["module"] == "local"
        desk.send("PUT", "/policies/no-local", {**body, "is_active": False})
        assert auth_policies.allowed("local", "login", ada)
        desk.send("POST", "/policies", body, status=409)
        desk.send("DELETE", "/policies/no-local", status=204)
        desk.send("DELETE", "/policies/no-local", status=404)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"policies": {"fly": True}},
            {"policies": {"login": 7}},
            {"policies": {"limit": True}},
            {"name": ""},
            {"priority": -1},
        ],
    )
    def test_profiles_that_make_no_sense_are_refused(self, desk: Desk, wrong: object) -> None:
        body = {"name": "odd", "provider": "local"}
        desk.send("POST", "/policies", {**body, **wrong}, status=400)  # type: ignore[dict-item]


class TestAudit:
    """The log, whole."""

    def test_operators_see_everything_and_the_state_of_the_chain(self, desk: Desk) -> None:
        AuditEntry.objects.all().delete()
        audit.record("thing.made", subject="x", address="192.0.2.7", colour="blue")
        audit.record("other.made", subject="y")
        told = desk.get("/audit?act=thing")["entries"]
        assert told[0]["facts"] == {"colour": "blue"}
        state = desk.get("/audit/chain")
        assert (state["entries"], state["is_whole"]) == (2, True)
        assert desk.get("/audit/acts") == {"acts": ["other.made", "thing.made"]}
        AuditEntry.objects.filter(number=1).update(subject="forged")
        state = desk.get("/audit/chain")
        assert (state["is_whole"], state["broken_at"]) == (False, 1)

    def test_an_export_can_be_checked(self, desk: Desk) -> None:
        audit.record("thing.made", subject="x")
        answer = desk.client.get(f"{BASE}/audit/export")
        assert "attachment" in answer.headers["Content-Disposition"]
        lines = b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]
        assert chain.check(chain.Link(**json.loads(line)) for line in lines) is None
        assert AuditEntry.objects.filter(act="audit.exported").exists()


def test_an_operator_by_role_gets_in_and_a_project_admin_does_not() -> None:
    ada = a_user("ada@x.org")
    place = a_project(ada)
    Project.objects.filter(pk=place.pk).update(owner=ada)
    desk = Desk(ada)
    desk.get("/users", status=403)
    roles.ensure()
    admin = roles.find(role_rules.STANDING[role_rules.ADMIN])
    admin.assignments.create(user=ada, on_system=True)
    desk.get("/users")
    assert Client().get(f"{BASE}/users").status_code == 401
