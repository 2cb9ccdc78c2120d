"""Files shown by their address: the browser signs in at the identity service and comes back."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from synnefo.astakos.usecases import oauth_clients
from synnefo.astakos.usecases.oauth_clients import NewClient
from synnefo.kit import conf
from synnefo.pithos.settings import PithosSettings
from tests.api.astakos.test_oauth2 import signed_in
from tests.api.pithos.conftest import BASE, Person
from tests.support.astakos import a_token, a_user

pytestmark = pytest.mark.django_db(databases=["pithos", "astakos"], transaction=True)
SECRET = "secret-of-the-view"


@pytest.fixture
def _view(service_token: str) -> Iterator[None]:
    """Register the view service at the identity service."""
    oauth_clients.add(
        NewClient(
            identifier="pithos-view",
            secret=SECRET,
            is_trusted=True,
            urls=[f"{BASE}/pithos/ui/view", "http://files.example.org/pithos/ui/view"],
        )
    )
    with conf.override(PithosSettings, pithos_oauth2_client_credentials=("pithos-view", SECRET)):
        yield


class Reader:
    """Somebody at a browser, with files of their own."""

    def __init__(self) -> None:
        user = a_user()
        self.person = Person(str(user.uuid), a_token(user))
        self.browser = signed_in(user)
        self.seen: list[str] = []

    def follow(self, url: str, **headers: str) -> Any:
        """Look at an address as a browser does, going where it is led."""
        for _ in range(8):
            self.seen.append(url)
            parts = urlsplit(url)
            answer = self.browser.get(
                f"{parts.path}?{parts.query}", headers={"Host": parts.netloc, **headers}
            )
            if answer.status_code != 302:
                return answer
            url = str(answer.headers["Location"])
        raise AssertionError(self.seen)


@pytest.fixture
def reader(_view: None) -> Reader:
    found = Reader()
    found.person.ask("PUT", "/c")
    found.person.ask("PUT", "/c/a b.txt", b"0123456789")
    return found


def address(owner: Person, name: str = "a%20b.txt") -> str:
    return f"{BASE}/pithos/ui/view/{owner.account}/c/{name}"


def test_the_owner_sees_a_file_and_some_of_it(reader: Reader) -> None:
    answer = reader.follow(address(reader.person))
    assert answer.content == b"0123456789"
    assert answer.headers["X-Object-Hash"]
    part = reader.follow(address(reader.person), Range="bytes=2-3")
    assert (part.status_code, part.content) == (206, b"23")
    shown = reader.follow(f"{address(reader.person)}?disposition-type=attachment")
    assert shown.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "sandbox"


def test_who_may_read_sees_it_and_others_do_not(reader: Reader) -> None:
    other = Reader()
    assert other.follow(address(reader.person)).status_code == 403
    path = "/c/a b.txt?update"
    reader.person.ask("POST", path, X_Object_Sharing=f"read={other.person.account}")
    assert other.follow(address(reader.person)).content == b"0123456789"
    assert reader.follow(address(reader.person, "none")).status_code == 404


def test_who_is_not_signed_in_is_asked_to(reader: Reader) -> None:
    reader.browser = Client()
    answer = reader.follow(address(reader.person))
    assert answer.status_code != 200 or b"0123456789" not in answer.content
    assert any("/ui/login" in url for url in reader.seen)


def test_a_token_opens_one_file_only(reader: Reader) -> None:
    reader.person.ask("PUT", "/c/other", b"other")
    reader.follow(address(reader.person))
    query = parse_qs(urlsplit(reader.seen[-1]).query)
    url = f"{address(reader.person, 'other')}?access_token={query['access_token'][0]}"
    answer = Client().get(url.removeprefix(BASE))
    assert (answer.status_code, "access_token" in answer.headers["Location"]) == (302, False)
    for token in ("", "../../x", "x" * 30):
        stale = Client().get(f"{address(reader.person).removeprefix(BASE)}?access_token={token}")
        assert stale.status_code == 302


def test_a_code_that_was_sent_by_somebody_else_is_not_taken(reader: Reader) -> None:
    url = address(reader.person).removeprefix(BASE)
    answer = reader.browser.get(f"{url}?code=stolen&state=guess")
    assert (answer.status_code, answer.headers["Location"]) == (302, address(reader.person))


def test_nothing_but_looking_is_allowed(reader: Reader) -> None:
    assert reader.browser.post(address(reader.person).removeprefix(BASE)).status_code == 405


def test_without_credentials_it_says_so(ada: Person) -> None:
    answer = Client().get(f"/pithos/ui/view/{ada.account}/c/o")
    assert answer.status_code == 503


def test_untrusted_content_has_a_host_of_its_own(reader: Reader) -> None:
    with conf.override(PithosSettings, pithos_unsafe_domain="files.example.org"):
        answer = reader.follow(address(reader.person))
        assert answer.content == b"0123456789"
        assert urlsplit(reader.seen[-1]).netloc == "files.example.org"
        assert "Content-Security-Policy" not in answer.headers
        reader.person.ask("POST", "/c/a b.txt?update", X_Object_Public="true")
        url = reader.person.ask("HEAD", "/c/a b.txt").headers["X-Object-Public"]
        assert reader.follow(url).content == b"0123456789"
        assert urlsplit(reader.seen[-1]).netloc == "files.example.org"
        path = urlsplit(url).path
        assert reader.browser.post(path).status_code == 403
