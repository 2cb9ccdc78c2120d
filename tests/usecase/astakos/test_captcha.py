"""Puzzles against robots: our own, and reCAPTCHA as a service beside us plays it."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import msgspec
import pytest
import time_machine

from synnefo.astakos.models import SolvedPuzzle
from synnefo.astakos.settings import SignUpSettings
from synnefo.astakos.usecases import captcha
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, ServiceUnavailable
from synnefo.serve import origin
from tests.support.puzzles import a_solution, answer_of

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    with conf.override(SignUpSettings, astakos_altcha_cost=30):
        yield


def refused(answer: str) -> bool:
    try:
        captcha.check(answer)
    except BadRequest:
        return True
    return False


class TestOurs:
    """Altcha."""

    def test_a_solution_counts_once(self) -> None:
        solution = a_solution()
        captcha.check(solution)
        assert refused(solution)

    def test_a_wrong_number_does_not_count(self) -> None:
        given = captcha.puzzle()
        right = a_solution(given)
        wrong = {answer_of(given, number) for number in range(31)} - {right}
        assert all(refused(answer) for answer in wrong)
        captcha.check(right)

    @pytest.mark.parametrize(
        "answer", ["", "x", "bnVsbA==", "W10=", "eyJudW1iZXIiOiAxfQ==", "é", "A" * 5000]
    )
    def test_what_is_no_answer_is_refused(self, answer: str) -> None:
        assert refused(answer)

    @pytest.mark.parametrize(
        "change",
        [{"salt": "00?expires=99999999999&"}, {"signature": "0" * 64}, {"algorithm": "SHA-1"}],
    )
    def test_a_puzzle_that_we_did_not_make_is_refused(self, change: dict[str, str]) -> None:
        given = captcha.puzzle()
        forged = msgspec.structs.replace(given, **change)
        assert all(refused(answer_of(forged, number)) for number in range(31))

    def test_a_puzzle_runs_out_and_its_memory_with_it(self) -> None:
        solution = a_solution()
        captcha.check(a_solution())
        with time_machine.travel(now() + timedelta(minutes=21)):
            assert refused(solution)
        with time_machine.travel(now() + timedelta(hours=1)):
            assert captcha.forget_old() == 1
        assert not SolvedPuzzle.objects.exists()

    def test_it_may_be_switched_off(self) -> None:
        with conf.override(SignUpSettings, astakos_captcha="none"):
            captcha.check("")


class Service(HTTPServer):
    """Answers as reCAPTCHA does, and remembers what it was asked."""

    asked: list[dict[str, list[str]]]
    body: bytes | None = None


class Handler(BaseHTTPRequestHandler):
    """One call."""

    server: Service

    def do_POST(self) -> None:
        """Say yes to one answer only."""
        length = int(self.headers["Content-Length"])
        form = parse_qs(self.rfile.read(length).decode())
        self.server.asked.append(form)
        right = form.get("response") == ["right"] and form.get("secret") == ["s3cret"]
        body = self.server.body or json.dumps({"success": right}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service(("127.0.0.1", 0), Handler)
    made.asked = []
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    with conf.override(
        SignUpSettings,
        astakos_recaptcha_enabled=True,
        astakos_recaptcha_private_key="s3cret",
        astakos_recaptcha_verify_url=f"http://127.0.0.1:{made.server_port}/api/siteverify",
    ):
        yield made
    made.shutdown()
    thread.join()
    made.server_close()


class TestTheirs:
    """reCAPTCHA."""

    def test_the_service_decides_and_hears_the_address(self, service: Service) -> None:
        with origin.coming_from(origin.Origin(address="192.0.2.7")):
            captcha.check("right")
        assert service.asked[0]["remoteip"] == ["192.0.2.7"]
        assert refused("wrong")

    def test_nothing_to_check_asks_nobody(self, service: Service) -> None:
        assert refused("")
        assert refused("x" * 5000)
        assert service.asked == []

    def test_nonsense_from_the_service_lets_nobody_through(self, service: Service) -> None:
        service.body = b"<html>busy</html>"
        with pytest.raises(ServiceUnavailable):
            captcha.check("right")

    def test_a_service_that_is_away_lets_nobody_through(self, service: Service) -> None:
        del service
        with (
            conf.override(
                SignUpSettings, astakos_recaptcha_verify_url="http://127.0.0.1:1/siteverify"
            ),
            pytest.raises(ServiceUnavailable),
        ):
            captcha.check("right")
