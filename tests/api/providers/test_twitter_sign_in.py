"""Twitter by OAuth 1.0a and by OAuth 2.0."""

from collections.abc import Iterator

import pytest

from synnefo.astakos.domain.provider_configs import TwitterApp
from synnefo.astakos.models import DATABASE, AuthProvider
from synnefo.astakos.settings import ProviderSettings
from synnefo.astakos.usecases import pending_third_parties
from synnefo.kit import conf
from tests.support.page import Page
from tests.support.travel import a_holder, come_back, is_in, leave, notice_of, query_of
from tests.support.twitter import KEY, SECRET, Twitter, twitter

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)


@pytest.fixture(params=[1, 2])
def app(request: pytest.FixtureRequest) -> Iterator[Twitter]:
    """Enable one version and run its other end."""
    with twitter() as running:
        here = running.address
        mine = TwitterApp(
            version=request.param,
            request_token_url=f"{here}/oauth/request_token",
            authenticate_url=f"{here}/oauth/authenticate",
            access_token_url=f"{here}/oauth/access_token",
            authorize_url=f"{here}/i/oauth2/authorize",
            token_url=f"{here}/2/oauth2/token",
            me_url=f"{here}/2/users/me",
        )
        with conf.override(
            ProviderSettings,
            astakos_im_modules=["local", "twitter"],
            astakos_twitter=mine,
            astakos_twitter_token=KEY,
            astakos_twitter_secret=SECRET,
        ):
            yield running


def test_somebody_known_comes_in(app: Twitter) -> None:
    a_holder("twitter", "4711")
    page = Page()
    assert come_back(page, "twitter", app.agree(leave(page, "twitter"))) == "/ui/"
    assert is_in(page)
    assert AuthProvider.objects.get(module="twitter").info_data == {"screen_name": ["ada"]}
    assert all(app.signed_well)


def test_somebody_new_is_led_to_sign_up(app: Twitter) -> None:
    page = Page()
    place = come_back(page, "twitter", app.agree(leave(page, "twitter")))
    row = pending_third_parties.find(query_of(place)["third_party_token"])
    assert (row.third_party_identifier, row.username) == ("4711", "ada")


def test_an_answer_counts_once_and_in_one_browser(app: Twitter) -> None:
    a_holder("twitter", "4711")
    page = Page()
    query = app.agree(leave(page, "twitter"))
    victim = Page()
    assert notice_of(come_back(victim, "twitter", query)) == "lost"
    come_back(page, "twitter", query)
    assert is_in(page)
    thief = Page()
    assert notice_of(come_back(thief, "twitter", query)) == "lost"


def test_saying_no_is_no_failure(app: Twitter) -> None:
    page = Page()
    query = app.agree(leave(page, "twitter"))
    token = query.get("oauth_token", "")
    said_no = {"denied": token} if token else {"state": query["state"], "error": "access_denied"}
    assert notice_of(come_back(page, "twitter", said_no)) == "cancelled"


def test_a_wrong_secret_of_ours_opens_nothing(app: Twitter) -> None:
    a_holder("twitter", "4711")
    page = Page()
    with conf.override(ProviderSettings, astakos_twitter_secret="another"):
        place = leave(page, "twitter")
        if "oauth_token" not in place and "authorize" not in place:
            assert notice_of(place) == "refused"
    app.challenge = "of another"
    assert not is_in(page)


def test_a_callback_that_is_not_confirmed_stops_it(app: Twitter) -> None:
    app.confirms = False
    place = leave(Page(), "twitter")
    assert "authorize" in place or notice_of(place) == "refused"
