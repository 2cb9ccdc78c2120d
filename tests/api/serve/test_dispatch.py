"""From a request to an answer, over Django's handler."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from django.http import HttpResponseBase
from django.test import RequestFactory

from synnefo.kit.faults import Conflict, Unauthorized
from synnefo.serve.http import (
    COMPUTE,
    IDENTITY,
    NETWORK,
    TEXT,
    Api,
    Call,
    Caller,
    Reply,
    Route,
    dispatch,
)


class Pet(msgspec.Struct):
    """A body for these tests."""

    name: str
    legs: int = 4


def known(token: str) -> Caller:
    if token not in {"good", "reader", "member"}:
        raise Unauthorized("This token is not valid.")
    return Caller(user_id="u-1", roles=() if token == "good" else (token,))


def add_pet(call: Call, body: Pet) -> Pet:
    """Add a pet."""
    call.reply_headers["Location"] = f"{call.public_base}/pets/1"
    return body


def show_pet(call: Call, pet_id: int) -> dict[str, Any]:
    """Show a pet."""
    return {"id": pet_id, "owner": call.who.user_id, "asked": call.query}


def stream_pet(_call: Call) -> Reply:
    """Stream a pet."""
    return Reply(headers={"Content-Type": "text/plain"}, body=(part for part in (b"a", b"b")))


def lose_pet(_call: Call) -> None:
    """Refuse to lose a pet."""
    raise Conflict("The pet is asleep. Try again later.")


def show_secret(_call: Call, token_id: str) -> dict[str, bool]:
    """Look at something whose address opens it."""
    return {"known": bool(token_id)}


def break_down(_call: Call) -> None:
    """Break."""
    raise ZeroDivisionError("secret detail")


def say_who(call: Call) -> dict[str, bool]:
    """Say whether somebody calls."""
    return {"who": call.caller is not None}


ROUTES = [
    Route("POST", "/pets", add_pet, status=201),
    Route("GET", "/pets/{pet_id}", show_pet),
    Route("GET", "/stream", stream_pet, auth=False),
    Route("DELETE", "/pets", lose_pet),
    Route("GET", "/broken", break_down, auth=False),
    Route("GET", "/maybe", say_who, auth="optional"),
    Route("GET", "/tokens/{token_id}", show_secret, auth=False),
]


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    made = Api(
        "test-pets",
        "zoo/v1.0",
        ROUTES,
        fault_style=COMPUTE,
        authenticate=known,
        identity_url=lambda: "http://id/v3",
    )
    yield made
    del Api.known["test-pets"]


def ask(api: Api, method: str, path: str, **options: Any) -> HttpResponseBase:
    request = RequestFactory().generic(method, f"/zoo/v1.0{path}", **options)
    return api.view(request, path.partition("?")[0])


def told(answer: HttpResponseBase) -> Any:
    return json.loads(answer.content)  # type: ignore[attr-defined]


GOOD = {"headers": {"X-Auth-Token": "good"}}


def test_a_body_becomes_a_struct_and_an_answer_json(api: Api) -> None:
    answer = ask(api, "POST", "/pets", data='{"name": "Rex"}', **GOOD)
    assert (answer.status_code, told(answer)) == (201, {"name": "Rex", "legs": 4})
    assert answer.headers["Location"] == "http://testserver/pets/1"
    assert answer.headers["X-Openstack-Request-Id"].startswith("req-")
    assert answer.headers["Content-Length"] == str(len(answer.content))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "body", ["", "{", '{"name": 7}', '{"legs": 4}', "[]", b'{"name": "\xff"}', "null"]
)
def test_a_body_that_is_wrong_is_a_bad_request_that_says_why(api: Api, body: str) -> None:
    answer = ask(api, "POST", "/pets", data=body, **GOOD)
    assert answer.status_code == 400
    assert "The request body is not" in told(answer)["badRequest"]["message"]


def test_a_body_that_is_too_large_is_refused_unread(api: Api) -> None:
    body = json.dumps({"name": "x" * (9 << 20)})
    assert ask(api, "POST", "/pets", data=body, **GOOD).status_code == 413


@pytest.mark.parametrize("headers", [{}, {"X-Auth-Token": "bad"}, {"X-Auth-Token": ""}])
def test_without_a_valid_token_nothing_is_told(api: Api, headers: dict[str, str]) -> None:
    answer = ask(api, "GET", "/pets/1", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Keystone uri="http://id/v3"'


def test_numbers_in_paths_are_numbers_and_everything_else_is_not_found(api: Api) -> None:
    assert told(ask(api, "GET", "/pets/12?x=1&x=2&flag", **GOOD)) == {
        "id": 12,
        "owner": "u-1",
        "asked": {"x": ["1", "2"], "flag": [""]},
    }
    assert ask(api, "GET", "/pets/rex", **GOOD).status_code == 404


def test_head_tells_the_length_and_sends_no_body(api: Api) -> None:
    answer = ask(api, "HEAD", "/pets/12", **GOOD)
    assert (answer.content, int(answer.headers["Content-Length"]) > 0) == (b"", True)  # type: ignore[attr-defined]


def test_an_iterator_is_streamed(api: Api) -> None:
    answer = ask(api, "GET", "/stream")
    assert b"".join(answer.streaming_content) == b"ab"  # type: ignore[attr-defined]


def test_a_fault_says_what_to_do(api: Api) -> None:
    answer = ask(api, "DELETE", "/pets", **GOOD)
    assert told(answer) == {
        "conflictingRequest": {
            "code": 409,
            "message": "The pet is asleep. Try again later.",
            "details": "",
        }
    }


def test_a_bug_tells_a_request_id_and_no_detail(api: Api) -> None:
    answer = ask(api, "GET", "/broken")
    assert answer.status_code == 500
    assert "secret detail" not in answer.content.decode()  # type: ignore[attr-defined]
    assert answer.headers["X-Openstack-Request-Id"] in told(answer)["computeFault"]["message"]


def test_a_token_may_be_optional_but_never_wrong(api: Api) -> None:
    assert told(ask(api, "GET", "/maybe")) == {"who": False}
    assert told(ask(api, "GET", "/maybe", **GOOD)) == {"who": True}
    assert ask(api, "GET", "/maybe", headers={"X-Auth-Token": "bad"}).status_code == 401


@pytest.mark.parametrize(("token", "status"), [("reader", 403), ("member", 201), ("good", 201)])
def test_who_may_only_read_changes_nothing(api: Api, token: str, status: int) -> None:
    headers = {"X-Auth-Token": token}
    assert ask(api, "GET", "/pets/1", headers=headers).status_code == 200
    made = ask(api, "POST", "/pets", headers=headers, data=b'{"name": "Rex"}')
    assert made.status_code == status


def test_nothing_that_is_answered_can_run_as_a_page_of_ours(api: Api) -> None:
    for path in ("/stream", "/broken", "/nowhere", "/maybe"):
        headers = ask(api, "GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "sandbox"


def test_a_host_that_is_none_is_refused(api: Api) -> None:
    options = {"data": '{"name": "Rex"}', "headers": {"X-Auth-Token": "good", "Host": "a b"}}
    assert ask(api, "POST", "/pets", **options).status_code == 400


def test_a_body_nested_too_deeply_is_refused(api: Api) -> None:
    assert ask(api, "POST", "/pets", data="[" * 200_000, **GOOD).status_code == 400


def test_what_an_address_opens_is_in_no_log(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, object]] = []
    monkeypatch.setattr(dispatch, "quick", lambda *_, **facts: lines.append(facts))
    ask(api, "GET", "/tokens/very-secret")
    assert lines[0]["path"] == "/tokens/***"


def test_options_tells_the_methods(api: Api) -> None:
    assert ask(api, "OPTIONS", "/pets").headers["Allow"] == "DELETE, POST, OPTIONS"


@pytest.mark.parametrize(
    ("style", "body"),
    [
        (COMPUTE, b'{"conflictingRequest":{"code":409,"message":"No.","details":""}}'),
        (IDENTITY, b'{"error":{"code":409,"title":"Conflict","message":"No."}}'),
        (
            NETWORK,
            b'{"NeutronError":{"type":"ConflictingRequest","message":"No.","detail":""}}',
        ),
        (TEXT, b"No.\n"),
    ],
)
def test_each_api_writes_faults_in_its_style(style: Any, body: bytes) -> None:
    assert style(Conflict("No."))[0] == body
