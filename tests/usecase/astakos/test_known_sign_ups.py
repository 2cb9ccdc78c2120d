"""Signing up by way of a provider, as the form goes on with it."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pytest

from synnefo.astakos.domain.identities import Identity
from synnefo.astakos.jobs import sign_up as jobs
from synnefo.astakos.models import PendingThirdPartyUser, User
from synnefo.astakos.settings import AstakosSettings, OidcProvider, ProviderSettings
from synnefo.astakos.usecases import activations, auth_methods, pending_third_parties, sign_ups
from synnefo.astakos.usecases.activations import Proof, Result
from synnefo.astakos.usecases.sign_ups import KnownForm
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, ItemNotFound
from synnefo.serve import errands
from tests.support.astakos import a_user
from tests.support.mailbox import Mailbox, a_mailbox

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)
HERE = "192.0.2.7"
assert jobs


@pytest.fixture(autouse=True)
def box() -> Iterator[Mailbox]:
    campus = OidcProvider(issuer="https://campus.example.org", client_id="c", client_secret="s")
    with (
        a_mailbox(template_dirs=[]) as box,
        conf.override(
            ProviderSettings,
            astakos_im_modules=["local", "campus"],
            astakos_oidc_providers={"campus": campus},
        ),
    ):
        yield box


@pytest.fixture
def _trusted() -> Iterator[None]:
    names = conf.current().names
    names["ASTAKOS_AUTH_PROVIDER_CAMPUS_AUTOVERIFY_POLICY"] = True
    yield
    del names["ASTAKOS_AUTH_PROVIDER_CAMPUS_AUTOVERIFY_POLICY"]


def grace(**more: object) -> str:
    facts = {
        "module": "campus",
        "identifier": "sub-1",
        "email": "grace@example.org",
        "first_name": "Grace",
        "last_name": "Hopper",
        "email_is_verified": True,
        "forced": ("first_name", "last_name"),
        **more,
    }
    return pending_third_parties.keep(Identity(**facts))  # type: ignore[arg-type] # named above


def work() -> None:
    while errands.run_due("astakos"):
        pass


def test_an_address_of_ones_own_choice_is_confirmed_by_mail(box: Mailbox) -> None:
    form = KnownForm(token=grace(), email="me@example.org", first_name="Eve", last_name="Evil")
    registered = sign_ups.register_known(form, HERE)
    work()
    user = User.objects.get()
    assert (user.email, user.realname) == ("me@example.org", "Grace Hopper")
    assert not user.email_verified
    assert [str(method) for method in auth_methods.listed(user)] == ["campus:sub-1"]
    assert not PendingThirdPartyUser.objects.exists()
    code = unquote(urlsplit(box.to("me@example.org")[0].link).fragment)
    with pytest.raises(Forbidden, match="the browser in which you signed up"):
        activations.verify_by_link(code, Proof("another", "guess"))
    found = activations.verify_by_link(code, Proof(registered.browser))
    assert found.result is Result.PENDING_MODERATION


@pytest.mark.usefixtures("_trusted")
def test_whom_a_trusted_provider_vouches_for_is_in_at_once() -> None:
    with conf.override(AstakosSettings, astakos_moderation_enabled=False):
        form = KnownForm(token=grace(), email="Grace@example.org")
        registered = sign_ups.register_known(form, HERE)
    assert registered.result is Result.ACCEPTED
    assert registered.user is not None
    assert registered.user.is_active


@pytest.mark.usefixtures("_trusted")
def test_trust_in_a_provider_covers_its_own_address_only() -> None:
    registered = sign_ups.register_known(KnownForm(token=grace(), email="boss@example.org"), HERE)
    assert (registered.result, registered.user) == (Result.PENDING_VERIFICATION, None)


@pytest.mark.usefixtures("_trusted")
def test_who_proved_an_address_that_has_an_account_is_told_what_to_do() -> None:
    a_user("grace@example.org")
    with pytest.raises(Conflict, match="add campus on your profile"):
        sign_ups.register_known(KnownForm(token=grace(), email="grace@example.org"), HERE)


def test_who_did_not_prove_it_learns_nothing(box: Mailbox) -> None:
    a_user("grace@example.org")
    form = KnownForm(token=grace(email_is_verified=False), email="grace@example.org")
    registered = sign_ups.register_known(form, HERE)
    work()
    assert (registered.result, registered.user) == (Result.PENDING_VERIFICATION, None)
    assert "an account already" in box.to("grace@example.org")[0].subject
    assert User.objects.count() == 1


def test_a_token_is_good_for_one_account(box: Mailbox) -> None:
    token = grace()
    sign_ups.register_known(KnownForm(token=token, email="a@example.org"), HERE)
    work()
    with pytest.raises(ItemNotFound):
        sign_ups.register_known(KnownForm(token=token, email="b@example.org"), HERE)
    assert len(box.kept) == 1


def test_names_and_addresses_are_checked_as_everybodys() -> None:
    form = KnownForm(token=grace(forced=()), email="a@example.org", first_name="www.evil.example")
    with pytest.raises(BadRequest):
        sign_ups.register_known(form, HERE)
