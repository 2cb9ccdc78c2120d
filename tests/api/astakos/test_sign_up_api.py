"""Becoming a user over HTTP, and those who try to make something else of it."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from synnefo.astakos.jobs import sign_up as jobs
from synnefo.astakos.models import User
from synnefo.astakos.settings import AstakosSettings, SignUpSettings
from synnefo.astakos.usecases import activations, users
from synnefo.kit import conf
from synnefo.serve import errands
from tests.support.astakos import a_user
from tests.support.mailbox import Mailbox, a_mailbox
from tests.support.page import Page
from tests.support.puzzles import a_solution

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)
SECRET = "vivid lanterns hum"
ROOT = "/astakos/ui"
assert jobs


@pytest.fixture(autouse=True)
def box() -> Iterator[Mailbox]:
    with a_mailbox(template_dirs=[]) as box, conf.override(SignUpSettings, astakos_altcha_cost=20):
        yield box


def filled(email: str = "ada@example.org", **more: object) -> dict[str, object]:
    return {"email": email, "password": SECRET, "captcha": a_solution(), **more}


def work() -> None:
    while errands.run_due("astakos"):
        pass


def code(box: Mailbox) -> str:
    work()
    return unquote(urlsplit(box.kept[-1].link).fragment)


def as_facts(answer: Any) -> tuple[int, Any, list[str]]:
    """Tell what of an answer anybody could see; ids and cookies' values are random."""
    return answer.status_code, answer.json(), sorted(answer.headers)


class TestRoad:
    """What the pages do."""

    def test_signing_up_and_following_the_link_in_one_browser_leads_in(self, box: Mailbox) -> None:
        page = Page()
        form = page.post("/sign-up/form").json()
        assert (form["by_password"], form["captcha"]["kind"], form["terms"]) == (
            True,
            "altcha",
            None,
        )
        assert page.get("/captcha").json()["maxnumber"] == 20
        asked = page.post("/sign-up", filled())
        assert asked.json() == {"result": "pending_verification", "next": "", "session": None}
        with conf.override(AstakosSettings, astakos_moderation_enabled=False):
            told = page.post("/activation", {"code": code(box)}).json()
        assert told["result"] == "accepted"
        assert told["next"] == "/ui/"
        assert told["session"]["user"]["email"] == "ada@example.org"
        assert page.get("/session").status_code == 200
        assert page.post("/activation", {"code": code(box)}).status_code == 410

    def test_another_browser_is_asked_for_the_password(self, box: Mailbox) -> None:
        Page().post("/sign-up", filled())
        other, link = Page("192.0.2.9"), code(box)
        asked = other.post("/activation", {"code": link})
        assert (asked.status_code, asked.headers["X-Password"]) == (403, "required")
        assert not User.objects.get().email_verified
        told = other.post("/activation", {"code": link, "password": SECRET}).json()
        assert told == {"result": "pending_moderation", "next": "", "session": None}

    def test_the_cookie_of_a_sign_up_is_out_of_reach(self) -> None:
        set_cookie = Page().post("/sign-up", filled()).cookies["synnefo_session_sign_up"]
        assert set_cookie["httponly"]
        assert set_cookie["samesite"] == "Strict"
        assert set_cookie["path"].startswith("/astakos")

    def test_somebody_rejected_or_unknown_gets_no_further(self, box: Mailbox) -> None:
        page = Page()
        page.post("/sign-up", filled())
        page.post("/activation", {"code": code(box)})
        users.reject(User.objects.get(), "who is this")
        assert activations.result_of(User.objects.get()) == "rejected"
        signed = page.post("/session", {"username": "ada@example.org", "password": SECRET})
        assert signed.status_code in {401, 403}


class TestAttacks:
    """What must not work."""

    def test_a_forged_host_gets_into_no_link(self, box: Mailbox) -> None:
        Page().post(
            "/sign-up",
            filled(),
            headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
        )
        work()
        assert box.kept[0].link.startswith("http://127.0.0.1:8000/ui/")
        assert "evil" not in box.kept[0].text

    @pytest.mark.parametrize(
        "path", ["/sign-up", "/activation", "/activation/again", "/session/terms", "/email-change"]
    )
    @pytest.mark.parametrize(
        "headers", [{"X-Requested-With": ""}, {"Origin": "https://evil.example"}]
    )
    def test_pages_of_other_sites_can_send_nothing(
        self, path: str, headers: dict[str, str]
    ) -> None:
        body = {**filled(), "code": "x", "terms": 1, "key": "x"}
        assert Page().post(path, body, headers=headers).status_code == 403
        work()
        assert not User.objects.exists()

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "http://127.0.0.1:8000@evil.example/",
            "http://127.0.0.1.evil.example/",
            "/\t/evil.example",
        ],
    )
    def test_nobody_is_sent_to_another_site_after_signing_up(self, target: str) -> None:
        names = conf.current().names
        names["ASTAKOS_AUTH_PROVIDER_LOCAL_AUTOVERIFY_POLICY"] = True
        try:
            with conf.override(AstakosSettings, astakos_moderation_enabled=False):
                told = Page().post("/sign-up", filled(next=target)).json()
        finally:
            del names["ASTAKOS_AUTH_PROVIDER_LOCAL_AUTOVERIFY_POLICY"]
        assert (told["result"], told["next"]) == ("accepted", "/ui/")

    def test_known_and_unknown_addresses_get_the_same_answer(self) -> None:
        a_user("ada@example.org")
        a_user("new@example.org", accepted=False)
        emails = ("ada@example.org", "new@example.org", "nobody@example.org")
        asked = [as_facts(Page().post("/sign-up", filled(email))) for email in emails]
        assert asked[0] == asked[1] == asked[2]
        again = [
            Page().post("/activation/again", {"email": email, "captcha": a_solution()})
            for email in emails
        ]
        assert {(answer.status_code, answer.content) for answer in again} == {(202, b"")}

    def test_known_and_unknown_addresses_cost_the_same(self) -> None:
        """Timing swings with the machine; what is asked of the database does not."""
        a_user("ada@example.org")
        a_user("new@example.org", accepted=False)
        costs = set()
        for email in ("warm@example.org", "ada@example.org", "new@example.org", "no@example.org"):
            for path, body in (
                ("/sign-up", filled(email)),
                ("/activation/again", {"email": email, "captcha": a_solution()}),
            ):
                with CaptureQueriesContext(connections["astakos"]) as seen:
                    status = Page().post(path, body).status_code
                verbs = tuple(query["sql"].split(" ", 1)[0] for query in seen)
                costs.add((path, status, verbs))
        assert len(costs) == 2, costs

    def test_no_answer_and_no_log_holds_a_secret(
        self, box: Mailbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page = Page()
        page.post("/sign-up", filled())
        link = code(box)
        page.post("/activation", {"code": f"{link}x"})
        page.post("/activation", {"code": link})
        work()
        told = capsys.readouterr()
        for secret in (link, SECRET, page.client.cookies["synnefo_session_sign_up"].value):
            assert not secret or secret not in told.out + told.err

    def test_guessing_codes_tells_nothing(self) -> None:
        a_user("new@example.org", accepted=False)
        told = {
            Page().post("/activation", {"code": guess}).content for guess in ("", "a", "b" * 43)
        }
        assert len(told) == 1

    def test_an_unknown_provider_token_is_not_found(self) -> None:
        answer = Page().post("/sign-up", {"third_party_token": "x" * 43, "email": "a@example.org"})
        assert answer.status_code == 404

    @pytest.mark.parametrize(
        "body", ["[]", "null", '{"email": 1}', '{"email": "a@b", "terms": "x"}']
    )
    def test_malformed_forms_are_refused(self, body: str) -> None:
        answer = Page().client.post(
            "/astakos/ui/sign-up",
            body,
            "application/json",
            headers={"X-Requested-With": "synnefo"},
        )
        assert answer.status_code == 400
        assert json.loads(answer.content)["error"]["code"] == 400
