"""Tokens for accounts with a second factor, as clients of Keystone get them."""

import json
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import time_machine
from django.test import Client

from synnefo.astakos.models import DATABASE, TotpDevice, User
from synnefo.astakos.settings import SecuritySettings
from synnefo.astakos.usecases import password_changes, recovery_codes, totp
from synnefo.kit import conf
from synnefo.kit.clock import now
from tests.support.astakos import PASSWORD, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])
RECEIPT = "Openstack-Auth-Receipt"


def a_guarded_user() -> tuple[User, pyotp.TOTP]:
    """Make a user with an authenticator app."""
    user = a_user()
    app = pyotp.TOTP(totp.begin(user))
    TotpDevice.objects.filter(user=user).update(confirmed_at=now())
    return user, app


def ask(user: User, *, code: str = "", password: str = PASSWORD, **headers: str) -> Any:
    """Ask for a token by password, by code, or by both; an empty one is left out."""
    identity: dict[str, Any] = {"methods": []}
    if password:
        identity["methods"].append("password")
        identity["password"] = {"user": {"id": user.uuid, "password": password}}
    if code:
        identity["methods"].insert(0, "totp")
        identity["totp"] = {"user": {"id": user.uuid, "passcode": code}}
    return Client().post(
        "/astakos/identity/v3/auth/tokens",
        json.dumps({"auth": {"identity": identity}}),
        "application/json",
        headers=headers,
    )


def test_a_password_alone_earns_a_receipt() -> None:
    user, _ = a_guarded_user()
    answer = ask(user)
    assert answer.status_code == 401
    told = answer.json()
    assert told["required_auth_methods"] == [["password", "totp"]]
    assert told["receipt"]["methods"] == ["password"]
    assert told["receipt"]["user"]["id"] == user.uuid
    assert answer.headers[RECEIPT]
    assert "X-Subject-Token" not in answer.headers


def test_both_at_once_earn_a_token_whatever_their_order() -> None:
    user, app = a_guarded_user()
    answer = ask(user, code=app.now())
    assert answer.status_code == 201
    assert set(answer.json()["token"]["methods"]) == {"password", "totp"}


def test_the_code_follows_with_the_receipt() -> None:
    user, app = a_guarded_user()
    receipt = ask(user).headers[RECEIPT]
    answer = ask(user, code=app.now(), password="", **{RECEIPT: receipt})
    assert answer.status_code == 201
    assert set(answer.json()["token"]["methods"]) == {"password", "totp"}


def test_a_receipt_is_of_its_user_and_grows_old() -> None:
    user, app = a_guarded_user()
    other, theirs = a_guarded_user()
    receipt = ask(user).headers[RECEIPT]
    stolen = ask(other, code=theirs.now(), password="", **{RECEIPT: receipt})
    assert stolen.status_code == 401
    with time_machine.travel(now() + timedelta(minutes=6)):
        late = ask(user, code=app.at(now()), password="", **{RECEIPT: receipt})
        assert late.status_code == 401


def test_a_code_is_not_enough_and_counts_once() -> None:
    user, app = a_guarded_user()
    code = app.now()
    assert ask(user, code=code, password="").status_code == 401
    assert ask(user, code=code).status_code == 401


def test_guessing_codes_is_held_up() -> None:
    user, _ = a_guarded_user()
    with conf.override(SecuritySettings, astakos_second_factor_limit=3):
        codes = [ask(user, code=f"00000{n}").status_code for n in range(5)]
    assert 429 in codes


def test_a_recovery_code_stands_in_for_the_app() -> None:
    user, _ = a_guarded_user()
    code = recovery_codes.renew(user)[0]
    assert ask(user, code=code).status_code == 201
    assert ask(user, code=code).status_code == 401


def test_v2_gives_no_token_by_password_alone() -> None:
    user, _ = a_guarded_user()
    body = {"auth": {"passwordCredentials": {"username": user.username, "password": PASSWORD}}}
    answer = Client().post(
        "/astakos/identity/v2.0/tokens", json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 401


def test_who_must_have_a_factor_gets_no_token_without() -> None:
    operator = a_user(admin=True)
    with conf.override(SecuritySettings, astakos_second_factor_required="operators"):
        assert ask(operator).status_code == 401
        assert ask(a_user()).status_code == 201


def test_a_password_that_must_be_changed_gets_no_token_but_can_be_changed() -> None:
    user = a_user()
    password_changes.expire(user)
    assert ask(user).status_code == 401
    body = {"user": {"original_password": PASSWORD, "password": "another horse entirely"}}
    changed = Client().post(
        f"/astakos/identity/v3/users/{user.uuid}/password",
        json.dumps(body),
        content_type="application/json",
    )
    assert changed.status_code == 204
    assert ask(user, password="another horse entirely").status_code == 201
