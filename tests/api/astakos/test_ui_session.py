"""Browser sessions: cookie, token, and those who guess passwords."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from synnefo.astakos.models import DATABASE, Token
from synnefo.astakos.settings import AstakosSettings, SecuritySettings
from synnefo.astakos.usecases import tokens, users
from synnefo.kit import conf
from synnefo.kit.clock import now
from tests.support.astakos import PASSWORD, a_token, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])
PATH = "/astakos/ui/session"
OWN = {"X-Requested-With": "synnefo"}


def sign_in(client: Client, name: str, password: str = PASSWORD, **extra: Any) -> Any:
    """Sign in as a page of ours does."""
    body = json.dumps({"username": name, "password": password})
    return kept(client, client.post(PATH, body, "application/json", headers=OWN, **extra))


def kept(client: Client, answer: Any) -> Any:
    """Keep the answer's cookies, as a browser does."""
    client.cookies.update(answer.cookies)
    return answer


class TestSessions:
    """POST, GET, DELETE."""

    def test_a_session_tells_all_that_a_page_needs(self) -> None:
        user = a_user("ada@example.org", admin=True)
        client = Client()
        answer = sign_in(client, "Ada@Example.org")
        assert answer.status_code == 200
        told = answer.json()
        assert told["user"] == {
            "id": user.uuid,
            "name": "Ada Example",
            "email": "ada@example.org",
            "is_admin": True,
            "has_signed_terms": True,
        }
        assert told["project"] == {"id": user.uuid, "name": "ada@example.org"}
        assert tokens.find(told["token"]["id"]).user == user
        assert told["catalog"] == []
        assert client.get(PATH).json() == told

    def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self) -> None:
        client = Client()
        sign_in(client, a_user().username)
        cookie = client.cookies["synnefo_session"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert cookie["path"] == "/astakos"
        assert not cookie["secure"]
        sign_in(client, a_user().username, secure=True)
        assert client.cookies["synnefo_session"]["secure"]

    def test_signing_out_ends_the_token(self) -> None:
        client = Client()
        token = sign_in(client, a_user().username).json()["token"]["id"]
        assert client.delete(PATH, headers=OWN).status_code == 204
        assert client.get(PATH).status_code == 401
        with pytest.raises(Exception, match="unknown or has expired"):
            tokens.find(token)
        assert client.delete(PATH, headers=OWN).status_code == 204

    def test_other_sites_cannot_sign_people_in_or_out(self) -> None:
        user, client = a_user(), Client()
        body = json.dumps({"username": user.username, "password": PASSWORD})
        assert client.post(PATH, body, "application/json").status_code == 403
        assert client.delete(PATH).status_code == 403

    def test_an_ended_session_is_told_and_its_cookie_dropped(self) -> None:
        user, client = a_user(), Client()
        sign_in(client, user.username)
        users.deactivate(user)
        answer = kept(client, client.get(PATH))
        assert answer.status_code == 401
        assert client.cookies["synnefo_session"]["max-age"] == "0"

    @pytest.mark.parametrize("body", ["", "{", "[]", '{"username": 5, "password": "x"}'])
    def test_bodies_that_are_wrong_are_refused(self, body: str) -> None:
        answer = Client().post(PATH, body, "application/json", headers=OWN)
        assert answer.status_code == 400

    def test_a_token_expires(self) -> None:
        client = Client()
        sign_in(client, a_user().username)
        with time_machine.travel(now() + timedelta(hours=25)):
            assert client.get(PATH).status_code == 401
            assert tokens.forget_expired(now() + timedelta(days=30)) == 1
        assert not Token.objects.exists()

    def test_a_personal_token_is_renewed_and_shown_once(self) -> None:
        user = a_user()
        before = tokens.renew(user).id
        answer = Client().post("/astakos/ui/token", headers={"X-Auth-Token": a_token(user)})
        fresh = answer.json()["token"]["id"]
        assert tokens.find(fresh).user == user
        with pytest.raises(Exception, match="unknown or has expired"):
            tokens.find(before)


class TestGuessing:
    """The rate limit, per account and address."""

    def test_who_guesses_has_to_wait_and_the_owner_does_not(self) -> None:
        user = a_user()
        with conf.override(AstakosSettings, astakos_ratelimit_retries_allowed=3):
            for _ in range(3):
                assert sign_in(Client(), user.username, "guess guess").status_code == 401
            held = sign_in(Client(), user.username, PASSWORD)
            assert held.status_code == 429
            assert 0 < int(held.headers["Retry-After"]) <= 61
            elsewhere = sign_in(Client(), user.username, REMOTE_ADDR="192.0.2.7")
            assert elsewhere.status_code == 200
            assert sign_in(Client(), a_user().username).status_code == 200
            with time_machine.travel(now() + timedelta(seconds=62)):
                assert sign_in(Client(), user.username).status_code == 200

    def test_a_right_password_forgets_the_wrong_ones(self) -> None:
        user = a_user()
        with conf.override(AstakosSettings, astakos_ratelimit_retries_allowed=3):
            for _ in range(3):
                sign_in(Client(), user.username, "guess guess")
                sign_in(Client(), user.username, "guess guess")
                assert sign_in(Client(), user.username).status_code == 200

    def test_unknown_names_are_held_up_alike(self) -> None:
        with conf.override(AstakosSettings, astakos_ratelimit_retries_allowed=2):
            codes = [sign_in(Client(), "nobody@x.org").status_code for _ in range(3)]
        assert codes == [401, 401, 429]

    def test_a_password_hashed_with_old_settings_is_hashed_anew(self) -> None:
        user = a_user()
        before = user.password
        with conf.override(AstakosSettings, astakos_argon2_time_cost=3):
            assert sign_in(Client(), user.username).status_code == 200
            user.refresh_from_db()
            assert user.password != before
            assert sign_in(Client(), user.username).status_code == 200


class TestPlantedSessions:
    """Somebody else's cookie in one's browser, put there before one signs in."""

    @pytest.mark.parametrize("planted", ["chosen-by-them", "theirs"])
    def test_signing_in_begins_a_session_of_its_own(self, planted: str) -> None:
        name = conf.of(SecuritySettings).astakos_session_cookie_name
        if planted == "theirs":
            attacker = Client()
            planted = sign_in(attacker, a_user().username).cookies[name].value
        user, browser = a_user(), Client()
        browser.cookies[name] = planted
        answer = sign_in(browser, user.username)
        assert answer.status_code == 200
        assert answer.cookies[name].value != planted
        watching = Client()
        watching.cookies[name] = planted
        told = watching.get("/astakos/ui/session", headers={"X-Requested-With": "synnefo"})
        assert told.status_code == 401 or told.json()["user"]["id"] != user.uuid
