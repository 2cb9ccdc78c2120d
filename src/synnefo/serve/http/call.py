"""One request as a handler sees it, and its answer."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import parse_qs

import msgspec
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest, get_path_info
from django.http import HttpRequest

from synnefo.kit.faults import BadRequest, TooLarge, Unauthorized
from synnefo.kit.ids import new_request_id
from synnefo.kit.units import is_number
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.cookies import Cookie
from synnefo.serve.http.headers import RequestHeaders

MAX_JSON = 8 * 1024 * 1024
"""Bytes of a JSON body that are read at most."""


class Readable(Protocol):
    """A body that is read piece by piece."""

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes; nothing at the end."""


class Reply(msgspec.Struct):
    """An answer with a status or headers of its own; the body may be an iterator of bytes."""

    status: int | None = None
    headers: dict[str, str] = {}
    body: Any = None


class Call:
    """A request: who, what, with which query and body."""

    caller: Caller | None

    def __init__(self, meta: dict[str, Any], path: str) -> None:
        self.meta = meta
        self.path = path
        self.method = str(meta["REQUEST_METHOD"]).upper()
        self.headers = RequestHeaders(meta)
        self.caller = None
        self.request_id = new_request_id()
        self.reply_headers: dict[str, str] = {}
        self.reply_cookies: list[Cookie] = []
        self.shown_path = path
        self.microversion: tuple[int, int] | None = None

    @cached_property
    def request(self) -> HttpRequest:
        """Answer Django's view of the request, for its cookies, host and scheme."""
        return WSGIRequest(self.meta)

    @property
    def who(self) -> Caller:
        """Answer the caller of a route that needs a token."""
        if self.caller is None:
            raise Unauthorized("Send a valid token in the X-Auth-Token header.")
        return self.caller

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """Answer the query, each name with all its values; `?flag` counts as an empty value."""
        text = self.meta.get("QUERY_STRING", "")
        return parse_qs(text, keep_blank_values=True, errors="replace") if text else {}

    def arg(self, name: str, default: str | None = None) -> str | None:
        """Answer the first value of one query argument."""
        values = self.query.get(name)
        return values[0] if values else default

    @property
    def body(self) -> Readable:
        """Answer the raw body, read as it arrives, chunked or not (house rules, section 14)."""
        stream: Readable = self.meta["wsgi.input"]
        return stream

    @cached_property
    def content_length(self) -> int | None:
        """Answer the announced size in bytes; None when chunked or not told."""
        text = self.meta.get("CONTENT_LENGTH")
        if not text:
            return None
        if not is_number(text):
            raise BadRequest(f"'{text}' is not a Content-Length.")
        return int(text)

    def read_all(self, limit: int = MAX_JSON) -> bytes:
        """Read the whole body; TooLarge past `limit` bytes."""
        length = self.content_length
        if length == 0 or (length is None and "chunked" not in self._transfer()):
            return b""
        if length is not None and length > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        data = self.body.read(limit + 1 if length is None else length)
        if len(data) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        return data

    def _transfer(self) -> str:
        return str(self.meta.get("HTTP_TRANSFER_ENCODING", "")).lower()

    @property
    def whole_path(self) -> str:
        """Answer the path as the client wrote it, below the web server's root, decoded."""
        return get_path_info(self.meta)

    @property
    def public_base(self) -> str:
        """Answer scheme and host of this request, as its client wrote them."""
        try:
            return f"{self.request.scheme}://{self.request.get_host()}"
        except DisallowedHost as error:
            raise BadRequest("The Host header names no host that is served here.") from error

    @property
    def address(self) -> str:
        """Answer the address that the client called from."""
        return str(self.meta.get("REMOTE_ADDR", ""))


def is_stream(body: object) -> bool:
    """Tell whether a body is to be sent piece by piece."""
    return isinstance(body, Iterable) and not isinstance(
        body, bytes | bytearray | memoryview | str | list | tuple | dict
    )
