"""SAML 2.0 with pysaml2's identity provider: the road, and the attacks on it."""

import base64
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_TRANSIENT, NameID
from saml2.xmldsig import DIGEST_SHA1, SIG_RSA_SHA1

from synnefo.astakos.domain.provider_configs import SamlProvider
from synnefo.astakos.models import DATABASE, AuthProvider, PendingThirdPartyUser
from synnefo.astakos.settings import ProviderSettings
from synnefo.astakos.usecases import auth_methods, directories, pending_third_parties
from synnefo.kit import conf
from synnefo.kit.clock import now
from tests.support.astakos import PASSWORD, a_user
from tests.support.page import ROOT, Page
from tests.support.saml_idp import ADA, IdentityProvider, a_key, encoded
from tests.support.travel import (
    a_holder,
    go,
    is_in,
    leave,
    leave_to_add,
    notice_of,
    query_of,
)

pytestmark = [
    pytest.mark.django_db(databases=[DATABASE], transaction=True),
    pytest.mark.needs_clients,
]


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> tuple[IdentityProvider, ...]:
    """Run two identity providers, of which only the first is trusted."""
    folder = tmp_path_factory.mktemp("saml")
    return IdentityProvider(folder, "home"), IdentityProvider(folder, "stranger")


@pytest.fixture
def idp(providers: tuple[IdentityProvider, ...]) -> Iterator[IdentityProvider]:
    """Enable the first identity provider and exchange metadata."""
    home = providers[0]
    mine = SamlProvider(metadata_file=str(home.metadata_file))
    with conf.override(
        ProviderSettings,
        astakos_im_modules=["local", "home"],
        astakos_saml_providers={"home": mine},
    ):
        answer = Page().client.get(f"{ROOT}/login/home/metadata")
        assert answer.headers["Content-Type"] == "application/samlmetadata+xml"
        for each in providers:
            each.know(answer.content)
        yield home


def post_back(page: Page, form: dict[str, str]) -> str:
    """Post a form as the identity provider's page does, without cookies; follow the redirect."""
    answer = page.client.post(
        f"{ROOT}/login/home/authenticated", urlencode(form), "application/x-www-form-urlencoded"
    )
    assert answer.status_code == 303, answer.content
    place = str(answer.headers["Location"])
    if "/authenticated" not in place:
        return place
    return go(page, "/login/home/authenticated", **query_of(place))


class TestSigningIn:
    """The road as it should be."""

    def test_somebody_known_comes_in(self, idp: IdentityProvider) -> None:
        user, page = a_holder("home", "ada"), Page()
        address = leave(page, "home", next="/ui/files")
        assert address.startswith(f"{idp.name}/sso?")
        assert post_back(page, idp.answer(address)) == "/ui/files"
        assert is_in(page)
        assert page.get("/session").json()["user"]["id"] == user.uuid
        assert AuthProvider.objects.get(module="home").info_data == {"mail": ADA["mail"]}

    def test_somebody_new_is_led_to_sign_up(self, idp: IdentityProvider) -> None:
        page = Page()
        place = post_back(page, idp.answer(leave(page, "home")))
        row = pending_third_parties.find(query_of(place)["third_party_token"])
        assert (row.email, row.first_name, row.last_name) == (
            "ada@example.org",
            "Ada",
            "Lovelace",
        )
        assert row.third_party_identifier == "ada"

    def test_a_signed_response_is_welcome_too(self, idp: IdentityProvider) -> None:
        a_holder("home", "ada")
        page = Page()
        post_back(page, idp.answer(leave(page, "home"), sign_response=True))
        assert is_in(page)

    def test_a_method_is_added(self, idp: IdentityProvider) -> None:
        user, page = a_user(), Page()
        auth_methods.keep_local(user)
        page.sign_in(user.username, PASSWORD)
        place = post_back(page, idp.answer(leave_to_add(page, "home")))
        assert notice_of(place) == "added"
        assert user.auth_providers.filter(module="home", identifier="ada").exists()

    def test_an_identifier_may_be_an_attribute(
        self, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        attr_map = {"identifier": ("eduPersonPrincipalName", False), "email": ("mail", False)}
        names = conf.current().names
        monkeypatch.setitem(names, "ASTAKOS_AUTH_PROVIDER_HOME_USER_ATTR_MAP", attr_map)
        page = Page()
        told = {**ADA, "eduPersonPrincipalName": ["ada@home.example.org"]}
        place = post_back(page, idp.answer(leave(page, "home"), identity=told))
        row = pending_third_parties.find(query_of(place)["third_party_token"])
        assert row.third_party_identifier == "ada@home.example.org"
        assert pending_third_parties.identity_of(row).forced == ("email",)

    def test_requests_are_signed_where_we_have_a_key(
        self, idp: IdentityProvider, tmp_path: Any
    ) -> None:
        key, cert = a_key(tmp_path, "us")
        mine = SamlProvider(
            metadata_file=str(idp.metadata_file), key_file=str(key), cert_file=str(cert)
        )
        with conf.override(ProviderSettings, astakos_saml_providers={"home": mine}):
            asked = query_of(leave(Page(), "home"))
            assert asked["SigAlg"].endswith("#rsa-sha256")
            assert asked["Signature"]
            metadata = directories.remote("home").describe()
            assert b"KeyDescriptor" in metadata
            a_holder("home", "ada")
            idp.know(metadata)
            page = Page()
            address = leave(page, "home")
            post_back(page, idp.answer(address, encrypt_assertion=True))
            assert is_in(page)


Tamper = Callable[[str], str]
ASSERTION = re.compile(r"<(\w+):Assertion .*</\1:Assertion>", re.DOTALL)


def assertion_of(document: str) -> str:
    """Cut the assertion out of a response."""
    found = ASSERTION.search(document)
    assert found is not None
    return found[0]


def unsigned(document: str) -> str:
    """Take the signatures out."""
    return re.sub(r"<(\w+):Signature .*?</\1:Signature>", "", document, flags=re.DOTALL)


def evil(document: str) -> str:
    """Write the assertion about somebody else, with an id of its own and no signature."""
    text = unsigned(assertion_of(document)).replace(">ada<", ">mallory<")
    return re.sub(r' ID="[^"]+"', ' ID="evil"', text, count=1)


def wrapped_before(document: str) -> str:
    """Put a false assertion before the signed one (XSW)."""
    return document.replace(assertion_of(document), evil(document) + assertion_of(document))


def wrapped_after(document: str) -> str:
    """Put a false assertion after the signed one."""
    return document.replace(assertion_of(document), assertion_of(document) + evil(document))


def wrapped_inside(document: str) -> str:
    """Hide the signed assertion in the false one's advice."""
    true = assertion_of(document)
    prefix = ASSERTION.search(document)
    assert prefix is not None
    name = prefix[1]
    advice = f"<{name}:Advice>{true}</{name}:Advice></{name}:Conditions>"
    return document.replace(true, evil(document).replace(f"</{name}:Conditions>", advice))


def wrapped_in_signature(document: str) -> str:
    """Hide the signed assertion in an object of a signature of the false one."""
    true = assertion_of(document)
    signature = re.search(r"<(\w+):Signature .*?</\1:Signature>", true, re.DOTALL)
    assert signature is not None
    name = signature[1]
    carrier = signature[0].replace(
        f"</{name}:Signature>", f"<{name}:Object>{true}</{name}:Object></{name}:Signature>"
    )
    false = evil(document)
    return document.replace(true, false.replace("Issuer>", "Issuer>" + carrier, 1))


def wrapped_in_extensions(document: str) -> str:
    """Hide the signed assertion in an extension of the response."""
    true = assertion_of(document)
    hidden = (
        '<p:Extensions xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol">' + true + "</p:Extensions>"
    )
    return document.replace(true, hidden + evil(document))


def same_id(document: str) -> str:
    """Give the false assertion the true one's id."""
    true = assertion_of(document)
    found = re.search(r' ID="([^"]+)"', true)
    assert found is not None
    return document.replace(true, evil(document).replace('"evil"', f'"{found[1]}"') + true)


def with_comment(document: str) -> str:
    """Split the subject by a comment, which canonical XML leaves out."""
    return document.replace(">ada<", ">ada<!-- -->.evil<")


def with_entity(document: str) -> str:
    """Read a file of the server by an external entity."""
    head = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return head + document.replace(">ada<", ">&x;<")


def with_bomb(document: str) -> str:
    """Let entities grow without end."""
    grown = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE r [<!ENTITY e0 "ha">{grown}]>' + document.replace(">ada<", ">&e9;<")


TAMPERED: dict[str, Tamper] = {
    "another subject": lambda text: text.replace(">ada<", ">mallory<"),
    "another address": lambda text: text.replace("ada@example.org", "boss@example.org"),
    "no signature": unsigned,
    "a false assertion before": wrapped_before,
    "a false assertion after": wrapped_after,
    "the true one as advice": wrapped_inside,
    "the true one in a signature": wrapped_in_signature,
    "the true one in an extension": wrapped_in_extensions,
    "two of one id": same_id,
    "a comment in the subject": with_comment,
    "an external entity": with_entity,
    "an entity bomb": with_bomb,
    "a weak signature": lambda text: text.replace("rsa-sha256", "rsa-sha1"),
    "no document": lambda _text: "",
    "no XML": lambda _text: "<Response",
    "another document": lambda _text: "<html/>",
}


class TestAttacks:
    """What a browser, a network or another provider might try."""

    @pytest.mark.parametrize("name", list(TAMPERED))
    def test_a_changed_response_opens_nothing(self, idp: IdentityProvider, name: str) -> None:
        for known in ("ada", "mallory", "adaevil", "ada.evil"):
            a_holder("home", known)
        page = Page()
        form = idp.answer(leave(page, "home"))
        document = base64.b64decode(form["SAMLResponse"]).decode()
        changed = TAMPERED[name](document)
        assert changed != document
        place = post_back(page, {**form, "SAMLResponse": encoded(changed)})
        assert notice_of(place) == "refused", place
        assert not is_in(page)
        assert not PendingThirdPartyUser.objects.exists()

    @pytest.mark.parametrize(
        "changes",
        [
            {"destination": "https://other.example.org/acs"},
            {"in_response_to": "id-of-another-request"},
            {"in_response_to": None},
            {"sign_assertion": False},
            {"sign_assertion": False, "sign_response": True},
            {"sign_alg": SIG_RSA_SHA1, "digest_alg": DIGEST_SHA1},
            {"name_id": NameID(format=NAMEID_FORMAT_TRANSIENT, text="ada")},
            {"name_id": NameID(format=NAMEID_FORMAT_PERSISTENT, text="")},
        ],
    )
    def test_an_answer_for_others_opens_nothing(
        self, idp: IdentityProvider, changes: dict[str, Any]
    ) -> None:
        a_holder("home", "ada")
        page = Page()
        place = post_back(page, idp.answer(leave(page, "home"), **changes))
        assert notice_of(place) == "refused"
        assert not is_in(page)

    def test_an_answer_meant_for_another_service_opens_nothing(
        self, idp: IdentityProvider
    ) -> None:
        a_holder("home", "ada")
        page = Page()
        address = leave(page, "home")
        form = idp.answer(address, sp_entity_id="https://other.example.org/metadata")
        assert notice_of(post_back(page, form)) == "refused"
        assert not is_in(page)

    def test_another_identity_provider_opens_nothing(
        self, idp: IdentityProvider, providers: tuple[IdentityProvider, ...]
    ) -> None:
        a_holder("home", "ada")
        page = Page()
        address = leave(page, "home")
        form = providers[1].answer(address, request=idp.request_in(address))
        assert notice_of(post_back(page, form)) == "refused"
        document = base64.b64decode(form["SAMLResponse"]).decode()
        disguised = encoded(document.replace(providers[1].name, idp.name))
        fresh = idp.answer(leave(page, "home"))
        assert notice_of(post_back(page, {**fresh, "SAMLResponse": disguised})) == "refused"
        assert not is_in(page)

    def test_a_response_counts_once(self, idp: IdentityProvider) -> None:
        a_holder("home", "ada")
        page = Page()
        form = idp.answer(leave(page, "home"))
        cookie = page.client.cookies["_provider_trip"].value
        post_back(page, form)
        assert is_in(page)
        thief = Page()
        thief.client.cookies["_provider_trip"] = cookie
        assert notice_of(post_back(thief, form)) == "lost"
        leave(thief, "home")
        assert notice_of(post_back(thief, form)) == "lost"
        assert not is_in(thief)

    def test_a_response_to_another_request_of_ours_is_refused(self, idp: IdentityProvider) -> None:
        a_holder("home", "ada")
        page = Page()
        old = idp.answer(leave(page, "home"))
        fresh = query_of(leave(page, "home"))["RelayState"]
        assert notice_of(post_back(page, {**old, "RelayState": fresh})) == "refused"
        assert not is_in(page)

    def test_a_response_counts_in_the_browser_that_asked(self, idp: IdentityProvider) -> None:
        a_holder("home", "ada")
        form = idp.answer(leave(Page(), "home"))
        victim = Page()
        assert notice_of(post_back(victim, form)) == "lost"
        assert not is_in(victim)

    def test_nobody_comes_in_unasked(self, idp: IdentityProvider) -> None:
        form = {**idp.answer(leave(Page(), "home")), "RelayState": ""}
        assert notice_of(post_back(Page(), form)) == "lost"

    def test_clocks_may_differ_a_little_and_not_a_lot(self, idp: IdentityProvider) -> None:
        a_holder("home", "ada")
        with conf.override(ProviderSettings, astakos_provider_trip_minutes=600):
            for minutes, end in ((0.5, ""), (30, "refused"), (-0.5, ""), (-120, "refused")):
                page = Page()
                with time_machine.travel(now() + timedelta(minutes=minutes), tick=False):
                    form = idp.answer(leave(page, "home"))
                assert notice_of(post_back(page, form)) == end, minutes
