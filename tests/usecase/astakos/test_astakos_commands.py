"""Every command of Astakos, run as an operator runs it."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from synnefo.astakos.models import DATABASE, Component, Holding, Resource, Service, User
from synnefo.astakos.usecases import bricks, catalogs, commissions, limits, passwords, tokens
from synnefo.wire.provisions import charge
from tests.support.astakos import PASSWORD, a_component, a_project, a_resource, a_user, usage

pytestmark = pytest.mark.django_db(databases=[DATABASE])
VM = "cyclades.vm"


def run(name: str, *arguments: str) -> str:
    """Run one command and answer what it printed."""
    out = io.StringIO()
    call_command(name.replace("-", "_"), *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def table(name: str, *arguments: str) -> list[dict[str, str]]:
    """Run a command and read the JSON that it printed."""
    found: list[dict[str, str]] = json.loads(run(name, *arguments, "--output-format", "json"))
    return found


class TestPeople:
    """user-add, user-list, user-show, user-modify."""

    def test_a_user_is_added_inactive_and_a_password_is_made(self) -> None:
        told = json.loads(run("user-add", "ada@x.org", "Ada", "Byron", "--output-format", "json"))
        user = User.objects.get(uuid=told["uuid"])
        assert not user.is_active
        assert passwords.is_right(user.password, told["password"])

    def test_accepting_at_once_makes_a_token_that_works(self) -> None:
        told = json.loads(
            run("user-add", "ada@x.org", "--accept", "--with-token", "--output-format", "json")
        )
        assert tokens.find(told["token"]).user.uuid == told["uuid"]

    def test_a_password_that_was_given_is_not_printed(self) -> None:
        assert PASSWORD not in run("user-add", "ada@x.org", "--password", PASSWORD)

    def test_verify_and_accept_complete_what_add_began(self) -> None:
        user = a_user("ada@x.org", accepted=False)
        run("user-modify", user.uuid, "--verify")
        run("user-modify", user.uuid, "--accept")
        user.refresh_from_db()
        assert user.is_active
        assert user.base_project is not None
        assert user.base_project.uuid == user.uuid

    def test_the_list_tells_who_there_is(self) -> None:
        a_user("ada@x.org", admin=True)
        a_user("eve@x.org", accepted=False)
        assert [row["displayname"] for row in table("user-list")] == ["ada@x.org", "eve@x.org"]
        assert [row["admin"] for row in table("user-list", "--active")] == [True]
        waiting = table("user-list", "--pending-verification", "-o", "displayname,status")
        assert waiting == [{"displayname": "eve@x.org", "status": "Pending email verification"}]

    def test_one_user_is_shown_with_quota_and_projects_and_without_a_token(self) -> None:
        a_resource(limit=7)
        user = a_user("ada@x.org")
        issued = tokens.renew(user)
        shown = run("user-show", "ADA@x.org", "--quota", "--projects")
        assert user.uuid in shown
        assert VM in shown
        assert "Accepted/Active (manually accepted)" in shown
        assert issued.id not in shown

    def test_a_renewed_token_ends_the_one_before(self) -> None:
        user = a_user()
        before = tokens.renew(user).id
        shown = json.loads(
            run("user-modify", user.uuid, "--renew-token", "--output-format", "json")
        )
        assert tokens.find(shown["token"]).user == user
        with pytest.raises(Exception, match="unknown or has expired"):
            tokens.find(before)

    def test_a_users_limit_is_set_the_old_way(self) -> None:
        a_resource(limit=5)
        user = a_user()
        run("user-modify", user.uuid, "--set-base-quota", VM, "9", "-f")
        assert set(Holding.objects.values_list("limit", flat=True)) == {9}
        run("user-modify", user.uuid, "--set-base-quota", VM, "default", "-f")
        assert set(Holding.objects.values_list("limit", flat=True)) == {5}

    def test_deactivation_takes_limits_and_tokens_and_activation_gives_limits_back(self) -> None:
        a_resource(limit=5)
        user = a_user()
        token = tokens.renew(user).id
        run("user-modify", user.uuid, "--set-inactive", "--inactive-reason", "left")
        assert set(Holding.objects.values_list("limit", flat=True)) == {0}
        with pytest.raises(Exception, match="unknown or has expired"):
            tokens.find(token)
        assert "Accepted/Inactive (left)" in run("user-show", user.uuid)
        run("user-modify", user.uuid, "--set-active")
        assert set(Holding.objects.values_list("limit", flat=True)) == {5}

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (("user-add", "no address"), "not an e-mail address"),
            (("user-add", "ada@x.org", "--password", "short"), "at least 8 characters"),
            (("user-show", "nobody"), "no user"),
            (("user-modify", "nobody", "--accept"), "no user"),
            (("component-show", "nothing"), "no component"),
            (("component-modify", "nothing"), "Say what to change"),
            (("service-show", "nothing"), "no service"),
            (("resource-modify", "nothing", "--limit", "5"), "no resource"),
            (("resource-modify", "nothing", "--limit", "five"), "no amount"),
            (("commission-show", "7"), "no pending commission"),
            (("project-show", "nothing"), "no project"),
            (("project-modify",), "Say what to change"),
            (("service-import", "--json", "/nowhere"), "Cannot read"),
        ],
    )
    def test_what_cannot_be_done_is_told(self, arguments: tuple[str, ...], told: str) -> None:
        with pytest.raises(CommandError, match=told):
            run(*arguments)

    def test_only_people_who_were_never_accepted_can_be_deleted(self) -> None:
        user, newcomer = a_user(), a_user(accepted=False)
        run("user-modify", newcomer.uuid, "--delete", "-f")
        with pytest.raises(CommandError, match="only be deactivated"):
            run("user-modify", user.uuid, "--delete", "-f")
        assert list(User.objects.all()) == [user]


class TestRegistry:
    """component-*, service-*, resource-*, registry-sync."""

    def test_a_component_gets_a_token_that_works_until_it_is_renewed(self) -> None:
        token = run("component-add", "cyclades", "--print-token").strip()
        assert catalogs.component_of(token) == "cyclades"
        renewed = run("component-modify", "cyclades", "--renew-token").split()[-1]
        assert catalogs.component_of(token) is None
        assert catalogs.component_of(renewed) == "cyclades"
        assert table("component-list")[0]["name"] == "cyclades"
        run("component-remove", "cyclades")
        assert catalogs.component_of(renewed) is None

    def test_services_come_from_a_file_and_keep_limits_when_they_come_again(
        self, tmp_path: Path
    ) -> None:
        a_component("cyclades")
        user = a_user()
        file = tmp_path / "services.json"
        file.write_text(json.dumps(_definition()))
        assert "service cyclades_compute: added" in run("service-import", "--json", str(file))
        run("resource-modify", VM, "--limit", "3")
        assert "resource cyclades.vm: unchanged" in run("service-import", "--json", str(file))
        assert Resource.objects.get(name=VM).uplimit == 3
        assert usage(user, VM) == (0, 0)
        assert "publicURL" in run("service-show", "cyclades_compute")
        assert table("service-list")[0]["component"] == "cyclades"
        assert table("resource-list", "-o", "name,system_default") == [
            {"name": VM, "system_default": "3"}
        ]

    def test_an_import_is_all_or_nothing(self, tmp_path: Path) -> None:
        a_component("cyclades")
        definition = _definition()
        definition["other"] = {**definition["cyclades_compute"], "component": "nowhere"}
        definition["other"]["resources"] = {}
        file = tmp_path / "services.json"
        file.write_text(json.dumps(definition))
        with pytest.raises(CommandError, match="not registered"):
            run("service-import", "--json", str(file))
        assert not Service.objects.exists()

    def test_hiding_from_the_api_hides_from_the_ui(self) -> None:
        a_resource()
        assert "ui_visible" in run("resource-modify", VM, "--api-visible", "false")
        assert not Resource.objects.get(name=VM).ui_visible

    def test_own_definitions_can_be_exported_and_imported(self, tmp_path: Path) -> None:
        a_component("astakos")
        file = tmp_path / "own.json"
        file.write_text(run("service-export-astakos"))
        run("service-import", "--json", str(file))
        assert Service.objects.filter(name="astakos_account").exists()
        assert not Service.objects.filter(name="astakos_ui").exists()
        file.write_text(run("resource-export-astakos"))
        assert "unchanged" in run("resource-import", "--json", str(file))

    def test_what_is_installed_is_registered_once_and_then_unchanged(self, tmp_path: Path) -> None:
        file = tmp_path / "20-tokens.conf"
        first = table("registry-sync", "--tokens-file", str(file))
        assert {row["what"] for row in first} == {"added"}
        assert {brick.name for brick in bricks.installed()} <= {row["name"] for row in first}
        assert file.stat().st_mode & 0o777 == 0o600
        settings: dict[str, str] = {}
        exec(file.read_text(), settings)
        component = Component.objects.get(name="cyclades")
        assert catalogs.component_of(settings["CYCLADES_SERVICE_TOKEN"]) == component.name
        again = table("registry-sync")
        assert {row["what"] for row in again} == {"unchanged"}


class TestQuotaAndProjects:
    """quota-*, commission-*, project-*."""

    def test_limits_are_listed_and_who_is_over_them(self) -> None:
        a_resource(limit=5)
        user = a_user("ada@x.org")
        order = commissions.Order(
            charge(user.uuid, user.uuid, VM, 6), force=True, auto_accept=True
        )
        commissions.issue("cyclades", order)
        rows = table("quota-list", "--overlimit", "--display-mails")
        assert {row["usage"] for row in rows} == {"6"}
        assert rows[0]["displayname"] == "ada@x.org"
        assert VM in run("quota", "--user", user.uuid)

    def test_a_wrong_limit_is_found_and_set_right(self) -> None:
        a_resource(limit=5)
        a_user()
        Holding.objects.update(limit=50)
        Holding.objects.create(holder="user:gone", source="project:gone", resource=VM)
        assert len(table("quota-verify")) == 3
        run("quota-verify", "--fix")
        assert [one.holder for one in limits.verify()] == ["user:gone"]
        run("quota-verify", "--fix", "--include-unexpected-holdings")
        assert limits.verify() == []

    def test_limits_are_imported_line_by_line(self, tmp_path: Path) -> None:
        a_resource(limit=5)
        user = a_user("ada@x.org")
        file = tmp_path / "limits"
        file.write_text(f"ada@x.org {VM} 8\nnobody {VM} 8\n")
        with pytest.raises(CommandError, match="1 lines"):
            run("quota", "--import-base-quota", str(file))
        assert set(Holding.objects.filter(holder=f"user:{user.uuid}").values_list("limit")) == {
            (8,)
        }

    def test_pending_commissions_are_listed_and_shown(self) -> None:
        a_resource(limit=5)
        user = a_user()
        serial = commissions.issue(
            "cyclades", commissions.Order(charge(user.uuid, user.uuid, VM, 1))
        )
        assert table("commission-list")[0]["serial"] == serial
        assert table("commission-list", "--overdue", "3600") == []
        assert user.uuid in run("commission-show", str(serial))

    def test_projects_are_listed_shown_and_changed(self) -> None:
        a_resource(limit=5)
        user = a_user("ada@x.org")
        project = a_project(user, name="lab.example.org")
        assert [row["name"] for row in table("project-list")] == ["lab.example.org"]
        both = table("project-list", "--system-projects")
        assert [row["name"] for row in both] == ["[system] ada@x.org", "lab.example.org"]
        run("project-modify", project.uuid, "--limit", VM, "2", "4", "--max-members", "inf")
        shown = run("project-show", project.uuid, "--members", "--quota")
        assert "ada@x.org" in shown
        assert Holding.objects.get(holder=f"project:{project.uuid}").limit == 4
        run("project-modify", "--all-system-projects", "--limit", VM, "1", "1")
        assert Holding.objects.get(holder=f"project:{user.uuid}").limit == 1
        with pytest.raises(CommandError, match="system project"):
            run("project-modify", user.uuid, "--description", "mine")


def _definition() -> dict[str, dict[str, object]]:
    return {
        "cyclades_compute": {
            "type": "compute",
            "component": "cyclades",
            "prefix": "compute",
            "public": True,
            "endpoints": [{"versionId": "v2.0", "publicURL": None, "SNF:exposeVersion": True}],
            "resources": {
                "vm": {
                    "name": VM,
                    "desc": "Machines",
                    "service_type": "compute",
                    "service_origin": "cyclades_compute",
                    "unit": None,
                    "ui_visible": True,
                    "api_visible": True,
                }
            },
        }
    }
