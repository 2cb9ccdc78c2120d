"""user-add, user-list, user-show, user-modify: every option, refusals, dry runs."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from synnefo.astakos.models import DATABASE, AuthProvider, Holding, Project, Token, User
from synnefo.astakos.usecases import groups, passwords, terms, users
from synnefo.kit.clock import now
from tests.support.astakos import a_project, a_resource, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])
VM = "cyclades.vm"


def run(name: str, *arguments: str) -> str:
    """Run one command and answer what it printed."""
    out = io.StringIO()
    call_command(name.replace("-", "_"), *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def told(name: str, *arguments: str) -> dict[str, object]:
    """Run a command that shows one thing and read its JSON."""
    found: dict[str, object] = json.loads(run(name, *arguments, "--output-format", "json"))
    return found


def table(name: str, *arguments: str) -> list[dict[str, object]]:
    """Run a command that lists and read its JSON."""
    found: list[dict[str, object]] = json.loads(run(name, *arguments, "--output-format", "json"))
    return found


def vm_limit(user: User) -> int:
    """Answer how many machines a user may have in their own project."""
    return Holding.objects.get(holder=f"user:{user.uuid}", resource=VM).limit


class TestAdding:
    """user-add."""

    def test_rights_groups_and_permissions_are_given(self) -> None:
        run(
            "user-add",
            "ada@x.org",
            "Ada",
            "Byron",
            "--admin",
            "-g",
            "one",
            "-g",
            "two",
            "-p",
            "im.p",
        )
        shown = told("user-show", "ada@x.org")
        assert (shown["admin"], shown["active"]) == (True, False)
        assert (shown["groups"], shown["permissions"]) == (["one", "two"], ["im.p"])


class TestListing:
    """user-list."""

    def test_every_column_of_the_old_lists_is_there(self) -> None:
        ada = a_user("ada@x.org")
        AuthProvider.objects.create(
            user=ada, module="google", identifier="g-1", last_login_at=now()
        )
        fields = run("user-list", "--list-fields").split()
        for name in ("verified", "moderated", "providers", "activation_sent", "groups"):
            assert name in fields
        row = table("user-list", "-o", "providers,last_login_details,real name,activation_sent")[0]
        assert "google:g-1" in row["providers"]  # type: ignore[operator]
        assert "google" in row["last_login_details"]  # type: ignore[operator]
        assert row["real name"] == "Ada Example"

    def test_providers_and_mails_are_added_as_asked(self) -> None:
        a_user("ada@x.org")
        assert "providers" in table("user-list", "--auth-providers")[0]
        assert table("user-list", "--displayname")[0]["email"] == "ada@x.org"

    def test_filters_compare_and_unknown_columns_are_named(self) -> None:
        first, second = a_user("ada@x.org"), a_user("eve@x.org", accepted=False)
        assert len(table("user-list", "--filter-by", f"id=>{second.pk}")) == 1
        assert len(table("user-list", "--filter-by", f"id=<{first.pk}")) == 1
        assert len(table("user-list", "--filter-by", "active=t")) == 1
        assert len(table("user-list", "--filter-by", "active!=yes")) == 1
        assert "active" in run("user-list", "--list-filters")
        for wrong in (("-o", "colour"), ("--filter-by", "colour=red"), ("--filter-by", "x")):
            with pytest.raises(CommandError):
                run("user-list", *wrong)

    def test_only_members_of_all_named_groups_are_listed(self) -> None:
        ada = a_user("ada@x.org")
        groups.change(ada, ["one", "two"], [])
        groups.change(a_user("eve@x.org"), ["one"], [])
        assert len(table("user-list", "--group", "one")) == 2
        assert len(table("user-list", "--group", "one", "--group", "two")) == 1


class TestShowing:
    """user-show."""

    def test_owned_projects_and_memberships_are_two_tables(self) -> None:
        ada = a_user("ada@x.org")
        place = a_project(ada, name="genome.example.org")
        Project.objects.filter(pk=place.pk).update(owner=ada)
        shown = run("user-show", "ada@x.org", "--projects")
        owned, seats = shown.partition("Project Memberships")[::2]
        assert "Owned Projects" in owned and "pending app id" in owned
        assert "accepted" in seats and "genome.example.org" in seats

    def test_signatures_are_shown_when_there_are_terms(self, tmp_path: Path) -> None:
        ada = a_user("ada@x.org")
        assert "has_signed_terms" not in told("user-show", ada.uuid)
        file = tmp_path / "terms.html"
        file.write_text("<p>Be kind.</p>")
        terms.add(file)
        assert told("user-show", ada.uuid)["has_signed_terms"] is False
        run("user-modify", ada.uuid, "--sign-terms")
        assert told("user-show", ada.uuid)["has_signed_terms"] is True


class TestModifying:
    """user-modify."""

    def test_everything_is_changed_at_once_in_the_documented_order(self) -> None:
        a_resource()
        newcomer = a_user("new@x.org", accepted=False)
        run(
            *("user-modify", "new@x.org", "--set-admin", "--verify", "--accept"),
            *("--invitations", "7", "--level", "2", "--add-group", "staff"),
            *("--add-permission", "im.a", "--password", "a good long password"),
            *("--set-email", "newer@x.org"),
        )
        newcomer.refresh_from_db()
        assert newcomer.is_admin and newcomer.is_active
        assert (newcomer.invitations, newcomer.level) == (7, 2)
        assert newcomer.permissions == ["im.a"]
        assert newcomer.email == newcomer.username == "newer@x.org"
        assert passwords.is_right(newcomer.password, "a good long password")
        run("user-modify", "newer@x.org", "--delete-permission", "im.a", "--set-noadmin")
        newcomer.refresh_from_db()
        assert (newcomer.permissions, newcomer.is_admin) == ([], False)

    @pytest.mark.parametrize(
        ("options", "hint"),
        [
            (("--set-active", "--set-inactive"), "either"),
            (("--accept", "--reject"), "either"),
            (("--reject-reason", "why"), "goes with --reject"),
            ((), "what to change"),
            (("--level", "-1"), "not negative"),
            (("--set-base-quota", "no.such", "1", "-f"), "There are: cyclades.vm"),
            (("--set-base-quota", VM, "many", "-f"), "no amount"),
            (("--set-default-project", "none"), "no project"),
            (("--exclude", "a@x.org"), "--all"),
        ],
    )
    def test_what_makes_no_sense_is_told(self, options: tuple[str, ...], hint: str) -> None:
        a_resource()
        ada = a_user("ada@x.org")
        with pytest.raises(CommandError, match=hint):
            run("user-modify", ada.uuid, *options)

    def test_nothing_is_changed_when_one_part_fails(self) -> None:
        ada = a_user("ada@x.org")
        with pytest.raises(CommandError):
            run("user-modify", ada.uuid, "--set-admin", "--set-default-project", "none")
        ada.refresh_from_db()
        assert not ada.is_admin

    def test_a_dry_run_tells_and_changes_nothing(self) -> None:
        waiting = a_user("wait@x.org", accepted=False)
        shown = told(
            "user-modify", waiting.uuid, "--verify", "--accept", "--renew-token", "--dry-run"
        )
        assert shown["before"] == "Pending email verification"
        assert str(shown["after"]).startswith("Accepted/Active")
        assert shown["token"] == "would be made"
        waiting.refresh_from_db()
        assert not waiting.email_verified
        assert not Token.objects.filter(user=waiting).exists()
        run("user-modify", waiting.uuid, "--delete", "--dry-run")
        assert User.objects.filter(pk=waiting.pk).exists()

    def test_limits_of_everybody_but_some_are_set(self) -> None:
        a_resource(limit=5)
        ada, eve = a_user("ada@x.org"), a_user("eve@x.org")
        a_user("new@x.org", accepted=False)
        run("user-modify", "--all", "--exclude", "eve@x.org", "--set-base-quota", VM, "9", "-f")
        assert (vm_limit(ada), vm_limit(eve)) == (9, 5)
        run("user-modify", "--all", "--set-base-quota", VM, "default", "-f", "--dry-run")
        assert vm_limit(ada) == 9
        with pytest.raises(CommandError, match="leave out"):
            run("user-modify", "--all", "--exclude", "x@x.org", "--set-base-quota", VM, "1", "-f")

    def test_limits_are_asked_about_and_kept_when_the_answer_is_no(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_resource(limit=5)
        ada = a_user("ada@x.org")
        asked: list[str] = []

        def answer(question: str) -> str:
            asked.append(question)
            return "n"

        monkeypatch.setattr("builtins.input", answer)
        with pytest.raises(CommandError, match="Nothing was changed"):
            run("user-modify", ada.uuid, "--set-base-quota", VM, "9")
        assert vm_limit(ada) == 5
        assert asked

    def test_an_inactive_user_says_why(self) -> None:
        ada = a_user("ada@x.org")
        run("user-modify", ada.uuid, "--set-inactive", "--inactive-reason", "left")
        assert "left" in str(told("user-show", ada.uuid)["status"])
        User.objects.filter(pk=ada.pk).update(last_login=now() - timedelta(days=1))
        assert users.find("ada@x.org").deactivated_at is not None
