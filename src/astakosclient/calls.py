"""Calls to the service: sent, tried again, read, logged. Spec: identity 19."""

import hashlib
import json
import logging
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from urllib.parse import urlsplit

import msgspec

from astakosclient.errors import (
    BY_STATUS,
    AstakosClientException,
    BadValue,
    ConnectionError,
    InvalidResponse,
    QuotaLimit,
)
from astakosclient.quota_words import told
from synnefo.clients.http import Answer, Http, Unanswered
from synnefo.kit.faults import Fault
from synnefo.kit.retry import retry

FINAL = {401, 404, 413}
"""Answers that another attempt does not change."""
TIMEOUT = 60.0


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One call: below which address, what, with which token and body."""

    method: str
    url: str
    token: str = ""
    body: Any = None
    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    is_secret: bool = False
    """Whether the bodies hold secrets, so that no log shows them."""
    is_final: bool = False
    """Whether the call must not be made twice once it was sent."""


class _Again(Exception):
    def __init__(self, error: AstakosClientException) -> None:
        super().__init__(str(error))
        self.error = error


class Caller:
    """Makes calls for one client, as its settings say. Safe to share between threads."""

    def __init__(
        self,
        *,
        retries: int,
        pool_size: int | None,
        logger: logging.Logger,
        headers: Mapping[str, str],
    ) -> None:
        self._attempts = max(retries, 0) + 1
        self._pool = None if pool_size is None else threading.BoundedSemaphore(pool_size)
        self._logger = logger
        self._headers = dict(headers)
        self.log_request: dict[str, Any] | None = None
        self.log_response: dict[str, Any] | None = None

    def call(self, request: Request) -> Any:
        """Make a call, again where that is worth it; answer its JSON, None for no body."""
        check_url(request.url)
        try:
            return retry(
                lambda: self._once(request),
                on=(_Again,),
                attempts=self._attempts,
                first_delay=0.05,
            )
        except _Again as again:
            raise again.error from again

    def _once(self, request: Request) -> Any:
        try:
            return _read(self._send(request))
        except ConnectionError as error:
            was_sent = isinstance(error.__cause__, Unanswered)
            raise (error if request.is_final and was_sent else _Again(error)) from error
        except AstakosClientException as error:
            if error.status in FINAL or request.is_final:
                raise
            raise _Again(error) from error

    def _send(self, request: Request) -> Answer:
        headers = {**self._headers, **request.headers}
        if request.token:
            headers["X-Auth-Token"] = request.token
        if self._pool is None:
            headers["Connection"] = "close"
        self._note_request(request, headers)
        http = Http(request.url, timeout=TIMEOUT, attempts=1)
        turn: AbstractContextManager[Any] = self._pool or nullcontext()
        try:
            with turn:
                answer = http.call(
                    request.method,
                    "",
                    body=request.body,
                    query=request.query or None,
                    headers=headers,
                    check=False,
                )
        except Fault as fault:
            self._logger.error("No answer from %s: %s", request.url, fault.message)
            raise ConnectionError(fault.message, fault.details) from fault
        self._note_answer(request, answer)
        return answer

    def _note_request(self, request: Request, headers: dict[str, str]) -> None:
        parts = urlsplit(request.url)
        shown = {name: value for name, value in headers.items() if name not in _SECRET}
        if request.token:
            shown["X-Auth-Token"] = _digest(request.token)
        self.log_request = {
            "method": request.method,
            "host": parts.netloc,
            "path": "***" if request.is_secret and request.method == "GET" else parts.path,
            "headers": shown,
            "body": None if request.is_secret else request.body,
        }
        self._logger.debug("Sending %s", self.log_request)

    def _note_answer(self, request: Request, answer: Answer) -> None:
        self.log_response = {
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": None if request.is_secret else answer.body,
        }
        self._logger.debug("Got %s with %d bytes", answer.status, len(answer.body))


_SECRET = {"X-Auth-Token", "Authorization"}


def check_url(url: str) -> None:
    """Refuse an address that is none of a web service."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise BadValue(f"'{url}' does not begin with http:// or https://.")


def _digest(token: str) -> str:
    """Name a token in a log without giving it away."""
    return hashlib.sha1(token.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _read(answer: Answer) -> Any:
    """Read an answer's JSON; raise what its status says."""
    if 200 <= answer.status < 300:
        return _json(answer) if answer.body.strip() else None
    message, details, data = _words(answer)
    if answer.status == 413:
        if data:
            message, details = told(data)
        raise QuotaLimit(message, details, response=answer)
    kind = BY_STATUS.get(answer.status)
    if kind is not None:
        raise kind(message, details, response=answer)
    raise AstakosClientException(message, details, answer.status, answer)


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise InvalidResponse("The service answered no JSON.", response=answer) from error


def _words(answer: Answer) -> tuple[str, str, dict[str, Any]]:
    """Find what a fault says: its message, details and data."""
    try:
        envelope = json.loads(answer.body)
        fault = next(iter(envelope.values()))
        data = fault.get("data") or {}
        return str(fault.get("message", "")), str(fault.get("details") or ""), data
    except (ValueError, AttributeError, StopIteration, TypeError):
        return answer.body[:500].decode("utf-8", "replace"), "", {}
