"""project-list, project-show, project-modify, project-control. Spec: identity 16.5."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from synnefo.astakos.domain.applications import ApplicationAction, Capacity, Wish
from synnefo.astakos.models import DATABASE, Holding, Project, ProjectApplication, ProjectLog
from synnefo.astakos.usecases import applications, memberships
from synnefo.kit.clock import now
from tests.support.astakos import a_user
from tests.support.projects import VM, an_application, an_approved, the_resources

pytestmark = pytest.mark.django_db(databases=[DATABASE])


@pytest.fixture(autouse=True)
def _resources() -> None:
    the_resources()


def run(name: str, *arguments: str) -> str:
    """Run one command and answer what it printed."""
    out = io.StringIO()
    call_command(name.replace("-", "_"), *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def read(name: str, *arguments: str) -> Any:
    """Run a command and read the JSON that it printed."""
    return json.loads(run(name, *arguments, "--output-format", "json"))


def names(*arguments: str) -> list[str]:
    """List the names that project-list answers."""
    return [row["name"] for row in read("project-list", *arguments)]


class TestList:
    def test_what_waits_is_found(self) -> None:
        ada = a_user()
        new, changed = an_application(ada, "new.gr"), an_approved(ada, "changed.gr")
        an_approved(ada, "quiet.gr")
        made = applications.apply_to_modify(changed, Wish(description="x"), ada)
        assert names("--new") == ["new.gr"]
        assert names("--modified") == ["changed.gr"]
        assert names("--pending") == names("--new", "--modified") == ["new.gr", "changed.gr"]
        rows = {row["name"]: row for row in read("project-list")}
        assert (rows["new.gr"]["status"], rows["new.gr"]["pending_app"]) == ("Pending", new.pk)
        assert (rows["changed.gr"]["status"], rows["changed.gr"]["pending_app"]) == (
            "Active",
            made.pk,
        )
        assert rows["quiet.gr"]["pending_app"] is None

    def test_the_gone_and_system_projects_are_asked_for(self) -> None:
        ada = a_user()
        waits, gone = an_application(ada, "denied.gr"), an_approved(ada, "gone.gr")
        run("project-control", "--terminate", gone.uuid)
        applications.act(waits, ApplicationAction.CANCEL)
        assert names() == []
        assert sorted(names("--deleted")) == ["denied.gr", "gone.gr"]
        assert f"[system] {ada.email}" in names("--system-projects")
        rows = read("project-list", "--deleted", "-o", "name,status,deactivation_date")
        status = {row["name"]: row["status"] for row in rows}
        assert status == {"denied.gr": "Cancelled", "gone.gr": "Terminated"}
        assert len(names("--all")) == 3

    def test_owners_are_filtered_by_uuid_and_address(self) -> None:
        ada, ben = a_user(), a_user()
        an_approved(ada, "ada.gr")
        an_approved(ben, "ben.gr")
        for owner in (ada.uuid, ada.email):
            assert names("--filter-by", f"owner={owner}") == names("--owner", owner) == ["ada.gr"]
        assert names("--filter-by", f"owner!={ada.uuid}") == ["ben.gr"]
        assert names("--filter-by", "name=ben.gr") == names("--name", "ben.gr") == ["ben.gr"]


class TestShow:
    def test_everything_asked_for_is_shown(self) -> None:
        ada, ben = a_user(), a_user()
        project = an_approved(ada, "lab.gr", member_join_policy=1)
        memberships.join(project, ben)
        wish = Wish(limit_on_members_number=3, resources={VM: Capacity(1, 3)})
        made = applications.apply_to_modify(project, wish, ada)
        shown = run(
            "project-show", project.uuid, "--members", "--quota", "--pending-app", "--unit-style=b"
        )
        for part in ("Resource limits", "Members", ben.email, "Accepted", "Pending Application"):
            assert part in shown
        whole = read("project-show", str(project.pk), "--members", "--pending")
        assert whole["Pending Application"]["application"] == made.pk
        assert whole["Pending Application"]["max members"] == "3"
        assert whole["Pending Application"]["name"] == "no change"
        assert whole["total members"] == 1
        assert whole["Members"][0]["status"] == "Accepted"


class TestModify:
    def test_everything_can_be_changed_directly(self) -> None:
        ada, ben = a_user(), a_user()
        project = an_approved(ada, "lab.gr")
        run(
            *("project-modify", project.uuid, "--name", "lab2.gr", "--owner", ben.email),
            *("--homepage", "https://lab.gr", "--description", "x", "--end-date", "2035-01-02"),
            *("--join-policy", "auto", "--leave-policy", "closed", "--max-members", "7"),
            *("--private", "yes", "--limit", VM, "3", "4", "--limit"),
            *("astakos.pending_app", "1", "inf"),
        )
        fresh = Project.objects.get(pk=project.pk)
        assert (fresh.name, fresh.realname, fresh.owner) == ("lab2.gr", "lab2.gr", ben)
        assert (fresh.member_join_policy, fresh.member_leave_policy) == (1, 3)
        assert (fresh.limit_on_members_number, fresh.private) == (7, True)
        assert fresh.end_date.year == 2035
        assert Holding.objects.get(holder=f"project:{project.uuid}", resource=VM).limit == 4

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (("--limit", VM, "5", "4"), "member"),
            (("--limit", "no.such", "1", "1"), "no.such"),
            (("--name", "nodots"), "domain name"),
            (("--owner", "nobody@example.org"), "no user"),
            (("--end-date", "soon"), "no date"),
        ],
    )
    def test_nonsense_changes_nothing(self, arguments: tuple[str, ...], told: str) -> None:
        project = an_approved(a_user())
        before = Project.objects.filter(pk=project.pk).values().get()
        with pytest.raises(CommandError, match=told):
            run("project-modify", project.uuid, "--description", "changed", *arguments)
        assert Project.objects.filter(pk=project.pk).values().get() == before

    def test_system_projects_are_changed_together(self) -> None:
        ada, ben = a_user(), a_user()
        run("project-modify", "--all-system-projects", "--exclude", ben.uuid, "--limit", VM, *"11")
        held = Holding.objects.filter(resource=VM, source="")
        assert held.get(holder=f"project:{ada.uuid}").limit == 1
        assert held.get(holder=f"project:{ben.uuid}").limit == 5
        with pytest.raises(CommandError, match="name, owner"):
            run("project-modify", "--all-system-projects", "--homepage", "http://a.gr")
        with pytest.raises(CommandError, match="--exclude"):
            run("project-modify", ada.uuid, "--exclude", ben.uuid, "--private", "no")


class TestControl:
    def test_applications_are_decided_with_a_reason(self) -> None:
        first, second = an_application(a_user()), an_application(a_user())
        assert "was approved" in run("project-control", "--approve", str(first.pk), "-m", "fine")
        assert "was denied" in run("project-control", "--deny", str(second.pk), "-m", "no money")
        answers = ProjectApplication.objects.order_by("pk").values_list("response", flat=True)
        assert list(answers) == ["fine", "no money"]
        with pytest.raises(CommandError, match="is approved"):
            run("project-control", "--approve", str(first.pk))
        with pytest.raises(CommandError, match="no application"):
            run("project-control", "--approve", "999999")

    def test_projects_are_moved_with_a_reason_each_time(self) -> None:
        project = an_approved(a_user())
        for action in ("suspend", "unsuspend", "terminate", "reinstate"):
            run("project-control", f"--{action}", project.uuid, "-m", f"to {action}")
        reasons = ProjectLog.objects.filter(project=project).order_by("pk")
        assert list(reasons.values_list("reason", flat=True))[2:] == [
            *("to suspend", "to unsuspend", "to terminate", "to reinstate")
        ]

    def test_the_expired_are_listed_and_terminated(self) -> None:
        assert "No project" in run("project-control", "--check-expired")
        project = an_approved(a_user(), "old.gr")
        Project.objects.filter(pk=project.pk).update(end_date=now() - timedelta(days=1))
        rows = read("project-control", "--check-expired")
        assert list(rows[0]) == ["Project", "Name", "Status", "Expiration date"]
        assert (rows[0]["Name"], rows[0]["Status"]) == ("old.gr", "Active")
        assert read("project-control", "--terminate-expired")[0]["Status"] == "Terminated"
        assert read("project-control", "--check-expired") == []

    def test_exactly_one_thing_is_done(self) -> None:
        for arguments in ((), ("--suspend", "x", "--terminate", "x")):
            with pytest.raises(CommandError):
                run("project-control", *arguments)
