"""Weblogin, the identity cookie, menu and services by example. Spec: identity 12."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
from django.test import Client

from synnefo.astakos.models import DATABASE, Token, User
from synnefo.astakos.settings import AstakosSettings, OAuthSettings, SignUpSettings
from synnefo.astakos.usecases import registry, tokens
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import Unauthorized
from tests.api.astakos.test_oauth2 import sign_out, signed_in
from tests.api.astakos.test_ui_session import OWN
from tests.support.astakos import a_token, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE])
PLACE = "/astakos/weblogin/login"
NEXT = "pithos://done?old=1#part"


def weblogin(browser: Client, target: str = NEXT, *flags: str) -> Any:
    """Ask for a token, as a program that opens a browser does."""
    query = urlencode({"next": target, **dict.fromkeys(flags, "")}) if target else ""
    return browser.get(f"{PLACE}?{query}")


def handed(answer: Any) -> dict[str, str]:
    """Read what a program gets."""
    assert answer.status_code == 302
    where = answer.headers["Location"]
    assert where.startswith("pithos://done?")
    assert "#" not in where
    return {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}


class TestWeblogin:
    """GET /weblogin/login."""

    def test_it_hands_a_token_to_the_program(self) -> None:
        user = a_user()
        browser = signed_in(user)
        told = handed(weblogin(browser))
        assert set(told) == {"uuid", "token"}
        assert told["uuid"] == user.uuid
        row = tokens.find(told["token"])
        assert row.user == user
        assert row.expires_at is not None
        assert row.expires_at > now() + timedelta(days=29)
        sign_out(browser)
        assert tokens.find(told["token"]).user == user

    @pytest.mark.parametrize("slash", ["", "/"])
    def test_a_slash_more_changes_nothing(self, slash: str) -> None:
        answer = signed_in(a_user()).get(f"{PLACE}{slash}?{urlencode({'next': NEXT})}")
        assert answer.status_code == 302

    def test_it_needs_somewhere_to_go(self) -> None:
        assert weblogin(signed_in(a_user()), "").status_code == 400

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.com/",
            "//evil.com",
            "/relative",
            "javascript:alert(1)",
            "pithos\n://x",
            "x pithos://y",
            "data:text/html,x",
        ],
    )
    def test_it_goes_nowhere_but_to_known_programs(self, target: str) -> None:
        assert weblogin(signed_in(a_user()), target).status_code == 403

    def test_operators_name_the_programs(self) -> None:
        with conf.override(OAuthSettings, astakos_redirect_allowed_schemes=("mine",)):
            assert weblogin(signed_in(a_user()), "mine://x").status_code == 302
            assert weblogin(signed_in(a_user())).status_code == 403

    def test_who_is_not_signed_in_comes_back_without_force(self) -> None:
        answer = weblogin(Client(), NEXT, "force", "renew")
        where = urlsplit(answer.headers["Location"])
        assert where.path == "/astakos/ui/login"
        back = urlsplit(parse_qs(where.query)["next"][0])
        assert back.path == PLACE
        assert parse_qs(back.query, keep_blank_values=True) == {"next": [NEXT], "renew": [""]}

    def test_force_signs_out_first(self) -> None:
        browser = signed_in(a_user())
        answer = weblogin(browser, NEXT, "force")
        assert urlsplit(answer.headers["Location"]).path == "/astakos/ui/login"
        assert browser.get("/astakos/ui/session").status_code == 401

    def test_terms_are_signed_first(self) -> None:
        user = a_user()
        browser = signed_in(user)
        User.objects.filter(pk=user.pk).update(has_signed_terms=False)
        answer = weblogin(browser)
        assert urlsplit(answer.headers["Location"]).path == "/astakos/ui/approval_terms"

    def test_renew_ends_all_other_tokens_but_not_the_session(self) -> None:
        user = a_user()
        browser, other = signed_in(user), a_token(user)
        personal = tokens.renew(user).id
        told = handed(weblogin(browser, NEXT, "renew"))
        for ended in (other, personal):
            with pytest.raises(Unauthorized):
                tokens.find(ended)
        assert tokens.find(told["token"]).kind == "api"
        assert browser.get("/astakos/ui/session").status_code == 200


class TestIdentityCookie:
    """What sibling services read, where operators say so."""

    def test_there_is_none_unless_a_domain_is_set(self) -> None:
        assert "_pithos2_a" not in signed_in(a_user()).cookies

    def test_it_names_user_and_token_and_goes_with_the_session(self) -> None:
        user = a_user()
        with conf.override(SignUpSettings, astakos_cookie_domain=".example.org"):
            browser = signed_in(user)
            cookie = browser.cookies["_pithos2_a"]
            uuid, _, token = unquote(cookie.value).partition("|")
            assert uuid == user.uuid
            assert tokens.find(token).user == user
            assert cookie["domain"] == ".example.org"
            assert cookie["path"] == "/"
            assert not cookie["httponly"]
            answer = browser.delete("/astakos/ui/session", headers=OWN)
            assert answer.cookies["_pithos2_a"]["max-age"] == "0"

    def test_it_travels_over_https_where_asked(self) -> None:
        with (
            conf.override(SignUpSettings, astakos_cookie_domain="example.org"),
            conf.override(AstakosSettings, astakos_cookie_secure=True),
        ):
            assert signed_in(a_user()).cookies["_pithos2_a"]["secure"]


class TestRenewal:
    """POST /ui/token."""

    def test_others_end_when_asked(self) -> None:
        user = a_user()
        mine, other = a_token(user), a_token(user)
        headers = {"X-Auth-Token": mine}
        first = Client().post("/astakos/ui/token", headers=headers).json()["token"]["id"]
        assert tokens.find(other).user == user
        answer = Client().post("/astakos/ui/token?end_others", headers=headers)
        second = answer.json()["token"]["id"]
        for ended in (first, other):
            with pytest.raises(Unauthorized):
                tokens.find(ended)
        assert tokens.find(mine).user == tokens.find(second).user == user
        assert Token.objects.filter(user=user, kind="api").count() == 1


class TestMenu:
    """GET /ui/get_menu and /ui/get_services."""

    def test_strangers_may_sign_in(self) -> None:
        answer = Client().get("/astakos/ui/get_menu")
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json() == [{"url": "http://127.0.0.1:8000/ui/", "name": "Sign in"}]

    def test_who_is_signed_in_is_named(self) -> None:
        told = signed_in(a_user("ada@example.org")).get("/astakos/ui/get_menu").json()
        assert [one["name"] for one in told] == ["ada@example.org", "Dashboard", "Sign out"]

    def test_a_script_may_ask_for_it(self) -> None:
        answer = Client().get("/astakos/ui/get_menu?callback=cloud.bar_1")
        assert answer.headers["Content-Type"] == "application/javascript"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        text = answer.content.decode()
        assert text.startswith("cloud.bar_1([")
        assert text.endswith("])")
        assert json.loads(text[len("cloud.bar_1(") : -1])[0]["name"] == "Sign in"

    @pytest.mark.parametrize("name", ["", "a b", "a;b", "f(1)//", "<script>", "1a", "ά", "a\n"])
    def test_what_is_no_name_of_a_function_is_refused(self, name: str) -> None:
        answer = Client().get(f"/astakos/ui/get_menu?{urlencode({'callback': name})}")
        assert answer.status_code == 400

    def test_nobody_puts_a_script_into_it(self) -> None:
        registry.add_component("evil", ui_url="http://x/</script><script>alert(1)</script>")
        text = Client().get("/astakos/ui/get_services?callback=f").content.decode()
        assert "<" not in text

    def test_services_are_in_their_order_and_as_the_settings_say(self) -> None:
        for name in ("pithos", "astakos", "my_app", "cyclades"):
            registry.add_component(name, ui_url=f"http://example.org/{name}/")
        told = Client().get("/astakos/ui/get_services").json()
        assert [one["name"] for one in told] == ["astakos", "pithos", "cyclades", "my_app"]
        assert told[0]["cloudbar"] == {"show": False}
        assert told[1]["dashboard"]["order"] == 1
        assert (told[3]["verbose_name"], told[3]["order"]) == ("My App", 1000)
        meta = {"my_app": {"order": 0, "cloudbar": {"title": "Mine"}}}
        with conf.override(OAuthSettings, astakos_components_meta=meta):
            first = Client().get("/astakos/ui/get_services").json()[0]
        assert (first["name"], first["cloudbar"]) == ("my_app", {"show": True, "title": "Mine"})

    def test_the_bar_itself_is_served(self) -> None:
        answer = Client().get("/astakos/ui/cloudbar/cloudbar.js")
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert b"get_services" in answer.content
        assert Client().get("/astakos/ui/cloudbar/cloudbar.css").status_code == 200
        assert Client().get("/astakos/ui/cloudbar/settings.py").status_code == 404
