"""Whatever is sent to our worker, it answers as gunicorn's own threads do."""

import json
import re

import pytest

from tests.support.web_door import Answer, Door

HOST = b"Host: h\r\n"
END = b"\r\n"


def _get(*lines: bytes, target: bytes = b"/", body: bytes = b"") -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"".join(
        line + b"\r\n" for line in lines
    ) + END + body  # fmt: skip


def _post(*lines: bytes, body: bytes = b"") -> bytes:
    return b"POST" + _get(*lines, body=body).removeprefix(b"GET")


FORMS = {
    "plain": _get(),
    "a query": _get(target=b"/a/%C3%A9%20b?x=%20&y"),
    "two slashes": _get(target=b"//a/b"),
    "a fragment": _get(target=b"/a#b"),
    "an absolute address": _get(target=b"http://other/x"),
    "an asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST + END,
    "another asterisk": _get(target=b"*"),
    "a control character in the address": _get(target=b"/a\x01b"),
    "a byte above ASCII in the address": _get(target=b"/\xe9"),
    "HTTP/1.0": b"GET / HTTP/1.0\r\n" + HOST + END,
    "HTTP/1.0 kept alive": b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n" + END,
    "HTTP/2.0": b"GET / HTTP/2.0\r\n" + HOST + END,
    "no version": b"GET /\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": _get(b"Host: other"),
    "a method in small letters": b"get / HTTP/1.1\r\n" + HOST + END,
    "an unknown method": b"BREW / HTTP/1.1\r\n" + HOST + END,
    "CONNECT": b"CONNECT h:80 HTTP/1.1\r\n" + HOST + END,
    "an empty line first": b"\r\n" + _get(),
    "rubbish": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "closing": _get(b"Connection: close"),
    "closing among others": _get(b"Connection: x, close"),
    "a header with a space before its colon": _get(b"X-A : b"),
    "a header without a colon": _get(b"X-A"),
    "a header without a name": _get(b": b"),
    "a folded header": _get(b"X-A: b\r\n c"),
    "a header with an underscore": _get(b"X_Auth_Token: stolen", b"X-Auth-Token: mine"),
    "a header with a null": _get(b"X-A: b\x00c"),
    "a header with a lone return": _get(b"X-A: b\rc"),
    "a header with a lone line feed": _get(b"X-A: b\nX-B: c"),
    "a header above ASCII": _get(b"X-A: caf\xe9"),
    "headers that repeat": _get(b"X-A: b", b"x-a: c"),
    "a scheme from here": _get(b"X-Forwarded-Proto: https"),
    "two schemes": _get(b"X-Forwarded-Proto: https", b"X-Forwarded-Ssl: off"),
    "an upgrade": _get(b"Connection: upgrade", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"),
    "an unknown expectation": _post(b"Expect: tea", b"Content-Length: 1", body=b"x"),
    "a body": _post(b"Content-Length: 5", body=b"hello"),
    "a body of a GET": _get(b"Content-Length: 5", body=b"hello"),
    "two lengths": _post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"),
    "two lengths in one": _post(b"Content-Length: 5, 5", body=b"hello"),
    "a length with a sign": _post(b"Content-Length: +5", body=b"hello"),
    "a length below nothing": _post(b"Content-Length: -1"),
    "a length in other digits": _post(b"Content-Length: \xb2", body=b"he"),
    "a length of no digits": _post(b"Content-Length: 0x5", body=b"hello"),
    "an empty length": _post(b"Content-Length:"),
    "both kinds of length": _post(
        b"Content-Length: 6", b"Transfer-Encoding: chunked", body=b"0\r\n\r\nGET /x HTTP/1.1"
    ),
    "both kinds the other way": _post(
        b"Transfer-Encoding: chunked", b"Content-Length: 6", body=b"0\r\n\r\nX"
    ),
    "chunks": _post(b"Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"),
    "chunks with more": _post(
        b"Transfer-Encoding: chunked", body=b"5;a=b\r\nhello\r\n0\r\nX-T: u\r\n\r\n"
    ),
    "chunks in disguise": _post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "chunks twice": _post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "chunks, then something": _post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "chunks after a tab": _post(b"Transfer-Encoding:\tchunked", body=b"0\r\n\r\n"),
    "chunks with an underscore": _post(b"Transfer_Encoding: chunked", body=b"0\r\n\r\n"),
    "a chunk of no size": _post(b"Transfer-Encoding: chunked", body=b"\r\nhello\r\n0\r\n\r\n"),
    "a chunk of a bad size": _post(b"Transfer-Encoding: chunked", body=b"0x5\r\nhello\r\n"),
    "a chunk longer than told": _post(
        b"Transfer-Encoding: chunked", body=b"4\r\nhello\r\n0\r\n\r\n"
    ),
    "a chunked trailer that lies": _post(
        b"Transfer-Encoding: chunked", body=b"0\r\nContent-Length: 5\r\n\r\n"
    ),
    "a long address": _get(target=b"/" + b"a" * 9000),
    "a long header": _get(b"X-A: " + b"a" * 9000),
    "many headers": _get(*[b"X-%d: a" % number for number in range(120)]),
    "an answer in pieces": _get(target=b"/stream"),
    "an answer in pieces to HTTP/1.0": b"GET /stream HTTP/1.0\r\n\r\n",
    "the head of an answer in pieces": b"HEAD /stream HTTP/1.1\r\n" + HOST + END,
    "the head of a large answer": b"HEAD /big HTTP/1.1\r\n" + HOST + END,
    "a large answer": _get(target=b"/big"),
    "no content": _get(target=b"/nothing"),
    "a bug": _get(target=b"/fail"),
    "an answer that would split": _get(target=b"/split"),
    "a body that nobody reads": _get(b"Content-Length: 5", target=b"/ignore", body=b"hello"),
}


def _facts(answer: Answer) -> tuple[object, ...]:
    """Tell what matters of an answer: how it went, what was understood, what follows."""
    head, _, rest = answer.data.partition(b"\r\n\r\n")
    understood: object = None
    if rest.startswith(b"{"):
        understood = json.JSONDecoder().raw_decode(rest.decode("latin-1"))[0]
    wish = re.search(rb"(?mi)^connection: (\S+)", head)
    length = len(rest) if answer.statuses == [200] and understood is None else 0
    return (answer.statuses, answer.is_closed, understood, wish and wish[1].lower(), length)


@pytest.mark.parametrize("form", FORMS)
def test_a_request_is_answered_as_by_gunicorns_own_threads(
    door: Door, other_door: Door, form: str
) -> None:
    ours = _facts(door.say(FORMS[form], quiet=0.3))
    theirs = _facts(other_door.say(FORMS[form], quiet=0.3))
    if form == "a bug":
        assert ours[:2] == theirs[:2] == ([500], True)
    else:
        assert ours == theirs


@pytest.mark.parametrize(
    "form", ["plain", "a body", "headers that repeat", "chunks", "no content"]
)
def test_a_request_that_comes_byte_by_byte_is_the_same(door: Door, form: str) -> None:
    pieces = [FORMS[form][at : at + 1] for at in range(len(FORMS[form]))]
    assert _facts(door.say(*pieces, quiet=0.3)) == _facts(door.say(FORMS[form], quiet=0.3))


def test_requests_in_a_row_are_answered_in_their_order(door: Door) -> None:
    row = [_get(target=b"/1"), _post(b"Content-Length: 5", body=b"hello"), FORMS["chunks"]]
    row += [_get(target=b"/4"), _get(b"Connection: close", target=b"/5"), _get(target=b"/6")]
    answer = door.say(b"".join(row))
    assert answer.statuses == [200] * 5
    assert answer.is_closed
    assert re.findall(rb'"PATH_INFO": "([^"]*)"', answer.data) == [b"/1", b"/", b"/", b"/4", b"/5"]


def test_what_follows_a_bad_request_is_never_answered(door: Door) -> None:
    smuggled = _get(target=b"/smuggled")
    for form in ("both kinds of length", "two lengths", "chunks in disguise", "a folded header"):
        answer = door.say(FORMS[form] + smuggled)
        assert answer.is_closed
        assert b"/smuggled" not in answer.data
