"""Policies in force, by settings and by profiles; commands that keep profiles."""

import io
import json
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from synnefo.astakos.models import DATABASE, AuditEntry, AuthPolicyProfile, Group, User
from synnefo.astakos.settings import AstakosSettings, ProviderSettings
from synnefo.astakos.usecases import auth_policies, auth_profiles, groups
from synnefo.kit import conf
from synnefo.kit.conf import SettingsError
from tests.support.astakos import a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)
PREFIX = "ASTAKOS_AUTH_PROVIDER"


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    """Enable a few modules."""
    with conf.override(
        ProviderSettings, astakos_im_modules=["local", "google", "shibboleth", "ldap"]
    ):
        yield


def run(name: str, *arguments: str) -> str:
    """Run one command and answer what it printed."""
    out = io.StringIO()
    call_command(name.replace("-", "_"), *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


class TestSettings:
    """Module setting over global setting over defaults."""

    def test_settings_of_a_module_win_over_those_of_all(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = conf.current().names
        monkeypatch.setitem(names, f"{PREFIX}S_CREATE_POLICY", False)
        monkeypatch.setitem(names, f"{PREFIX}_GOOGLE_CREATE_POLICY", True)
        assert not auth_policies.allowed("local", "create")
        assert auth_policies.allowed("google", "create")

    def test_defaults_are_those_of_the_specification(self) -> None:
        found = auth_policies.in_force("google")
        assert (found.login, found.create, found.add, found.remove, found.switch) == (True,) * 5
        assert (found.limit, found.required, found.autoverify) == (1, False, False)
        assert not auth_policies.in_force("shibboleth").switch
        with conf.override(AstakosSettings, astakos_moderation_enabled=False):
            assert auth_policies.allowed("google", "automoderate")

    def test_the_old_setting_counts_as_autoverify(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with conf.override(ProviderSettings, astakos_skip_email_verification=True):
            assert auth_policies.allowed("google", "autoverify")
            names = conf.current().names
            monkeypatch.setitem(names, f"{PREFIX}_GOOGLE_AUTOVERIFY_POLICY", False)
            assert not auth_policies.allowed("google", "autoverify")

    def test_a_module_that_is_not_enabled_is_closed(self) -> None:
        assert not auth_policies.allowed("twitter", "login")

    def test_a_wrong_value_names_the_provider(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(conf.current().names, f"{PREFIX}_GOOGLE_LIMIT_POLICY", "two")
        with pytest.raises(SettingsError, match="google"):
            auth_policies.allowed("google", "login")

    def test_required_methods_are_told_to_those_who_lack_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(conf.current().names, f"{PREFIX}_GOOGLE_REQUIRED_POLICY", True)
        assert auth_policies.required_of(a_user()) == ["google"]


class TestProfiles:
    """For some users and groups."""

    def test_a_profile_reaches_users_and_members_of_groups(self) -> None:
        ada, bob, eve = a_user(), a_user(), a_user()
        circle = groups.create("circle")
        groups.add(circle, bob)
        auth_profiles.add("strict", "google", {"login": False})
        auth_profiles.hand_out("strict", [ada], [circle])
        told = [auth_policies.allowed("google", "login", user) for user in (ada, bob, eve)]
        assert told == [False, False, True]
        auth_profiles.set_active("strict", active=False)
        assert auth_policies.allowed("google", "login", ada)

    def test_an_exclusive_profile_closes_every_other_door(self) -> None:
        ada = a_user()
        auth_profiles.add("only-shibboleth", "shibboleth", {"login": False}, exclusive=True)
        auth_profiles.hand_out("only-shibboleth", [ada], [])
        assert auth_policies.allowed("shibboleth", "login", ada)
        assert not auth_policies.allowed("local", "login", ada)

    def test_groups_win_over_users_and_priority_orders_each(self) -> None:
        ada, circle = a_user(), groups.create("circle")
        groups.add(circle, ada)
        for name, limit, priority in (("a", 2, 5), ("b", 3, 1)):
            auth_profiles.add(name, "google", {"limit": limit})
            auth_profiles.hand_out(name, [ada], [])
            AuthPolicyProfile.objects.filter(name=name).update(priority=priority)
        assert auth_policies.in_force("google", ada).limit == 2
        auth_profiles.add("c", "google", {"limit": 9})
        auth_profiles.hand_out("c", [], [circle])
        assert auth_policies.in_force("google", ada).limit == 9


class TestCommands:
    """authpolicy-* and group-*."""

    def test_a_profile_is_made_changed_shown_and_removed(self) -> None:
        run("authpolicy-add", "p", "google", "--login-policy", "False", "--limit-policy", "3")
        told = json.loads(run("authpolicy-show", "p", "--output-format", "json"))
        assert told["policies"] == {"login": False, "limit": 3}
        run("authpolicy-add", "p", "google", "--update", "--unset-login-policy", "--exclusive")
        profile = auth_profiles.find("p")
        assert auth_profiles.values_of(profile) == {"limit": 3}
        assert profile.is_exclusive
        run("authpolicy-remove", "p")
        assert not AuthPolicyProfile.objects.exists()
        acts = AuditEntry.objects.filter(act__startswith="auth-policy.").values_list("act")
        assert [act for (act,) in acts.order_by("pk")] == [
            "auth-policy.added",
            "auth-policy.changed",
            "auth-policy.removed",
        ]

    @pytest.mark.parametrize(
        "arguments",
        [
            ("p", "google"),
            ("new", "google", "--login-policy", "perhaps"),
            ("new", "google", "--limit-policy", "True"),
            ("new", "google", "--unset-login-policy"),
            ("gone", "google", "--update"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, arguments: tuple[str, ...]) -> None:
        auth_profiles.add("p", "google", {})
        with pytest.raises(CommandError):
            run("authpolicy-add", *arguments)

    def test_setting_replaces_associations_and_deletes_nobody(self) -> None:
        ada, bob = a_user(), a_user()
        circle = groups.create("circle")
        run("authpolicy-add", "p", "google")
        run("authpolicy-set", "p", "--user", ada.uuid, "--group", "circle")
        run("authpolicy-set", "p", "--user", bob.email, "--group", str(circle.pk))
        rows = json.loads(run("authpolicy-list", "--output-format", "json"))
        assert bob.username in str(rows[0]["users"])
        assert ada.username not in str(rows[0]["users"])
        run("authpolicy-set", "p")
        assert User.objects.filter(pk__in=[ada.pk, bob.pk]).count() == 2
        assert Group.objects.filter(pk=circle.pk).exists()
        assert not auth_profiles.find("p").users.exists()

    def test_groups_are_made_once_and_counted(self) -> None:
        run("group-add", "poets")
        run("group-add", "poets")
        groups.add(groups.named("poets"), a_user())
        rows = json.loads(run("group-list", "--output-format", "json"))
        assert [(row["name"], int(row["users_count"])) for row in rows] == [("poets", 1)]
