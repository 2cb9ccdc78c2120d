"""Methods of `POST /v3/auth/tokens` beside a password alone. Spec: openstack-api 4.1."""

from typing import Any

import pyotp
import pytest

from synnefo.astakos.models import DATABASE, AuthReceipt, Domain, User
from synnefo.astakos.settings import SecuritySettings
from synnefo.astakos.usecases import passwords, totp
from synnefo.kit import conf
from synnefo.kit.clock import now
from tests.support.astakos import PASSWORD, a_token, a_user
from tests.support.identity_calls import Told, call, with_token

pytestmark = pytest.mark.django_db(databases=[DATABASE])


def with_factor() -> tuple[User, pyotp.TOTP]:
    """Make a user with an authenticator app, and the app."""
    user = a_user()
    secret = totp.begin(user)
    app = pyotp.TOTP(secret)
    totp.confirm(user, app.at(now().timestamp() - 30))
    return user, app


def ask(user: User, *methods: str, receipt: str = "", **shown: Any) -> Told:
    """Sign in by several methods."""
    person = {"id": user.uuid}
    known: dict[str, Any] = {
        "password": {"user": {**person, "password": shown.get("password", PASSWORD)}},
        "totp": {"user": {**person, "passcode": shown.get("code", "000000")}},
        "token": {"id": shown.get("token", "")},
    }
    identity = {"methods": list(methods), **{name: known[name] for name in methods}}
    headers = {"Openstack_Auth_Receipt": receipt} if receipt else {}
    return call("POST", "/auth/tokens", body={"auth": {"identity": identity}}, **headers)


class TestSecondFactor:
    """Password and code, together or one after the other."""

    @pytest.mark.parametrize("order", [("password", "totp"), ("totp", "password")])
    def test_both_get_a_token_in_any_order(self, order: tuple[str, ...]) -> None:
        user, app = with_factor()
        got = ask(user, *order, code=app.at(now().timestamp()))
        assert got.status == 201
        assert set(got.json["token"]["methods"]) == {"password", "totp"}

    def test_a_password_alone_gets_a_receipt_that_the_code_turns_into_a_token(self) -> None:
        user, app = with_factor()
        half = ask(user, "password")
        assert half.status == 401
        assert half.json["required_auth_methods"] == [["password", "totp"]]
        assert half.json["receipt"]["methods"] == ["password"]
        assert half.json["receipt"]["user"]["id"] == user.uuid
        receipt = half.headers["Openstack-Auth-Receipt"]
        assert receipt not in str(AuthReceipt.objects.values())
        got = ask(user, "totp", receipt=receipt, code=app.at(now().timestamp()))
        assert got.status == 201
        assert ask(user, "totp", receipt=receipt, code="123456").status == 401

    def test_wrong_and_used_codes_are_refused(self) -> None:
        user, app = with_factor()
        code = app.at(now().timestamp())
        assert ask(user, "password", "totp", code="000000").status == 401
        assert ask(user, "password", "totp", code=code).status == 201
        assert ask(user, "password", "totp", code=code).status == 401

    def test_a_code_alone_is_not_enough(self) -> None:
        user, app = with_factor()
        got = ask(user, "totp", code=app.at(now().timestamp()))
        assert (got.status, got.token) == (401, "")

    def test_a_receipt_of_one_user_is_worth_nothing_to_another(self) -> None:
        ada, _ = with_factor()
        bob, app = with_factor()
        receipt = ask(ada, "password").headers["Openstack-Auth-Receipt"]
        got = ask(bob, "totp", receipt=receipt, code=app.at(now().timestamp()))
        assert (got.status, got.token) == (401, "")

    def test_methods_of_two_people_are_refused(self) -> None:
        ada, bob = a_user(), a_user()
        got = ask(ada, "password", "token", token=a_token(bob))
        assert (got.status, got.token) == (401, "")

    def test_the_old_version_does_not_go_round_it(self) -> None:
        user, _ = with_factor()
        auth = {"passwordCredentials": {"username": user.username, "password": PASSWORD}}
        got = call("POST", "/astakos/identity/v2.0/tokens", body={"auth": auth})
        assert got.status == 401

    def test_who_must_have_one_and_has_none_is_sent_to_the_pages(self) -> None:
        user = a_user()
        auth = {"passwordCredentials": {"username": user.username, "password": PASSWORD}}
        with conf.override(SecuritySettings, astakos_second_factor_required="everybody"):
            got = ask(user, "password")
            old = call("POST", "/astakos/identity/v2.0/tokens", body={"auth": auth})
        assert (got.status, got.token, old.status) == (401, "", 401)
        assert "pages" in got.json["error"]["message"]

    def test_a_session_that_passed_it_need_not_again(self) -> None:
        user, _ = with_factor()
        assert with_token(a_token(user)).status == 201


class TestOtherDomains:
    """People whom administrators made elsewhere than in the default domain."""

    def test_they_sign_in_by_name_and_domain(self) -> None:
        domain = Domain.objects.create(pk="lab", name="Laboratory")
        user = a_user("ada@lab.example.org")
        hashed = passwords.hash_password(PASSWORD)
        User.objects.filter(pk=user.pk).update(domain_id="lab", name="ada", password=hashed)
        for place in ({"id": "lab"}, {"name": "laboratory"}):
            person = {"name": "ada", "domain": place, "password": PASSWORD}
            got = call("POST", "/auth/tokens", body=by_password(person))
            assert got.status == 201, got.json
            told = got.json["token"]["user"]
            assert told["name"] == "ada"
            assert told["domain"] == {"id": "lab", "name": domain.name}
        for place in ({"id": "default"}, {"id": "nowhere"}):
            person = {"name": "ada", "domain": place, "password": PASSWORD}
            assert call("POST", "/auth/tokens", body=by_password(person)).status == 401


def by_password(person: dict[str, Any]) -> dict[str, Any]:
    """Write the body of a sign-in by password."""
    identity = {"methods": ["password"], "password": {"user": person}}
    return {"auth": {"identity": identity, "scope": "unscoped"}}
