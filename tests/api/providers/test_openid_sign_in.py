"""OpenID Connect, from the button to the session, and every way in which it must not work."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pyotp
import pytest
import time_machine
from joserfc.jwk import RSAKey

from synnefo.astakos.domain.provider_configs import OidcProvider
from synnefo.astakos.models import (
    DATABASE,
    AuthProvider,
    PendingThirdPartyUser,
    ProviderTrip,
    SessionCatalog,
    TotpDevice,
)
from synnefo.astakos.settings import ProviderSettings
from synnefo.astakos.usecases import auth_methods, directories, pending_third_parties, totp, users
from synnefo.kit import conf
from synnefo.kit.clock import now
from tests.support.astakos import PASSWORD, a_token, a_user
from tests.support.openid import CLIENT, SECRET, OwnProvider, an_ec_key, own_provider
from tests.support.page import Page
from tests.support.travel import (
    a_holder,
    come_back,
    go,
    is_in,
    leave,
    leave_to_add,
    notice_of,
    query_of,
)

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)


@pytest.fixture(autouse=True)
def _enabled(own_op: OwnProvider) -> Iterator[None]:
    """Enable the provider that misbehaves on demand, and Google at its address."""
    mine = OidcProvider(issuer=own_op.issuer, client_id=CLIENT, client_secret=SECRET)
    with conf.override(
        ProviderSettings,
        astakos_im_modules=["local", "campus", "google"],
        astakos_oidc_providers={"campus": mine},
        astakos_google_client_id=CLIENT,
        astakos_google_secret=SECRET,
        google_issuer=own_op.issuer,
    ):
        yield


def round_trip(page: Page, provider: OwnProvider, module: str = "campus", **query: str) -> str:
    """Press the button, agree, come back; answer the page that goes on."""
    return come_back(page, module, provider.agree(leave(page, module, **query)))


class TestSigningIn:
    """The road as it should be."""

    def test_somebody_known_comes_in(self, own_op: OwnProvider) -> None:
        user, page = a_holder("campus", "ada"), Page()
        assert round_trip(page, own_op, next="/ui/machines?a=b") == "/ui/machines?a=b"
        assert is_in(page)
        assert page.get("/session").json()["user"]["id"] == user.uuid
        assert AuthProvider.objects.get(module="campus").last_login_at is not None
        assert not ProviderTrip.objects.exists()

    def test_the_request_carries_state_nonce_and_a_challenge(self, own_op: OwnProvider) -> None:
        asked = query_of(leave(Page(), "campus"))
        assert asked["redirect_uri"].endswith("/astakos/ui/login/campus/authenticated")
        assert asked["code_challenge_method"] == "S256"
        assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
        again = query_of(leave(Page(), "campus"))
        assert again["state"] != asked["state"]

    def test_google_goes_by_its_own_module_and_settings(self, own_op: OwnProvider) -> None:
        a_holder("google", "ada")
        page = Page()
        round_trip(page, own_op, "google")
        assert is_in(page)

    def test_what_the_provider_tells_is_kept_as_settings_say(
        self, own_op: OwnProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_holder("campus", "ada")
        own_op.userinfo = {"name": "Ada L.", "unit": ["math", "poetry"], "secret": "x"}
        names = conf.current().names
        monkeypatch.setitem(names, "ASTAKOS_AUTH_PROVIDER_CAMPUS_PROVIDER_ATTRS", ["unit"])
        assert "notice" not in round_trip(Page(), own_op)
        assert AuthProvider.objects.get(module="campus").info_data == {"unit": ["math", "poetry"]}

    def test_new_keys_of_the_provider_are_found(
        self, own_op: OwnProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("synnefo.astakos.engines.oidc_directory.PATIENCE", 0.0)
        a_holder("campus", "ada")
        assert "notice" not in round_trip(Page(), own_op)
        own_op.new_key()
        assert "notice" not in round_trip(Page(), own_op)
        fetched = [path for path, _ in own_op.seen if path == "/jwks"]
        assert len(fetched) == 2
        assert "notice" not in round_trip(Page(), own_op)
        assert len([path for path, _ in own_op.seen if path == "/jwks"]) == 2

    def test_keys_of_another_kind_work(self, own_op: OwnProvider) -> None:
        a_holder("campus", "ada")
        own_op.key = an_ec_key()
        own_op.published = [own_op.key]
        assert "notice" not in round_trip(Page(), own_op)

    def test_a_session_from_before_ends(self, own_op: OwnProvider) -> None:
        a_holder("campus", "ada")
        page = Page()
        page.sign_in(a_user().username, PASSWORD)
        planted, before = page.client.cookies["synnefo_session"].value, page.token
        round_trip(page, own_op)
        assert page.client.cookies["synnefo_session"].value != planted
        stranger = Page()
        stranger.token = before
        assert stranger.get("/methods").status_code == 401

    def test_somebody_new_is_led_to_sign_up(self, own_op: OwnProvider) -> None:
        own_op.userinfo = {"email": "ada@example.org", "given_name": "Ada", "email_verified": True}
        place = round_trip(Page(), own_op)
        assert "/ui/signup" in place
        row = pending_third_parties.find(query_of(place)["third_party_token"])
        assert (row.provider, row.third_party_identifier) == ("campus", "ada")
        assert (row.email, row.first_name) == ("ada@example.org", "Ada")

    def test_a_second_factor_is_asked_for_all_the_same(self, own_op: OwnProvider) -> None:
        user, page = a_holder("campus", "ada"), Page()
        app = pyotp.TOTP(totp.begin(user))
        TotpDevice.objects.update(confirmed_at=now())
        assert round_trip(page, own_op, next="/ui/files") == "/ui/files"
        told = page.get("/session")
        assert told.json()["step"] == "second-factor"
        assert not page.client.cookies.get("synnefo_session")
        assert page.took(page.post("/session/code", {"code": app.now()})).status_code == 200
        assert is_in(page)

    def test_an_inactive_account_is_told_why(self, own_op: OwnProvider) -> None:
        user = a_holder("campus", "ada")
        users.deactivate(user)
        page = Page()
        assert notice_of(round_trip(page, own_op)) == "inactive"
        assert not is_in(page)

    def test_policies_close_the_door(
        self, own_op: OwnProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = conf.current().names
        monkeypatch.setitem(names, "ASTAKOS_AUTH_PROVIDER_CAMPUS_CREATE_POLICY", False)
        assert notice_of(round_trip(Page(), own_op)) == "create-disabled"
        a_holder("google", "ada")
        monkeypatch.setitem(names, "ASTAKOS_AUTH_PROVIDER_GOOGLE_LOGIN_POLICY", False)
        page = Page()
        assert notice_of(round_trip(page, own_op, "google")) == "login-disabled"
        assert not is_in(page)

    def test_saying_no_at_the_provider_is_no_failure(self, own_op: OwnProvider) -> None:
        page = Page()
        state = query_of(leave(page, "campus"))["state"]
        place = come_back(page, "campus", {"state": state, "error": "access_denied"})
        assert notice_of(place) == "cancelled"

    def test_an_address_is_never_taken_as_proof_of_an_account(self, own_op: OwnProvider) -> None:
        user = a_user("ada@example.org")
        own_op.userinfo = {"email": user.email, "email_verified": True}
        page = Page()
        assert "/ui/signup" in round_trip(page, own_op)
        assert not is_in(page)


Spoil = Callable[[OwnProvider], None]


def put(**changes: object) -> Spoil:
    """Spoil fields of the provider."""

    def spoil(provider: OwnProvider) -> None:
        for name, value in changes.items():
            setattr(provider, name, value)

    return spoil


def forge(provider: OwnProvider) -> None:
    """Sign with a key that only has the name of the provider's."""
    provider.sign_with = RSAKey.generate_key(2048, parameters={"kid": provider.key.kid})


def without_signature(provider: OwnProvider) -> None:
    """Say that the token needs no signature."""
    claims = {"iss": provider.issuer, "sub": "ada", "aud": CLIENT, "exp": time.time() + 99}
    parts = [{"alg": "none", "typ": "JWT"}, claims]
    texts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
    provider.raw_token = b".".join([*texts, b""]).decode()


def with_public_key_as_secret(provider: OwnProvider) -> None:
    """Take the public key, which everybody has, for a shared secret."""
    moment = int(time.time())
    claims = {"iss": provider.issuer, "sub": "ada", "aud": CLIENT, "iat": moment}
    parts = [{"alg": "HS256", "kid": provider.key.kid}, {**claims, "exp": moment + 99}]
    texts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
    signed = b".".join(texts)
    mac = hmac.digest(provider.key.as_pem(private=False), signed, "sha256")
    provider.raw_token = (signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


ATTACKS: dict[str, Spoil] = {
    "another issuer": put(claims={"iss": "https://evil.example"}),
    "another audience": put(claims={"aud": "somebody-else"}),
    "another party": put(claims={"aud": [CLIENT, "other"], "azp": "other"}),
    "two audiences without a party": put(claims={"aud": [CLIENT, "other"]}),
    "expired": put(claims={"exp": int(time.time()) - 3600}),
    "from the future": put(claims={"iat": int(time.time()) + 3600}),
    "issued long ago": put(claims={"iat": int(time.time()) - 86400}),
    "another nonce": put(claims={"nonce": "of another request"}),
    "no nonce": put(drop=("nonce",)),
    "no expiry": put(drop=("exp",)),
    "no subject": put(drop=("sub",)),
    "a number as subject": put(claims={"sub": 7}),
    "the wrong access token": put(claims={"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    "a forged signature": forge,
    "no signature": without_signature,
    "the public key as secret": with_public_key_as_secret,
    "no token at all": put(raw_token="not.a.token"),
    "somebody else's profile": put(userinfo={"sub": "mallory"}),
}


class TestAttacks:
    """What a provider, a network or another site might try."""

    @pytest.mark.parametrize("name", list(ATTACKS))
    def test_a_bad_identity_token_opens_nothing(self, own_op: OwnProvider, name: str) -> None:
        a_holder("campus", "ada")
        page = Page()
        address = leave(page, "campus")
        ATTACKS[name](own_op)
        assert notice_of(come_back(page, "campus", own_op.agree(address))) == "refused"
        assert not is_in(page)
        assert not PendingThirdPartyUser.objects.exists()

    def test_an_answer_counts_once(self, own_op: OwnProvider) -> None:
        a_holder("campus", "ada")
        page = Page()
        query = own_op.agree(leave(page, "campus"))
        cookie = page.client.cookies["_provider_trip"].value
        own_op.codes["again"] = own_op.codes[query["code"]]
        come_back(page, "campus", query)
        thief = Page()
        thief.client.cookies["_provider_trip"] = cookie
        assert notice_of(come_back(thief, "campus", {**query, "code": "again"})) == "lost"
        assert not is_in(thief)

    def test_an_answer_counts_in_the_browser_that_asked(self, own_op: OwnProvider) -> None:
        a_holder("campus", "ada")
        query = own_op.agree(leave(Page(), "campus"))
        victim = Page()
        assert notice_of(come_back(victim, "campus", query)) == "lost"
        leave(victim, "campus")
        assert notice_of(come_back(victim, "campus", query)) == "lost"
        assert not is_in(victim)

    @pytest.mark.parametrize("state", ["", "made-up", "x" * 5000, "\u03b1\x00"])
    def test_a_made_up_state_is_refused(self, own_op: OwnProvider, state: str) -> None:
        page = Page()
        leave(page, "campus")
        assert notice_of(come_back(page, "campus", {"code": "c", "state": state})) == "lost"

    def test_an_answer_comes_too_late(self, own_op: OwnProvider) -> None:
        page = Page()
        query = own_op.agree(leave(page, "campus"))
        with time_machine.travel(now() + timedelta(minutes=16), tick=False):
            assert notice_of(come_back(page, "campus", query)) == "lost"

    def test_one_providers_answer_is_not_anothers(self, own_op: OwnProvider) -> None:
        a_holder("google", "ada")
        page = Page()
        query = own_op.agree(leave(page, "campus"))
        assert notice_of(come_back(page, "google", query)) == "lost"

    def test_an_issuer_in_the_answer_must_be_the_one_asked(self, own_op: OwnProvider) -> None:
        page = Page()
        query = own_op.agree(leave(page, "campus"))
        query["iss"] = "https://evil.example"
        assert notice_of(come_back(page, "campus", query)) == "refused"
        assert "/token" not in [path for path, _ in own_op.seen]

    def test_a_provider_that_promises_to_name_itself_must(self, own_op: OwnProvider) -> None:
        own_op.discovery = {"authorization_response_iss_parameter_supported": True}
        a_holder("campus", "ada")
        page = Page()
        assert notice_of(round_trip(page, own_op)) == "refused"
        query = own_op.agree(leave(page, "campus"))
        assert "notice" not in come_back(page, "campus", {**query, "iss": own_op.issuer})

    def test_a_provider_that_claims_to_be_another_is_not_asked(self, own_op: OwnProvider) -> None:
        own_op.discovery = {"issuer": "https://accounts.example.com"}
        assert notice_of(leave(Page(), "campus")) == "unavailable"

    def test_a_stolen_code_is_useless_without_the_verifier(self, own_op: OwnProvider) -> None:
        a_holder("campus", "ada")
        victim = own_op.agree(leave(Page(), "campus"))
        thief = Page()
        state = query_of(leave(thief, "campus"))["state"]
        place = come_back(thief, "campus", {"code": victim["code"], "state": state})
        assert notice_of(place) == "refused"

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "javascript:alert(1)",
            "https://testserver@evil.example/",
            "\thttps://evil.example",
            "http://testserver.evil.example/",
        ],
    )
    def test_nobody_is_sent_to_another_site(self, own_op: OwnProvider, target: str) -> None:
        a_holder("campus", "ada")
        assert round_trip(Page(), own_op, next=target) == "/ui/"
        assert "evil" not in go(Page(), "/login", next="x").replace("next=x", "")

    def test_another_site_cannot_begin_to_add_a_method(self, own_op: OwnProvider) -> None:
        page = Page()
        page.sign_in(a_user().username, PASSWORD)
        bare = page.client.post(
            "/astakos/ui/login/campus",
            "{}",
            "application/json",
            headers={"X-Auth-Token": page.token},
        )
        assert bare.status_code == 403
        away = page.post("/login/campus", {}, headers={"Origin": "https://evil.example"})
        assert away.status_code == 403

    def test_nobody_begins_a_thousand_trips(self, own_op: OwnProvider) -> None:
        with conf.override(ProviderSettings, astakos_provider_trips_per_minute=3):
            told = [notice_of(leave(Page("192.0.2.9"), "campus")) for _ in range(5)]
            assert told == ["", "", "", "often", "often"]
            assert notice_of(leave(Page("198.51.100.9"), "campus")) == ""
        assert ProviderTrip.objects.count() == 4

    def test_a_dead_provider_is_told_plainly(self) -> None:
        with own_provider() as provider:
            issuer = provider.issuer
        gone = OidcProvider(issuer=issuer, client_id=CLIENT)
        with conf.override(ProviderSettings, astakos_oidc_providers={"campus": gone}):
            assert notice_of(leave(Page(), "campus")) == "unavailable"

    def test_tokens_and_codes_are_in_no_log(
        self, own_op: OwnProvider, caplog: Any, capsys: Any
    ) -> None:
        a_holder("campus", "ada")
        page = Page()
        query = own_op.agree(leave(page, "campus"))
        come_back(page, "campus", query)
        printed = caplog.text + "".join(capsys.readouterr())
        session = page.client.cookies["synnefo_session"].value
        assert query["state"] not in printed
        assert "an access token" not in printed
        assert session not in printed


class TestMethods:
    """Adding, exchanging and removing while signed in."""

    def test_a_method_is_added_and_then_opens_the_account(self, own_op: OwnProvider) -> None:
        user, page = a_user(), Page()
        auth_methods.keep_local(user)
        page.sign_in(user.username, PASSWORD)
        assert [each["module"] for each in page.get("/methods").json()["available"]] == [
            "campus",
            "google",
        ]
        place = come_back(page, "campus", own_op.agree(leave_to_add(page, "campus")))
        assert "/ui/methods" in place
        assert notice_of(place) == "added"
        other = Page()
        round_trip(other, own_op)
        assert is_in(other)
        told = page.get("/methods").json()
        assert [each["module"] for each in told["methods"]] == ["campus", "local"]
        assert all(each["can_remove"] for each in told["methods"])

    def test_an_identity_belongs_to_one_account(self, own_op: OwnProvider) -> None:
        a_holder("campus", "ada")
        page = Page()
        page.sign_in(a_user().username, PASSWORD)
        place = come_back(page, "campus", own_op.agree(leave_to_add(page, "campus")))
        assert notice_of(place) == "in-use"

    def test_ones_own_identity_is_there_already(self, own_op: OwnProvider) -> None:
        user, page = a_holder("campus", "ada"), Page()
        with conf.override(ProviderSettings):
            conf.current().names["ASTAKOS_AUTH_PROVIDER_CAMPUS_LIMIT_POLICY"] = 2
            page.sign_in(user.username, PASSWORD)
            place = come_back(page, "campus", own_op.agree(leave_to_add(page, "campus")))
            del conf.current().names["ASTAKOS_AUTH_PROVIDER_CAMPUS_LIMIT_POLICY"]
        assert notice_of(place) == "own"

    def test_the_limit_holds(self, own_op: OwnProvider) -> None:
        user, page = a_holder("campus", "ada"), Page()
        page.sign_in(user.username, PASSWORD)
        assert page.post("/login/campus", {}).status_code == 403

    def test_a_method_is_exchanged(
        self, own_op: OwnProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = conf.current().names
        monkeypatch.setitem(names, "ASTAKOS_AUTH_PROVIDER_CAMPUS_REMOVE_POLICY", False)
        user, page = a_holder("campus", "ada-before"), Page()
        record = user.auth_providers.get(module="campus")
        page.sign_in(user.username, PASSWORD)
        address = leave_to_add(page, "campus", switch_from=record.pk)
        assert notice_of(come_back(page, "campus", own_op.agree(address))) == "switched"
        record.refresh_from_db()
        assert record.identifier == "ada"

    def test_nobody_elses_method_is_exchanged_or_removed(self, own_op: OwnProvider) -> None:
        other = a_holder("campus", "somebody").auth_providers.get(module="campus")
        page = Page()
        page.sign_in(a_user().username, PASSWORD)
        assert page.post("/login/campus", {"switch_from": other.pk}).status_code == 404
        assert page.delete(f"/methods/{other.pk}").status_code == 404
        assert page.post(f"/remove_auth_provider/{other.pk}").status_code == 404

    def test_the_last_usable_method_stays(self, own_op: OwnProvider) -> None:
        user, page = a_holder("campus", "ada"), Page()
        page.sign_in(user.username, PASSWORD)
        local = user.auth_providers.get(module="local")
        campus = user.auth_providers.get(module="campus")
        with conf.override(ProviderSettings, astakos_im_modules=["local"]):
            assert page.delete(f"/methods/{local.pk}").status_code == 403
        assert page.delete(f"/methods/{local.pk}").status_code == 200
        assert page.delete(f"/methods/{campus.pk}").status_code == 403
        user.refresh_from_db()
        assert user.password == ""

    def test_who_came_with_an_identity_adds_it_after_signing_in(self, own_op: OwnProvider) -> None:
        token = query_of(round_trip(Page(), own_op))["third_party_token"]
        user, page = a_user(), Page()
        page.sign_in(user.username, PASSWORD)
        assert page.post("/methods", {"key": token}).status_code == 200
        assert page.post("/methods", {"key": token}).status_code == 404
        assert user.auth_providers.filter(module="campus", identifier="ada").exists()

    def test_methods_change_only_after_a_fresh_proof(self, own_op: OwnProvider) -> None:
        user, page = a_holder("campus", "ada"), Page()
        page.sign_in(user.username, PASSWORD)
        stolen = Page()
        stolen.token = a_token(user)
        assert stolen.post("/login/google", {}).status_code == 403
        record = user.auth_providers.get(module="campus")
        assert stolen.delete(f"/methods/{record.pk}").status_code == 403
        SessionCatalog.objects.update(confirmed_at=now() - timedelta(hours=1))
        asked = page.delete(f"/methods/{record.pk}")
        assert asked.status_code == 403
        assert asked.headers["X-Confirm"] == "required"
        assert page.post("/session/confirm", {"password": PASSWORD}).status_code == 200
        assert page.delete(f"/methods/{record.pk}").status_code == 200

    def test_a_fresh_sign_in_is_proof_for_those_without_a_password(
        self, own_op: OwnProvider
    ) -> None:
        user, page = a_holder("campus", "ada"), Page()
        auth_methods.remove(user, user.auth_providers.get(module="local").pk)
        round_trip(page, own_op)
        assert is_in(page)
        SessionCatalog.objects.update(confirmed_at=now() - timedelta(hours=1))
        assert page.post("/login/google", {}).status_code == 403
        round_trip(page, own_op, next="/ui/methods")
        assert is_in(page)
        assert page.post("/login/google", {}).status_code == 200

    def test_a_carried_identity_is_added_by_another_providers_sign_in(
        self, own_op: OwnProvider
    ) -> None:
        user = a_holder("google", "ada")
        token = query_of(round_trip(Page(), own_op))["third_party_token"]
        round_trip(Page(), own_op, "google", key=token)
        assert user.auth_providers.filter(module="campus", identifier="ada").exists()

    def test_a_carried_identity_waits_while_another_is_unknown(self, own_op: OwnProvider) -> None:
        token = query_of(round_trip(Page(), own_op))["third_party_token"]
        place = round_trip(Page(), own_op, "google", key=token)
        assert notice_of(place) == "no-account"
        assert query_of(place)["key"] == token


@pytest.mark.needs_clients
class TestRealProvider:
    """oidc-provider-mock, which is not ours."""

    def test_a_whole_sign_in(self, mock_op: str) -> None:
        mine = OidcProvider(issuer=mock_op, client_id=CLIENT, client_secret=SECRET)
        with conf.override(
            ProviderSettings,
            astakos_im_modules=["mock"],
            astakos_oidc_providers={"mock": mine},
        ):
            a_holder("mock", "ada-at-mock")
            page = Page()
            answer = httpx2.post(leave(page, "mock"), data={"sub": "ada-at-mock"})
            place = come_back(page, "mock", query_of(answer.headers["Location"]))
            assert place == "/ui/"
            assert is_in(page)
        record = AuthProvider.objects.get(module="mock")
        assert record.info_data["email"] == ["ada@example.org"]

    def test_its_endpoints_are_found_by_discovery(self, mock_op: str) -> None:
        mine = OidcProvider(issuer=mock_op, client_id=CLIENT)
        with conf.override(
            ProviderSettings, astakos_im_modules=["mock"], astakos_oidc_providers={"mock": mine}
        ):
            assert directories.kind_of("mock") == "oidc"
            assert leave(Page(), "mock").startswith(f"{mock_op}/oauth2/authorize?")
