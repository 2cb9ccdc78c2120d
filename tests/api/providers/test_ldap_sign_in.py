"""LDAP against a real slapd: names and passwords, TLS, injections, groups, a dead server."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from synnefo.astakos.domain.provider_configs import LdapServer
from synnefo.astakos.models import DATABASE
from synnefo.astakos.settings import AstakosSettings, ProviderSettings
from synnefo.astakos.usecases import auth_methods, directories, groups, pending_third_parties
from synnefo.kit import conf
from synnefo.kit.faults import ServiceUnavailable
from tests.support.astakos import PASSWORD, a_user
from tests.support.page import Page
from tests.support.ports import free_port
from tests.support.slapd import BASE, ROOT_DN, ROOT_PASSWORD, Slapd, slapd
from tests.support.travel import a_holder, notice_of, query_of

pytestmark = [
    pytest.mark.django_db(databases=[DATABASE], transaction=True),
    pytest.mark.needs_clients,
]
SECRET = "a password of the directory"
ATTR_MAP = {"identifier": ("entryUUID", False)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """Run a directory with two people and a group."""
    with slapd(tmp_path_factory.mktemp("ldap")) as running:
        running.add_person("ada", SECRET)
        running.add_person("bob", "the password of bob", "ou: math", "ou: poetry")
        running.add(
            f"dn: cn=poets,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: poets\n"
            f"member: uid=ada,ou=people,{BASE}\nmember: uid=bob,ou=people,{BASE}\n"
        )
        yield running


@pytest.fixture
def settings(server: Slapd, monkeypatch: pytest.MonkeyPatch) -> Iterator[LdapServer]:
    """Enable the module, over TLS."""
    monkeypatch.setitem(conf.current().names, "ASTAKOS_AUTH_PROVIDER_LDAP_USER_ATTR_MAP", ATTR_MAP)
    mine = LdapServer(
        uri=server.tls_uri,
        base=f"ou=people,{BASE}",
        bind_dn=ROOT_DN,
        bind_password=ROOT_PASSWORD,
        ca_file=server.ca_file,
        group_base=f"ou=groups,{BASE}",
        timeout=3.0,
    )
    with using(mine):
        yield mine


def using(server: LdapServer) -> Any:
    """Put a directory's settings in force."""
    return conf.override(
        ProviderSettings, astakos_im_modules=["local", "ldap"], astakos_ldap=server
    )


def knock(page: Page, name: str, password: str, **more: Any) -> Any:
    """Send a name and a password of the directory."""
    body = {"username": name, "password": password, **more}
    return page.took(page.post("/login/ldap", body))


def a_member(uid: str) -> Any:
    """Make a person who signs in by the directory."""
    return a_holder("ldap", identifier_of(uid))


def identifier_of(uid: str) -> str:
    """Answer under what the directory keeps somebody for ever."""
    password = {"ada": SECRET, "bob": "the password of bob"}[uid]
    person = directories.by_password("ldap").check(uid, password)
    return directories.identity_of("ldap", person).identifier


@pytest.mark.usefixtures("settings")
class TestSigningIn:
    """The road as it should be."""

    def test_somebody_known_comes_in(self) -> None:
        user, page = a_member("ada"), Page()
        answer = knock(page, "ada", SECRET)
        assert answer.status_code == 200
        assert answer.json()["user"]["id"] == user.uuid
        assert page.get("/methods").json()["methods"][0]["is_usable"]

    def test_somebody_new_goes_on_to_sign_up(self) -> None:
        answer = knock(Page(), "ada", SECRET)
        token = query_of(answer.json()["url"])["third_party_token"]
        row = pending_third_parties.find(token)
        assert (row.email, row.first_name, row.last_name) == (
            "ada@example.org",
            "Ada",
            "Lovelace",
        )

    def test_start_tls_and_a_pattern_of_names_work_too(self, server: Slapd) -> None:
        by_name = LdapServer(
            uri=server.uri,
            user_dn="uid={username},ou=people," + BASE,
            base=f"ou=people,{BASE}",
            bind_dn=ROOT_DN,
            bind_password=ROOT_PASSWORD,
            start_tls=True,
            ca_file=server.ca_file,
        )
        with using(by_name):
            a_member("bob")
            assert knock(Page(), "bob", "the password of bob").status_code == 200
            assert knock(Page(), "bob,ou=people", "the password of bob").status_code == 401

    def test_settings_of_the_old_backend_package_do(
        self, server: Slapd, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_member("ada")
        names = conf.current().names
        for name, value in {
            "SERVER_URI": server.uri,
            "BIND_DN": ROOT_DN,
            "BIND_PASSWORD": ROOT_PASSWORD,
            "USER_DN_TEMPLATE": f"uid=%(user)s,ou=people,{BASE}",
        }.items():
            monkeypatch.setitem(names, f"AUTH_LDAP_{name}", value)
        with conf.override(ProviderSettings, astakos_ldap=None):
            assert knock(Page(), "ada", SECRET).status_code == 200

    def test_an_account_is_added_to_an_existing_one(self) -> None:
        user, page = a_user(), Page()
        auth_methods.keep_local(user)
        page.sign_in(user.username, PASSWORD)
        answer = page.post("/login/ldap/add", {"username": "ada", "password": SECRET})
        assert notice_of(answer.json()["url"]) == "added"
        assert knock(Page(), "ada", SECRET).status_code == 200

    def test_groups_are_mirrored_where_wanted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        user = a_member("ada")
        groups.change(user, ["ours"], [])
        knock(Page(), "ada", SECRET)
        assert groups.names_of(user) == ("ours",)
        names = conf.current().names
        monkeypatch.setitem(names, "ASTAKOS_AUTH_PROVIDER_LDAP_MIRROR_GROUPS_POLICY", True)
        knock(Page(), "ada", SECRET)
        assert groups.names_of(user) == ("poets",)

    def test_a_deactivated_account_is_not_let_in(self) -> None:
        user = a_member("ada")
        type(user).objects.filter(pk=user.pk).update(is_active=False)
        answer = knock(Page(), "ada", SECRET)
        assert answer.status_code == 403
        assert answer.headers["X-Account-State"] == "inactive"


INJECTIONS = [
    "*",
    "a*",
    "ada)(uid=*",
    "*)(uid=*))(|(uid=*",
    "ada)(|(password=*)",
    "ada\x00",
    "ada\\2a",
    "\\2a",
    "(|(uid=ada)(uid=bob))",
    "ada)(!(&(1=0",
    "",
    "a" * 300,
    "\u03b1\u03b2\u03b3",
]


@pytest.mark.usefixtures("settings")
class TestAttacks:
    """What somebody might type."""

    @pytest.mark.parametrize("name", INJECTIONS)
    def test_no_name_means_another_one(self, name: str) -> None:
        a_member("ada")
        with conf.override(AstakosSettings, astakos_ratelimit_retries_allowed=100):
            for password in (SECRET, "*", "x"):
                assert knock(Page(), name, password).status_code == 401

    @pytest.mark.parametrize(
        "password", ["", "wrong", "\x00", SECRET + "\x00", "the password of bob"]
    )
    def test_no_password_but_ones_own_opens(self, password: str) -> None:
        a_member("ada")
        assert knock(Page(), "ada", password).status_code == 401

    def test_an_unknown_name_is_refused_as_a_known_one(self) -> None:
        told = [knock(Page(), name, "wrong wrong").json() for name in ("ada", "nobody")]
        assert told[0] == told[1]

    def test_who_guesses_has_to_wait(self) -> None:
        a_member("ada")
        with conf.override(AstakosSettings, astakos_ratelimit_retries_allowed=3):
            codes = [knock(Page(), "ada", "wrong wrong").status_code for _ in range(4)]
            assert codes == [401, 401, 401, 429]
            assert knock(Page(), "ada", SECRET).status_code == 429

    def test_another_site_cannot_sign_people_in(self) -> None:
        answer = Page().client.post(
            "/astakos/ui/login/ldap", '{"username": "a", "password": "b"}', "application/json"
        )
        assert answer.status_code == 403

    def test_an_untrusted_certificate_stops_it(self, settings: LdapServer) -> None:
        untrusted = LdapServer(uri=settings.uri, base=settings.base, bind_dn=ROOT_DN)
        with using(untrusted):
            assert knock(Page(), "ada", SECRET).status_code == 503

    def test_passwords_never_go_in_the_clear(self) -> None:
        with using(LdapServer(uri="ldap://directory.example.org", base=BASE)):
            answer = knock(Page(), "ada", SECRET)
        assert answer.status_code == 503
        assert "in the clear" in answer.content.decode()

    def test_a_dead_server_is_told_plainly(self) -> None:
        with using(LdapServer(uri=f"ldap://127.0.0.1:{free_port()}", base=BASE)):
            answer = knock(Page(), "ada", SECRET)
        assert answer.status_code == 503
        assert "directory server" in answer.content.decode()

    def test_a_wrong_password_of_ours_is_no_wrong_password_of_theirs(
        self, settings: LdapServer
    ) -> None:
        wrong = LdapServer(
            uri=settings.uri,
            base=settings.base,
            bind_dn=ROOT_DN,
            bind_password="not it",
            ca_file=settings.ca_file,
        )
        with using(wrong):
            assert knock(Page(), "ada", SECRET).status_code == 503

    def test_secrets_of_settings_are_masked(self, settings: LdapServer) -> None:
        assert ROOT_PASSWORD not in repr(settings)
        assert settings.uri in repr(settings)


class TestPlainInstallation:
    """Those who need no LDAP need no library for it."""

    def test_nothing_imports_the_library_unless_it_is_enabled(self) -> None:
        script = (
            "import sys, django; django.setup();"
            "import synnefo.astakos.api.urls;"
            "assert not {'ldap', 'saml2'} & set(sys.modules), 'imported'"
        )
        environment = {
            "DJANGO_SETTINGS_MODULE": "tests.support.django_settings",
            "PYTHONPATH": "src:.",
        }
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()

    def test_a_missing_library_is_named(self) -> None:
        there = {"ldap": "synnefo.astakos.engines.no_such_module"}
        with (
            using(LdapServer(uri="ldaps://directory.example.org", base=BASE)),
            conf.override(ProviderSettings, astakos_directories=there),
            pytest.raises(ServiceUnavailable, match="not installed"),
        ):
            directories.by_password("ldap")
