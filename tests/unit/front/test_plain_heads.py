"""What the quick reader of heads takes, gunicorn's own parser takes too, to the same result."""

from typing import Any

from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import create
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synnefo.serve.http.headers import ASCII
from synnefo.webproject.front import heads
from synnefo.webproject.front.heads import Rules

RULES = Rules(
    line=8190,
    fields=100,
    field_size=8190,
    schemes={
        "HTTP_X_FORWARDED_PROTOCOL": "ssl",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_SSL": "on",
    },
)
PEER = ("127.0.0.1", 4711)
NAMES = (
    *("Host", "host", "Content-Length", "Transfer-Encoding", "Connection", "Expect", "Upgrade"),
    *("X-Auth-Token", "X_Auth_Token", "Content-Type", "X-Forwarded-Proto", "X-Forwarded-Ssl"),
    *("Content-Length ", " Host", "Ho\x00st", "Te", "X!", "Caf\xe9", "", "Cookie", "cookie"),
)
VALUES = (
    *("a", "", "0", "5", "+5", "5, 5", "05", "0x5", "\xb2", "chunked", "identity", "close"),
    *("keep-alive", "upgrade", "100-continue", "https", "on", "ssl", "http", " b ", "\tc"),
    *("d\x0be", "f\x00", "g\r", "h\n", "caf\xe9", "x" * 9000, "\x7f"),
)
METHODS = ("GET", "PUT", "get", "G", "CONNECT", "OPTIONS", "GET\t", "COPY", "X" * 25, "M-SEARCH")
TARGETS = (
    *("/", "/a?b=c", "/%41%00", "//evil/x", "/a#b", "*", "http://h/x", "h:80", "/caf\xe9", ""),
    *("/a b", "/a\x00", "/?" + "q" * 9000, "/;a:b@c[]", "/..//%2e"),
)
VERSIONS = ("HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", "HTTP/1.10", "")

header = st.tuples(st.sampled_from(NAMES), st.sampled_from((":", ": ", ":\t", " :")))
headers = st.lists(st.tuples(header, st.sampled_from(VALUES)), max_size=4)
free = st.text(st.characters(max_codepoint=255), max_size=30)


def _head(method: str, target: str, version: str, fields: Any) -> bytes:
    lines = [f"{method} {target} {version}"]
    lines += [f"{name}{colon}{value}" for (name, colon), value in fields]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _ours(head: bytes) -> dict[str, Any] | None:
    """Read a head as a connection does."""
    end, line_end = head.find(b"\r\n\r\n"), head.find(b"\r\n")
    line = heads.line_of(head[:line_end], RULES)
    fields = heads.fields_of(head[line_end:end], RULES)
    if line is None or fields is None:
        return None
    path, query = heads.path_of(line.target)
    own = {"REQUEST_METHOD": line.method, "RAW_URI": line.target, "PATH_INFO": path}
    return {**own, "QUERY_STRING": query, **fields.environ}


class _Line:
    """A socket that swallows what is sent."""

    def send(self, data: bytes) -> int:
        return len(data)


def _theirs(head: bytes) -> tuple[dict[str, Any], Any]:
    parser = RequestParser(Config(), iter([head]), PEER)
    request = next(parser)
    _, environ = create(request, _Line(), PEER, ("127.0.0.1", 80), Config())
    return environ, request


def _compare(head: bytes) -> bool:
    ours = _ours(head)
    if ours is None:
        return False
    assert bool(ours.pop(ASCII, False)) == head.partition(b"\r\n")[2].isascii()
    environ, request = _theirs(head)
    known = {"REQUEST_METHOD", "RAW_URI", "PATH_INFO", "QUERY_STRING", "wsgi.url_scheme"}
    known |= {"CONTENT_TYPE", "CONTENT_LENGTH"}
    theirs = {k: v for k, v in environ.items() if k in known or k.startswith("HTTP_")}
    assert ours == theirs
    assert type(request.body.reader).__name__ == "LengthReader"
    assert request.body.reader.length == int(ours.get("CONTENT_LENGTH", 0))
    assert request.should_close() == (ours.get("HTTP_CONNECTION", "").lower() == "close")
    return True


def test_an_ordinary_request_is_plain() -> None:
    head = _head("GET", "/v1/a%20b?x=1", "HTTP/1.1", [(("Host", ": "), "h"), (("A", ":"), " b ")])
    assert _compare(head)


def test_a_scheme_is_believed_as_gunicorn_believes_it() -> None:
    for value in ("https", "http", "HTTPS"):
        fields = [(("Host", ":"), "h"), (("X-Forwarded-Proto", ":"), value)]
        assert _compare(_head("GET", "/", "HTTP/1.1", fields))


def test_nobody_else_may_name_a_scheme() -> None:
    block = b"\r\nHost: h\r\nX-Forwarded-Proto: https"
    found = heads.fields_of(block, Rules(8190, 100, 8190, {}))
    assert found is not None
    assert found.environ["wsgi.url_scheme"] == "http"


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(METHODS), st.sampled_from(TARGETS), st.sampled_from(VERSIONS), headers)
@example("GET", "/", "HTTP/1.1", [(("Host", ":"), "a"), (("host", ":"), "b")])
def test_what_is_plain_means_the_same_to_gunicorn(
    method: str, target: str, version: str, fields: Any
) -> None:
    _compare(_head(method, target, version, fields))


@settings(max_examples=1500, deadline=None)
@given(headers)
def test_fields_of_any_kind_mean_the_same_to_gunicorn(fields: Any) -> None:
    _compare(_head("PUT", "/a", "HTTP/1.1", [(("Host", ": "), "h"), *fields]))


@settings(max_examples=1000, deadline=None)
@given(free, free)
def test_any_bytes_mean_the_same_to_gunicorn(target: str, field: str) -> None:
    text = f"GET /{target} HTTP/1.1\r\nHost: h\r\nX: {field}\r\n\r\n"
    _compare(text.encode("latin-1"))
