"""Calls to other services: in process, with errors as faults, streaming both ways."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest

from synnefo.clients import http, in_process
from synnefo.clients.http import Answer, Http, fault_of
from synnefo.kit import faults

URL = "http://brick.test/base"


class Echo:
    """An application that answers what it was asked, or what it was told to."""

    def __init__(self) -> None:
        self.status = ["200 OK"]
        self.seen: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.reply: list[bytes] = [b"{}"]
        self.closed = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.seen.append(environ)
        self.bodies.append(environ["wsgi.input"].read())
        status = self.status.pop(0) if len(self.status) > 1 else self.status[0]
        headers = [("Content-Type", "application/json"), ("Set-Cookie", "a=b"), ("X-Name", "\xe9")]
        start_response(status, headers)
        return _Closing(self)


class _Closing:
    def __init__(self, echo: Echo) -> None:
        self._echo = echo

    def __iter__(self) -> Iterator[bytes]:
        yield from self._echo.reply

    def close(self) -> None:
        self._echo.closed += 1


@pytest.fixture
def echo() -> Iterator[Echo]:
    """Serve an echo in this process."""
    app = Echo()
    http.mount(URL, app)
    yield app
    http.unmount(URL)


class TestInProcess:
    """Calls that never leave the process."""

    def test_paths_and_bodies_arrive_as_on_the_wire(self, echo: Echo) -> None:
        Http(URL, token="t").call("PUT", "/c/φάκελος%2Fa b", body=b"data", query={"q": "ä"})
        seen = echo.seen[0]
        path = seen["PATH_INFO"].encode("latin-1").decode()
        assert path == "/base/c/φάκελος/a b"
        assert seen["HTTP_X_AUTH_TOKEN"] == "t"
        assert seen["CONTENT_LENGTH"] == "4"
        assert echo.bodies == [b"data"]

    def test_other_addresses_are_not_answered_here(self, echo: Echo) -> None:
        assert in_process.mounted(f"{URL}/x") is echo
        assert in_process.mounted(URL) is echo
        assert in_process.mounted(f"{URL}?q") is echo
        assert in_process.mounted(f"{URL}ment") is None
        assert in_process.mounted("http://brick.test/") is None

    def test_bodies_stream_both_ways(self, echo: Echo) -> None:
        echo.reply = [b"one", b"two"]
        pieces = (piece for piece in (b"a" * 100_000, b"b"))
        with Http(URL).stream("PUT", "/x", content=pieces) as answer:
            assert b"".join(answer.chunks()) == b"onetwo"
        assert echo.bodies == [b"a" * 100_000 + b"b"]
        assert echo.seen[0]["HTTP_TRANSFER_ENCODING"] == "chunked"
        assert echo.closed == 1

    def test_an_answer_left_halfway_is_closed(self, echo: Echo) -> None:
        echo.reply = [b"one", b"two"]
        with Http(URL).stream("GET", "/x") as answer:
            next(answer.chunks())
        assert echo.closed == 1

    def test_cookies_are_forgotten(self, echo: Echo) -> None:
        client = Http(URL)
        client.call("GET", "/x")
        client.call("GET", "/x")
        assert "HTTP_COOKIE" not in echo.seen[1]

    def test_strange_header_values_travel(self, echo: Echo) -> None:
        answer = Http(URL, token="ά").call("GET", "/x")
        assert echo.seen[0]["HTTP_X_AUTH_TOKEN"].encode("latin-1").decode() == "ά"
        assert answer.headers["X-Name"] == "\xe9"


class TestFailures:
    """Errors become faults, and some calls are tried again."""

    def test_what_may_be_repeated_is_tried_again(self, echo: Echo) -> None:
        echo.status = ["503 Busy", "502 Bad", "200 OK"]
        assert Http(URL).call("GET", "/x").status == 200
        assert len(echo.seen) == 3

    def test_what_may_not_be_repeated_is_not(self, echo: Echo) -> None:
        echo.status = ["503 Busy", "200 OK"]
        with pytest.raises(faults.ServiceUnavailable):
            Http(URL).call("POST", "/x", body={})
        assert len(echo.seen) == 1

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, faults.BadRequest),
            (401, faults.Unauthorized),
            (404, faults.ItemNotFound),
            (409, faults.Conflict),
            (413, faults.OverLimit),
            (418, faults.BadRequest),
            (500, faults.ServiceUnavailable),
            (501, faults.NotImplementedHere),
            (504, faults.ServiceUnavailable),
        ],
    )
    def test_each_status_has_its_fault(self, status: int, kind: type[faults.Fault]) -> None:
        body = msgspec.json.encode({"itemNotFound": {"code": status, "message": "Gone fishing."}})
        fault = fault_of(Answer(status, {"Retry-After": "7"}, body))
        assert type(fault) is kind
        assert fault.message == "Gone fishing."
        assert fault.headers == {"Retry-After": "7"}

    def test_the_page_of_a_front_end_is_no_message(self) -> None:
        page = b"\r\n<html><head><title>504 Gateway Time-out</title></head></html>"
        fault = fault_of(Answer(504, {}, page))
        assert fault.status == 503
        assert "cannot be reached" in fault.message
        assert "<" not in fault_of(Answer(404, {}, page)).message

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "text"}', b"\xff\xfe"])
    def test_an_error_in_any_form_has_words(self, body: bytes) -> None:
        assert fault_of(Answer(404, {}, body)).message

    def test_an_answer_that_is_no_json_is_told(self, echo: Echo) -> None:
        echo.reply = [b"<html>"]
        with pytest.raises(faults.ServiceUnavailable, match="unexpected"):
            Http(URL).read("GET", "/x", dict[str, str])

    def test_an_error_is_answered_when_it_is_not_to_be_raised(self, echo: Echo) -> None:
        echo.status = ["404 No"]
        assert Http(URL).call("GET", "/x", check=False).status == 404

    def test_an_address_that_is_none_is_told(self) -> None:
        with pytest.raises(faults.ServiceUnavailable):
            Http("nothing").call("GET", "/x")
