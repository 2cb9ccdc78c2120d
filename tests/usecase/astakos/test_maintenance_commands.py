"""fix-superusers, cleanup-full, fix-deactivated-users, user-collisions, aliases, interactive."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from synnefo.astakos.models import (
    DATABASE,
    AuditEntry,
    AuthProvider,
    Component,
    Project,
    ProjectMembership,
    Resource,
    Token,
    User,
)
from synnefo.astakos.models.projects import MembershipState, ProjectState
from synnefo.astakos.settings import AdminSettings
from synnefo.kit import conf
from synnefo.kit.clock import now
from tests.support.astakos import a_project, a_resource, a_token, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])
VM = "cyclades.vm"


def run(name: str, *arguments: str) -> str:
    """Run one command and answer what it printed."""
    out = io.StringIO()
    call_command(name.replace("-", "_"), *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def answering(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Let somebody answer the questions of a command."""
    left = list(answers)
    monkeypatch.setattr("builtins.input", lambda _question: left.pop(0))


def test_a_plain_administrator_becomes_a_full_user() -> None:
    a_resource()
    plain = User.objects.create(
        username="root@x.org",
        email="root@x.org",
        is_admin=True,
        email_verified=True,
        moderated=True,
        is_active=True,
        has_signed_terms=False,
    )
    assert "1 superusers would be fixed" in run("fix-superusers", "--dry-run")
    assert "1 superusers fixed" in run("fix-superusers")
    plain.refresh_from_db()
    assert plain.base_project is not None and plain.base_project.uuid == plain.uuid
    assert plain.has_signed_terms
    assert AuthProvider.objects.filter(user=plain, module="local").exists()
    assert Token.objects.filter(user=plain).exists()
    assert "0 superusers fixed" in run("fix-superusers")


def test_what_ran_out_is_deleted_and_the_rest_stays() -> None:
    ada = a_user()
    a_token(ada)
    Token.objects.update(expires_at=now() - timedelta(days=30))
    kept = a_token(ada)
    for name in ("cleanup-full", "full-cleanup"):
        told = json.loads(run(name, "--output-format", "json"))
        assert set(told) >= {"sessions", "tokens"}
    assert Token.objects.count() == 1
    assert kept


def test_what_a_deactivated_user_left_in_force_is_put_to_rest() -> None:
    a_resource()
    ada = a_user("ada@x.org")
    place = a_project(ada)
    Project.objects.filter(pk=place.pk).update(owner=ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    told = json.loads(run("fix-deactivated-users", "--all-users", "--output-format", "json"))
    assert told[0]["projects"] == 2
    place.refresh_from_db()
    assert place.state == ProjectState.NORMAL
    run("fix-deactivated-users", "ada@x.org", "--fix", "--noemail")
    place.refresh_from_db()
    assert place.state == ProjectState.SUSPENDED
    seats = ProjectMembership.objects.filter(person=ada).values_list("state", flat=True)
    assert set(seats) == {MembershipState.SUSPENDED}
    for wrong in ((), ("ada@x.org", "--all-users"), (a_user().uuid,)):
        with pytest.raises(CommandError):
            run("fix-deactivated-users", *wrong)


def test_addresses_that_collide_are_listed() -> None:
    a_user("ada@x.org")
    User.objects.create(username="ADA@x.org", email="ADA@x.org")
    told = json.loads(run("user-collisions", "--output-format", "json"))
    assert [row["email"] for row in told] == ["ada@x.org", "ADA@x.org"]


def test_users_are_deleted_only_after_yes_and_all_or_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two = a_user(accepted=False), a_user(accepted=False)
    accepted = a_user()
    answering(monkeypatch, "y", "yes", "yes")
    with pytest.raises(CommandError, match="Nothing"):
        run("user-delete", str(one.pk))
    with pytest.raises(CommandError, match="only be deactivated"):
        run("user-delete", str(one.pk), str(accepted.pk))
    assert User.objects.filter(pk=one.pk).exists()
    assert "2 users deleted" in run("user-delete", str(one.pk), str(two.pk))
    with pytest.raises(CommandError, match="no user"):
        run("user-delete", "999999")


def test_limits_are_asked_for_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    a_resource("cyclades.ram", limit=5)
    a_resource(VM, limit=5)
    answering(monkeypatch, "", "9")
    run("resource-modify", "--limit-interactive")
    limits = dict(Resource.objects.values_list("name", "uplimit"))
    assert limits == {"cyclades.ram": 5, VM: 9}
    answering(monkeypatch, "7")
    run("resource-modify", VM, "--limit-interactive", "--dry-run")
    assert Resource.objects.get(name=VM).uplimit == 9
    assert AuditEntry.objects.filter(act="resource.modified").count() == 1


def test_old_names_do_what_the_new_ones_do() -> None:
    ada = a_user("ada@x.org", accepted=False)
    run("user-update", "ada@x.org", "--verify", "--accept")
    ada.refresh_from_db()
    assert ada.is_active
    assert run("astakos-quota", "--list") == run("quota", "--list")


def test_astakos_registers_itself_once() -> None:
    told = run("astakos-init", "--load-service-resources")
    assert "Token: " in told
    assert Component.objects.filter(name="astakos").exists()
    assert Resource.objects.filter(name="astakos.pending_app").exists()
    assert "Token: " not in run("astakos-init")


def test_limits_of_the_oldest_settings_are_taken_over() -> None:
    a_resource(VM, limit=5)
    old = {"cyclades": {"resources": [{"name": "vm", "uplimit": 2}, {"name": "x", "uplimit": 1}]}}
    with conf.override(AdminSettings, astakos_services=old):
        told = run("astakos-init", "--load-service-resources")
    assert "resource cyclades.vm: default limit 2" in told
    assert Resource.objects.get(name=VM).uplimit == 2
    with (
        conf.override(AdminSettings, astakos_services={"a": {"resources": [{}]}}),
        pytest.raises(CommandError, match="no name"),
    ):
        run("astakos-init")


def test_acts_on_the_registry_are_in_the_audit_log() -> None:
    run("component-add", "cyclades", "--base-url", "http://a/cyclades")
    run("component-modify", "cyclades", "--renew-token", "--base-url", "http://b/cyclades")
    run("component-remove", "cyclades")
    acts = AuditEntry.objects.filter(act__startswith="component.").order_by("pk")
    assert list(acts.values_list("act", flat=True)) == [
        "component.added",
        "component.changed",
        "component.token-renewed",
        "component.removed",
    ]
