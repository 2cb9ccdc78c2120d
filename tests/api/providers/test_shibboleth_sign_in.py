"""Shibboleth by headers of a web server, as the administrator's guide describes it."""

from collections.abc import Iterator
from typing import Any

import pytest

from synnefo.astakos.models import DATABASE, AuthProvider
from synnefo.astakos.settings import ProviderSettings
from synnefo.astakos.usecases import auth_methods, pending_third_parties
from synnefo.kit import conf
from tests.support.astakos import PASSWORD, a_user
from tests.support.page import ROOT, Page
from tests.support.travel import a_holder, is_in, leave_to_add, notice_of, query_of

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)
PROXY, SECRET = "192.0.2.80", "a secret of the web server"
ADA = {
    "Remote-User": "https://idp!https://sp!ada",
    "Eppn": "ada@example.org",
    "Shib-InetOrgPerson-givenName": "Ada",
    "Shib-Person-surname": "Lovelace",
    "Shib-EP-Affiliation": "faculty@example.org",
    "Shib-Session-ID": "_1",
    "Shib-Mail": "ada@example.org",
}


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    """Trust one web server by its address and its secret."""
    with conf.override(
        ProviderSettings,
        astakos_im_modules=["local", "shibboleth"],
        astakos_shibboleth_proxies=[PROXY],
        astakos_shibboleth_secret=SECRET,
    ):
        yield


def arrive(page: Page, headers: dict[str, str], path: str = "/login/shibboleth") -> str:
    """Open the protected address, as through the web server."""
    answer = page.client.get(ROOT + path, headers=headers)
    page.client.cookies.update(answer.cookies)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def test_somebody_known_comes_in_through_the_web_server() -> None:
    a_holder("shibboleth", ADA["Remote-User"])
    page = Page(PROXY)
    assert arrive(page, ADA, "/login/shibboleth?next=/ui/files") == "/ui/files"
    assert is_in(page)
    assert AuthProvider.objects.get(module="shibboleth").affiliation == "faculty@example.org"


def test_the_secret_does_as_well_as_the_address() -> None:
    a_holder("shibboleth", ADA["Remote-User"])
    page = Page("192.0.2.1")
    arrive(page, {**ADA, "X-Shibboleth-Secret": SECRET})
    assert is_in(page)


@pytest.mark.parametrize("more", [{}, {"X-Shibboleth-Secret": "guess"}, {"X-Real-IP": PROXY}])
def test_headers_of_anybody_else_open_nothing(more: dict[str, str]) -> None:
    a_holder("shibboleth", ADA["Remote-User"])
    page = Page("192.0.2.1")
    assert notice_of(arrive(page, {**ADA, **more})) == "refused"
    assert not is_in(page)


def test_without_any_trust_it_stays_shut() -> None:
    with conf.override(
        ProviderSettings, astakos_shibboleth_proxies=[], astakos_shibboleth_secret=""
    ):
        assert notice_of(arrive(Page(PROXY), ADA)) == "unavailable"
        assert notice_of(arrive(Page(PROXY), {**ADA, "X-Shibboleth-Secret": ""})) == "unavailable"


def test_somebody_new_brings_names_in_any_script() -> None:
    greek = {
        **ADA,
        "Shib-InetOrgPerson-displayName": "Άδα Λόβι",
    }
    wired = {name: value.encode().decode("latin-1") for name, value in greek.items()}
    place = arrive(Page(PROXY), wired)
    row = pending_third_parties.find(query_of(place)["third_party_token"])
    assert (row.first_name, row.last_name) == ("Άδα", "Λόβι")
    assert row.email == "ada@example.org"


def test_an_organisation_must_tell_who_it_is() -> None:
    bare = {name: value for name, value in ADA.items() if name != "Remote-User"}
    assert notice_of(arrive(Page(PROXY), bare)) == "refused"


def test_names_may_be_demanded() -> None:
    bare = {"Remote-User": "ada", "Eppn": "ada@example.org"}
    assert "/ui/signup" in arrive(Page(PROXY), bare)
    with conf.override(ProviderSettings, astakos_shibboleth_require_name_info=True):
        assert notice_of(arrive(Page(PROXY), bare)) == "refused"


def test_records_kept_by_eppn_move_to_the_remote_user() -> None:
    user = a_holder("shibboleth", ADA["Eppn"])
    assert "/ui/signup" in arrive(Page(PROXY), ADA)
    with conf.override(ProviderSettings, astakos_shibboleth_migrate_eppn=True):
        page = Page(PROXY)
        arrive(page, ADA)
        assert is_in(page)
    assert user.auth_providers.get(module="shibboleth").identifier == ADA["Remote-User"]


def test_a_method_is_added_by_the_same_address() -> None:
    user, page = a_user(), Page(PROXY)
    auth_methods.keep_local(user)
    page.sign_in(user.username, PASSWORD)
    place = leave_to_add(page, "shibboleth")
    path: Any = place.partition("/astakos/ui")[2]
    assert notice_of(arrive(page, ADA, path)) == "added"
    assert notice_of(arrive(page, ADA, path)) == "lost"
