"""APIs answered straight from WSGI, and what is left to Django."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.test import RequestFactory

from synnefo.kit.faults import Conflict, Fault
from synnefo.serve.http import TEXT, Api, Call, Caller, Reply, Route
from synnefo.serve.http.direct import Direct, mounted

closed: list[str] = []


def show_bird(_call: Call, name: str) -> dict[str, str]:
    """Show a bird."""
    return {"name": name}


def sing(_call: Call) -> Reply:
    """Sing note by note."""
    return Reply(headers={"Content-Type": "text/plain"}, body=_notes())


def _notes() -> Iterator[bytes]:
    try:
        yield b"do"
        yield b"re"
    finally:
        closed.append("song")


def wake(call: Call) -> None:
    """Refuse to wake a bird, in Greek, to whoever hides behind a proxy."""
    raise Conflict("asleep", headers={"X-Why": "κοιμάται", "X-Scheme": call.request.scheme})


def break_rule(_call: Call) -> Reply:
    """Try to smuggle a header in."""
    return Reply(headers={"X-Name": "a\r\nX-Evil: yes"})


def lose_database(_call: Call) -> None:
    """Break the connection that the next request would get."""
    connections["pithos"].ensure_connection()
    connections["pithos"].errors_occurred = True
    raise DatabaseError("the server closed the connection")


def nobody(_token: str) -> Caller:
    raise Fault("Nobody signs in here.")


BIRDS = Api(
    "test-birds",
    "v1",
    [
        Route("GET", "/birds/{name}", show_bird, auth=False),
        Route("GET", "/song", sing, auth=False),
        Route("POST", "/wake", wake, auth=False),
        Route("GET", "/rule", break_rule, auth=False),
        Route("GET", "/lost", lose_database, auth=False),
    ],
    fault_style=TEXT,
    authenticate=nobody,
)
del Api.known["test-birds"]  # of no brick, so of no document
Answered = tuple[str, dict[str, str], Iterable[bytes]]


def others(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("204 No Content", [("X-From", environ["PATH_INFO"])])
    return []


def believe(environ: dict[str, Any]) -> None:
    environ["wsgi.url_scheme"] = "https"


def ask(path: str, method: str = "GET") -> Answered:
    told: list[Any] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
    }
    app = Direct([("/zoo/v1", BIRDS)], others, prepare=believe)
    body = app(environ, lambda status, headers: told.extend([status, dict(headers)]))
    return told[0], told[1], body


def test_an_api_is_answered_as_django_would_answer_it() -> None:
    status, headers, body = ask("/zoo/v1/birds/owl")
    through = BIRDS.view(RequestFactory().get("/zoo/v1/birds/owl"), "/birds/owl")
    mine = {name: text for name, text in headers.items() if "Request-Id" not in name}
    theirs = {name: text for name, text in through.items() if "Request-Id" not in name}
    assert (status, b"".join(body), mine) == ("200 OK", through.getvalue(), theirs)


@pytest.mark.parametrize("path", ["/", "/zoo", "/zoo/v10/birds/owl", "/zoo/v1/a\nb", "/ui/"])
def test_what_is_no_api_goes_on_to_the_next_application(path: str) -> None:
    status, headers, _ = ask(path)
    assert (status, headers) == ("204 No Content", {"X-From": path})


def test_a_streamed_body_is_closed_also_when_the_client_leaves_in_the_middle() -> None:
    closed.clear()
    _, _, body = ask("/zoo/v1/song")
    assert next(iter(body)) == b"do"
    body.close()  # type: ignore[attr-defined] # a streamed body has it
    assert closed == ["song"]


def test_head_answers_the_length_and_nothing_else() -> None:
    status, headers, body = ask("/zoo/v1/birds/owl", "HEAD")
    assert (status, headers["Content-Length"], b"".join(body)) == ("200 OK", "14", b"")


def test_a_fault_keeps_its_headers_in_letters_that_http_can_carry() -> None:
    status, headers, body = ask("/zoo/v1/wake", "POST")
    assert (status, headers["X-Scheme"], b"".join(body)) == ("409 Conflict", "https", b"asleep\n")
    assert headers["X-Why"].startswith("=?utf-8?")


def test_a_header_of_two_lines_never_leaves() -> None:
    status, headers, _ = ask("/zoo/v1/rule")
    assert status.startswith("500")
    assert "X-Evil" not in "".join(headers.values())


@pytest.mark.django_db(databases=["pithos"], transaction=True)
def test_a_connection_that_broke_is_not_kept_for_the_next_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection = connections["pithos"]
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    monkeypatch.setattr(connection, "close", lambda: closed.append("connection"))
    closed.clear()
    status, _, _ = ask("/zoo/v1/lost")
    assert (status[:3], closed) == ("500", ["connection"])


def test_the_apis_are_found_where_their_bricks_hang_them() -> None:
    paths = [path for path, _ in mounted()]
    assert {"/pithos/v1", "/astakos/identity/v3", "/cyclades/compute/v2.1"} <= set(paths)
    assert paths.index("/cyclades/compute/v2.1") < paths.index("/cyclades/compute")
