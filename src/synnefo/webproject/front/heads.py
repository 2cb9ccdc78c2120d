"""Reading the head of a request where it is plain; gunicorn's own parser reads all others.

What is taken here is a part of what gunicorn takes, read to the same result: origin-form targets,
HTTP/1.1, header names of letters, digits and dashes, bodies of known length. Anything that could
be understood in two ways is not plain.
"""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from synnefo.serve.http.headers import ASCII

Environ = dict[str, Any]

_LINE = re.compile(rb"([A-Z]{3,20}) (/[!-~]*) HTTP/1\.1")
_BLOCK = re.compile(rb"(?:\r\n[A-Za-z0-9-]+:[\t -~\x80-\xff]*)+")
_AMBIGUOUS = frozenset({"HTTP_TRANSFER_ENCODING", "HTTP_UPGRADE", "HTTP_HTTP2_SETTINGS"})
_ONCE = frozenset(
    {"HTTP_HOST", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_CONNECTION", "HTTP_EXPECT"}
)
_LONGEST_NUMBER = 18


class Rules(msgspec.Struct, frozen=True):
    """The limits on a head, and which headers tell the scheme if they come from this peer."""

    line: int
    fields: int
    field_size: int
    schemes: dict[str, str]
    """Names of the environment with the value that means https."""


class Fields(msgspec.Struct, frozen=True):
    """The header fields of a request, ready for its environment."""

    environ: Environ
    length: int
    is_last: bool
    """Whether the client wants the connection closed."""
    expects: bool
    """Whether the client waits for `100 Continue` before it sends the body."""


class Line(msgspec.Struct, frozen=True):
    """The first line of a request."""

    method: str
    target: str


def line_of(text: bytes, rules: Rules) -> Line | None:
    """Read the first line; None when it is not plain."""
    found = _LINE.fullmatch(text)
    if found is None or len(text) > rules.line:
        return None
    method, target = found[1].decode(), found[2].decode()
    if target.startswith("//") or "#" in target or method == "CONNECT":
        return None
    return Line(method, target)


def fields_of(block: bytes, rules: Rules) -> Fields | None:
    """Read header fields, each after its line end; None when one is not plain."""
    if len(block) > rules.field_size or not _BLOCK.fullmatch(block):
        return None
    lines = block.decode("latin-1").split("\r\n")
    environ = _collected(lines[1:], rules) if len(lines) <= rules.fields else None
    if environ is None or "HTTP_HOST" not in environ or not _AMBIGUOUS.isdisjoint(environ):
        return None
    length = environ.get("CONTENT_LENGTH", "0")
    wish = environ.get("HTTP_CONNECTION", "").lower()
    expectation = environ.get("HTTP_EXPECT", "100-continue").lower()
    scheme = _scheme(environ, rules)
    if not (length.isascii() and length.isdigit() and len(length) <= _LONGEST_NUMBER):
        return None
    if wish not in {"", "keep-alive", "close"} or expectation != "100-continue":
        return None
    if scheme is None:
        return None
    environ["wsgi.url_scheme"] = scheme
    if block.isascii():
        environ[ASCII] = True
    return Fields(environ, int(length), wish == "close", "HTTP_EXPECT" in environ)


def _collected(lines: list[str], rules: Rules) -> Environ | None:
    """Put fields where WSGI wants them, repeated ones together; None if one must not repeat."""
    environ: Environ = {}
    for line in lines:
        name, _, value = line.partition(":")
        key = _place(name)
        value = value.strip(" \t")
        if key in environ:
            if key in _ONCE or key in rules.schemes:
                return None
            value = f"{environ[key]},{value}"
        environ[key] = value
    return environ


@lru_cache(maxsize=512)
def _place(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


def _scheme(environ: Environ, rules: Rules) -> str | None:
    """Tell the scheme that a trusted proxy names; None when it names two."""
    told = {
        "https" if environ[key] == secure else "http"
        for key, secure in rules.schemes.items()
        if key in environ
    }
    if len(told) > 1:
        return None
    return told.pop() if told else "http"


def path_of(target: str) -> tuple[str, str]:
    """Split a target into the path as WSGI wants it and the query."""
    path, _, query = target.partition("?")
    if "%" in path:
        path = unquote_to_bytes(path).decode("latin-1")
    return path, query
