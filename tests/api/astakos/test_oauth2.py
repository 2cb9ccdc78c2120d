"""OAuth 2.0 by example, with a real client library at the other side. Spec: identity 11."""

import base64
import json
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from authlib.common.security import generate_token
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.db import connections
from django.test import Client

from synnefo.astakos.models import DATABASE, AuthorizationCode, OAuthToken, User
from synnefo.astakos.settings import AstakosSettings, SecuritySettings
from synnefo.astakos.usecases import oauth_clients, tokens, users
from synnefo.astakos.usecases.oauth_clients import NewClient
from synnefo.kit import conf
from synnefo.kit.clock import now
from tests.api.astakos.test_ui_session import kept
from tests.support.astakos import PASSWORD, a_user

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)
BASE = "/astakos"
AUTH, TOKEN = f"{BASE}/oauth2/auth", f"{BASE}/oauth2/token"
FORM = "application/x-www-form-urlencoded"
VIEW, OTHER = "https://view.example.org/view", "https://app.example.com/callback"
SECRET = "a secret of the view"


@pytest.fixture
def view() -> Any:
    """Register one of our own services."""
    return oauth_clients.add(
        NewClient(identifier="pithos-view", secret=SECRET, is_trusted=True, urls=[VIEW])
    )


@pytest.fixture
def app() -> Any:
    """Register somebody else's program, which can keep no secret."""
    urls = [OTHER, "http://127.0.0.1:9000/back"]
    return oauth_clients.add(NewClient(identifier="app", type="public", name="An App", urls=urls))


def signed_in(user: User) -> Client:
    """Make a browser in which a user is signed in."""
    client = Client()
    body = json.dumps({"username": user.username, "password": PASSWORD})
    headers = {"X-Requested-With": "synnefo"}
    answer = client.post(f"{BASE}/ui/session", body, "application/json", headers=headers)
    assert answer.status_code == 200
    kept(client, answer)
    return client


def ask(browser: Client, **wish: str) -> Any:
    """Ask for a code, as a browser that a client sent."""
    query = {"response_type": "code", "client_id": "pithos-view", **wish}
    return browser.get(f"{AUTH}?{urlencode(query)}")


def code_in(answer: Any) -> str:
    """Take the code out of the address that a browser is led to."""
    assert answer.status_code == 302, answer.content
    query = parse_qs(urlsplit(str(answer.headers["Location"])).query)
    return query["code"][0]


def trade(code: str, *, secret: str = SECRET, name: str = "pithos-view", **more: str) -> Any:
    """Trade a code for a token."""
    place = more.pop("address", "127.0.0.1")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": VIEW, **more}
    basic = base64.b64encode(f"{name}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"} if secret else {}
    return Client(REMOTE_ADDR=place).post(TOKEN, urlencode(form), FORM, headers=headers)


def refused(answer: Any) -> bool:
    """Tell whether an answer is a refusal as the spec has it."""
    told = json.loads(answer.content)
    return bool(
        answer.status_code == 400 and told["error"] == "generic_error" and told["exception"]
    )


class TestOwnServices:
    """Trusted clients need no consent."""

    def test_a_code_becomes_a_token_that_tells_whose_it_is(self, view: Any) -> None:
        user = a_user("ada@example.org")
        scope = f"{VIEW}/v1/ada/folder/file"
        answer = ask(signed_in(user), redirect_uri=f"{scope}?version=2", scope=scope, state="s&1")
        where = answer.headers["Location"]
        assert where.startswith(f"{scope}?version=2&code=")
        assert parse_qs(urlsplit(where).query)["state"] == ["s&1"]
        assert answer.headers["Cache-Control"] == "no-store"
        got = trade(code_in(answer), redirect_uri=f"{scope}?version=2")
        assert got.status_code == 200
        told = got.json()
        assert (told["token_type"], told["expires_in"]) == ("Bearer", 20)
        assert len(told["access_token"]) == 30
        path = f"{BASE}/identity/v2.0/tokens/{told['access_token']}"
        shown = Client().get(path, {"belongsTo": scope}).json()["access"]
        assert shown["user"]["id"] == user.uuid
        assert shown["user"]["name"] == "Ada Example"
        assert shown["token"]["tenant"]["id"] == user.uuid
        assert Client().get(path, {"belongsTo": f"{scope}.txt"}).status_code == 404
        assert Client().get(path, {"belongsTo": f"{VIEW}/other"}).status_code == 404
        with time_machine.travel(now() + timedelta(seconds=21), tick=False):
            assert Client().get(path).status_code == 404
        assert not OAuthToken.objects.exists()

    def test_such_a_token_opens_nothing_else(self, view: Any) -> None:
        token = trade(code_in(ask(signed_in(a_user())))).json()["access_token"]
        for path in ("/identity/v3/auth/projects", "/account/v1.0/quotas"):
            answer = Client().get(BASE + path, headers={"X-Auth-Token": token})
            assert answer.status_code == 401

    def test_who_is_not_signed_in_comes_back_after_it(self, view: Any) -> None:
        answer = ask(Client(), state="x")
        assert answer.status_code == 302
        where = urlsplit(answer.headers["Location"])
        assert where.path == "/astakos/ui/login"
        back = parse_qs(where.query)["next"][0]
        assert urlsplit(back).path == AUTH
        assert parse_qs(urlsplit(back).query)["state"] == ["x"]

    def test_who_has_not_signed_the_terms_signs_them_first(self, view: Any) -> None:
        user = a_user()
        browser = signed_in(user)
        User.objects.filter(pk=user.pk).update(has_signed_terms=False)
        assert "/ui/approval_terms?next=" in ask(browser).headers["Location"]

    def test_a_code_is_good_once_and_a_second_use_ends_its_token(self, view: Any) -> None:
        code = code_in(ask(signed_in(a_user())))
        first = trade(code).json()["access_token"]
        path = f"{BASE}/identity/v2.0/tokens/{first}"
        assert Client().get(path).status_code == 200
        assert refused(trade(code))
        assert Client().get(path).status_code == 404

    def test_many_who_trade_one_code_get_one_token_at_most(self, view: Any) -> None:
        code = code_in(ask(signed_in(a_user())))
        seen: list[int] = []

        def come() -> None:
            seen.append(trade(code).status_code)
            connections.close_all()

        threads = [threading.Thread(target=come) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(seen) == [200] + [400] * 5

    def test_who_guesses_secrets_has_to_wait_and_nobody_else(self, view: Any) -> None:
        browser = signed_in(a_user())
        with conf.override(SecuritySettings, astakos_second_factor_limit=2):
            assert [trade("x", secret="guess").status_code for _ in range(3)] == [400, 400, 429]
            waiting = trade(code_in(ask(browser)))
            assert waiting.status_code == 429
            assert int(waiting.headers["Retry-After"]) > 0
            elsewhere = trade(code_in(ask(browser)), address="192.0.2.7")
            assert elsewhere.status_code == 200
            with time_machine.travel(now() + timedelta(minutes=16), tick=False):
                assert trade("x").status_code == 400

    def test_who_knows_the_secret_is_never_counted(self, view: Any) -> None:
        browser = signed_in(a_user())
        with conf.override(SecuritySettings, astakos_second_factor_limit=1):
            assert [trade(code_in(ask(browser))).status_code for _ in range(3)] == [200] * 3

    def test_codes_end_and_belong_to_their_client_and_address(self, view: Any, app: Any) -> None:
        browser = signed_in(a_user())
        assert refused(trade(code_in(ask(browser)), redirect_uri=f"{VIEW}/other"))
        assert refused(trade(code_in(ask(browser)), secret="wrong"))
        assert refused(trade(code_in(ask(browser)), secret=""))
        assert refused(trade(code_in(ask(browser)), name="app", secret="", client_id="app"))
        assert refused(trade(code_in(ask(browser)), client_id="app"))
        assert refused(trade("nothing"))
        old = code_in(ask(browser))
        with time_machine.travel(now() + timedelta(minutes=11), tick=False):
            assert refused(trade(old))

    def test_renewing_and_signing_out_end_its_tokens(self, view: Any) -> None:
        user = a_user()
        browser = signed_in(user)
        for end in (lambda: tokens.renew(user), lambda: sign_out(browser)):
            token = trade(code_in(ask(browser))).json()["access_token"]
            path = f"{BASE}/identity/v2.0/tokens/{token}"
            assert Client().get(path).status_code == 200
            end()
            assert Client().get(path).status_code == 404

    def test_who_is_put_to_rest_has_no_tokens(self, view: Any) -> None:
        user = a_user()
        browser = signed_in(user)
        code = code_in(ask(browser))
        users.deactivate(user)
        assert refused(trade(code))
        assert ask(browser).status_code == 302

    def test_only_digests_are_stored(self, view: Any) -> None:
        code = code_in(ask(signed_in(a_user())))
        token = trade(code).json()["access_token"]
        stored = str([vars(AuthorizationCode.objects.get()), vars(OAuthToken.objects.get())])
        assert code not in stored
        assert token not in stored
        assert SECRET not in str(vars(view))


def sign_out(browser: Client) -> None:
    """Sign a browser out."""
    browser.delete(f"{BASE}/ui/session", headers={"X-Requested-With": "synnefo"})


class TestRedirects:
    """To where codes go."""

    @pytest.mark.parametrize(
        "address",
        [
            "https://view.example.org/viewer",
            "https://view.example.org/",
            "https://view.example.org.evil.com/view",
            "https://view.example.org@evil.com/view",
            "https://evil.com/view",
            "http://view.example.org/view",
            "https://view.example.org:444/view",
            "https://view.example.org/view/../admin",
            "https://view.example.org/view/%2e%2e/admin",
            "https://view.example.org/view/..%2fadmin",
            "https://view.example.org/view#fragment",
            "https://view.example.org/view/\\evil",
            "https://view.example.org/view/\r\nSet-Cookie: a=b",
            "//view.example.org/view",
            "/view",
            "javascript:alert(1)",
            "https://view.example.org/view/" + "a" * 5000,
            "https://[view.example.org/view",
        ],
    )
    def test_foreign_addresses_are_refused(self, view: Any, address: str) -> None:
        assert refused(ask(signed_in(a_user()), redirect_uri=address))

    def test_our_own_may_ask_below_theirs(self, view: Any) -> None:
        browser = signed_in(a_user())
        for address in (VIEW, f"{VIEW}/", f"{VIEW}/a/b", f"{VIEW}/a/../b", f"{VIEW}?x=1"):
            assert ask(browser, redirect_uri=address).status_code == 302

    def test_others_must_name_theirs_letter_by_letter(self, app: Any) -> None:
        browser = signed_in(a_user())
        pkce = {"code_challenge": "a" * 43, "code_challenge_method": "S256", "client_id": "app"}
        assert ask(browser, redirect_uri=OTHER, **pkce).status_code == 200
        for address in (f"{OTHER}/", f"{OTHER}/x", f"{OTHER}?a=b", OTHER.upper()):
            assert refused(ask(browser, redirect_uri=address, **pkce))

    @pytest.mark.parametrize(
        "wish",
        [
            {"response_type": "token"},
            {"response_type": ""},
            {"client_id": "nobody"},
            {"client_id": ""},
            {"code_challenge": "short", "code_challenge_method": "S256"},
            {"code_challenge": "a" * 43, "code_challenge_method": "plain"},
            {"code_challenge": "a" * 43},
            {"code_challenge_method": "S256"},
        ],
    )
    def test_wrong_wishes_are_refused(self, view: Any, wish: dict[str, str]) -> None:
        assert refused(ask(signed_in(a_user()), **wish))

    def test_a_parameter_that_comes_twice_is_refused(self, view: Any) -> None:
        query = "response_type=code&client_id=app&client_id=pithos-view"
        assert refused(signed_in(a_user()).get(f"{AUTH}?{query}"))

    def test_over_https_nothing_is_taken_in_the_clear(self, view: Any) -> None:
        with conf.override(AstakosSettings, astakos_base_url="https://id.example.org/astakos"):
            assert refused(Client().get(f"{AUTH}?response_type=code&client_id=pithos-view"))


def pkce() -> tuple[str, dict[str, str]]:
    """Make a verifier, and what goes with the request."""
    verifier = generate_token(48)
    challenge = create_s256_code_challenge(verifier)
    return verifier, {"code_challenge": challenge, "code_challenge_method": "S256"}


def consent(browser: Client, wish: dict[str, str], **more: str) -> Any:
    """Answer the question whether a client may."""
    shown = browser.get(f"{AUTH}?{urlencode(wish)}").json()
    form = {**wish, "csrf_token": shown["csrf_token"], **more}
    return browser.post(AUTH, urlencode(form), FORM)


class TestOthers:
    """Third parties, with consent and PKCE."""

    def wish(self, **more: str) -> dict[str, str]:
        """Ask for a code as the app does."""
        return {"response_type": "code", "client_id": "app", "redirect_uri": OTHER, **more}

    def test_a_person_is_asked_and_a_page_gets_what_it_shows(self, app: Any) -> None:
        browser = signed_in(a_user())
        _, proof = pkce()
        query = urlencode(self.wish(scope="one two", state="s", **proof))
        shown = browser.get(f"{AUTH}?{query}")
        assert shown.headers["Content-Type"] == "application/json"
        told = shown.json()
        assert {name: told[name] for name in ("client", "redirect_uri", "scope", "state")} == {
            "client": "app",
            "redirect_uri": OTHER,
            "scope": "one",
            "state": "s",
        }
        led = browser.get(f"{AUTH}?{query}", headers={"Accept": "text/html,*/*"})
        assert urlsplit(led.headers["Location"]).path == "/ui/consent"
        assert not AuthorizationCode.objects.exists()

    def test_consent_and_a_verifier_get_a_token(self, app: Any) -> None:
        user = a_user()
        verifier, proof = pkce()
        answer = consent(signed_in(user), self.wish(state="s", **proof))
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert query["iss"] == ["http://127.0.0.1:8000/astakos"]
        form = {"client_id": "app", "redirect_uri": OTHER, "code_verifier": verifier}
        got = trade(code_in(answer), secret="", **form)
        assert got.status_code == 200

    def test_without_the_verifier_or_with_another_there_is_none(self, app: Any) -> None:
        browser = signed_in(a_user())
        for wrong in ({}, {"code_verifier": ""}, {"code_verifier": "b" * 43}):
            _, proof = pkce()
            code = code_in(consent(browser, self.wish(**proof)))
            assert refused(trade(code, secret="", client_id="app", redirect_uri=OTHER, **wrong))

    def test_a_public_client_cannot_go_without(self, app: Any) -> None:
        browser = signed_in(a_user())
        assert refused(browser.get(f"{AUTH}?{urlencode(self.wish())}"))

    def test_a_challenge_that_was_taken_away_is_noticed(self, view: Any) -> None:
        code = code_in(ask(signed_in(a_user())))
        assert refused(trade(code, code_verifier="a" * 43))

    def test_denying_tells_the_client_so(self, app: Any) -> None:
        _, proof = pkce()
        answer = consent(signed_in(a_user()), self.wish(state="s", **proof), decision="deny")
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert (query["error"], query["state"]) == (["access_denied"], ["s"])
        assert not AuthorizationCode.objects.exists()

    def test_a_consent_from_elsewhere_is_refused(self, app: Any, view: Any) -> None:
        browser = signed_in(a_user())
        _, proof = pkce()
        wish = self.wish(**proof)
        shown = browser.get(f"{AUTH}?{urlencode(wish)}").json()
        for seal in ("", "x", shown["csrf_token"][:-1]):
            form = {**wish, "csrf_token": seal}
            assert browser.post(AUTH, urlencode(form), FORM).status_code == 403
        other = {**wish, "redirect_uri": "http://127.0.0.1:9000/back"}
        form = {**other, "csrf_token": shown["csrf_token"]}
        assert browser.post(AUTH, urlencode(form), FORM).status_code == 403
        form = {**wish, "csrf_token": shown["csrf_token"]}
        assert signed_in(a_user()).post(AUTH, urlencode(form), FORM).status_code == 403
        assert Client().post(AUTH, urlencode(form), FORM).status_code == 401

    def test_a_page_may_ask_where_to_go(self, app: Any) -> None:
        browser = signed_in(a_user())
        _, proof = pkce()
        wish = self.wish(**proof)
        shown = browser.get(f"{AUTH}?{urlencode(wish)}").json()
        form = urlencode({**wish, "csrf_token": shown["csrf_token"]})
        answer = browser.post(AUTH, form, FORM, headers={"Accept": "application/json"})
        assert answer.json()["location"].startswith(OTHER)


class TestTokenEndpoint:
    """POST /oauth2/token."""

    def test_only_forms_that_are_posted_count(self, view: Any) -> None:
        assert Client().get(TOKEN).status_code == 405
        assert refused(Client().post(TOKEN, "{}", "application/json"))
        assert refused(Client().post(TOKEN, b"\xff\xfe", FORM))
        assert refused(Client().post(TOKEN, "", FORM))
        answer = Client().post(TOKEN, "a=1", FORM, headers={"Authorization": "Bearer x"})
        assert refused(answer)

    @pytest.mark.parametrize("kind", ["client_credentials", "token", "password", "urn:x", ""])
    def test_other_grants_are_refused(self, view: Any, kind: str) -> None:
        code = code_in(ask(signed_in(a_user())))
        assert refused(trade(code, grant_type=kind))

    def test_the_metadata_names_the_endpoints(self) -> None:
        told = Client().get(f"{BASE}/.well-known/oauth-authorization-server").json()
        assert told["issuer"] == "http://127.0.0.1:8000/astakos"
        assert told["token_endpoint"] == "http://127.0.0.1:8000/astakos/oauth2/token/"
        assert told["code_challenge_methods_supported"] == ["S256"]


class Wire:
    """What authlib sends through: an HTTP session over the test client."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    def post(self, url: str, data: Any = None, **options: Any) -> Any:
        """Send a form, as the library prepared it."""
        auth, headers = options.get("auth"), dict(options.get("headers") or {})
        body = urlencode(data) if isinstance(data, dict) else data
        if auth is not None:
            url, headers, body = auth.prepare("POST", url, headers, body)
        kind = headers.pop("Content-Type", FORM)
        return Client().post(urlsplit(url).path, body, kind, headers=headers)

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Send a request."""
        assert method == "POST"
        return self.post(url, **options)


class TestAuthlib:
    """A real client of another make, given nothing but the metadata."""

    @pytest.mark.parametrize("trusted", [True, False])
    def test_it_gets_a_token(self, view: Any, app: Any, *, trusted: bool) -> None:
        told = Client().get(f"{BASE}/.well-known/oauth-authorization-server").json()
        verifier = generate_token(48)
        client = OAuth2Client(
            Wire(),
            client_id="pithos-view" if trusted else "app",
            client_secret=SECRET if trusted else None,
            token_endpoint_auth_method="client_secret_basic" if trusted else "none",
            redirect_uri=VIEW if trusted else OTHER,
            code_challenge_method="S256",
        )
        url, state = client.create_authorization_url(
            told["authorization_endpoint"], code_verifier=verifier
        )
        browser = signed_in(a_user())
        wish = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        answer = browser.get(f"{AUTH}?{urlsplit(url).query}")
        answer = answer if trusted else consent(browser, wish)
        location = answer.headers["Location"]
        token = client.fetch_token(
            told["token_endpoint"],
            authorization_response=location,
            code_verifier=verifier,
            state=state,
        )
        assert token["token_type"] == "Bearer"
        assert len(token["access_token"]) == 30
