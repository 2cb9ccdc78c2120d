"""From a request to an answer: find the route, tell who calls, decode, call, encode."""

import inspect
import re
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import msgspec
import structlog
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, re_path

from synnefo.kit import clock, metrics
from synnefo.kit.faults import (
    BadRequest,
    Fault,
    Forbidden,
    ItemNotFound,
    ServiceUnavailable,
    Unauthorized,
)
from synnefo.kit.logs import get_logger, quick
from synnefo.kit.units import is_number
from synnefo.serve.http.answer import HTML, Answer, encode, encode_fault
from synnefo.serve.http.auth import Authenticate, Caller
from synnefo.serve.http.call import Call, Reply
from synnefo.serve.http.django_response import as_response
from synnefo.serve.http.faults import FaultStyle
from synnefo.serve.http.route import Handler, Route, RouteTable
from synnefo.serve.origin import Origin, coming_from
from synnefo.wire.access_rules import is_allowed

log = get_logger(__name__)

_SECRET_SEGMENTS = ("token_id", "url_id")
"""Path values that open something by themselves, so no log may hold them."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_IDENTITY = "astakos"
WRITERS = frozenset({"admin", "manager", "member", "service"})
"""The roles with which a service's things may be changed, as OpenStack's policies have it."""

_VERSION = re.compile(r"v\d")

_HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox",
}
"""What people stored here must never run as a page of ours: the interface shares our address."""

TokenOf = Callable[[Call], str | None]
Around = Callable[[Call, Callable[[Call], Answer]], Answer]
"""What an API does around each call, such as agreeing on a version."""


def token_in_header(call: Call) -> str | None:
    """Read the token where OpenStack clients put it."""
    return call.headers.get("X-Auth-Token") or None


class _Signature:
    """What a handler wants: its body's type and which path values are numbers."""

    def __init__(self, handler: Handler) -> None:
        hints = typing.get_type_hints(handler)
        self.body = hints.get("body")
        self.numbers = [name for name, kind in hints.items() if kind is int]
        self.takes_body = "body" in inspect.signature(handler).parameters
        self.decoder = msgspec.json.Decoder(self.body) if self.takes_body else None

    def arguments(self, call: Call, path_values: dict[str, str]) -> dict[str, Any]:
        """Make the keyword arguments of one call."""
        values: dict[str, Any] = dict(path_values)
        for name in self.numbers:
            if name in values:
                values[name] = _number(values[name])
        if self.decoder is not None:
            values["body"] = _decode(self.decoder, call.read_all())
        return values


def _number(text: str) -> int:
    if not is_number(text):
        raise ItemNotFound(f"There is nothing with the id '{text}'.")
    return int(text)


def _decode(decoder: "msgspec.json.Decoder[Any]", data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The request body is not valid: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"The request body is not JSON: {error}.") from error
    except RecursionError as error:
        raise BadRequest("The request body is nested too deeply.") from error


def _origin_of(call: Call) -> Origin:
    caller = call.caller
    return Origin(
        actor=caller.user_id if caller else "",
        actor_name=caller.user_name if caller else "",
        address=call.address,
        agent=call.headers.get("User-Agent", "")[:200],
        request_id=call.request_id,
    )


def _shown(path: str, path_values: dict[str, str]) -> str:
    """Write a path for the log, without what must stay secret."""
    for name in _SECRET_SEGMENTS:
        secret = path_values.get(name)
        if secret:
            path = path.replace(secret, "***")
    return path


def _known_paths(path: str, prefix: str) -> set[str]:
    """Answer the paths under which rules may know a call: whole, from the API's name, from
    its version."""
    first = prefix.partition("/")[0]
    at = path.find(f"/{prefix}")
    known = {path, path[at:]}
    if not _VERSION.match(first):
        known.add(path[at + 1 + len(first) :])
    return known | {each.rstrip("/") for each in known}


class Api:
    """One API: a prefix under its brick's base address, its routes and how it writes faults."""

    known: ClassVar[dict[str, "Api"]] = {}

    def __init__(
        self,
        name: str,
        prefix: str,
        routes: list[Route],
        *,
        fault_style: FaultStyle,
        authenticate: Authenticate,
        token_of: TokenOf = token_in_header,
        request_id_headers: tuple[str, ...] = ("X-Openstack-Request-Id",),
        identity_url: Callable[[], str] = lambda: "",
    ) -> None:
        Api.known[name] = self
        self.name = name
        self.brick = routes[0].handler.__module__.split(".")[1] if routes else ""
        self.prefix = prefix.strip("/")
        self.table = RouteTable(routes)
        self.fault_style = fault_style
        self.authenticate = authenticate
        self.token_of = token_of
        self.request_id_headers = request_id_headers
        self.identity_url = identity_url
        self._around: Around | None = None
        self.services: tuple[str, ...] = ()
        self._signatures = {id(route): _Signature(route.handler) for route in routes}

    def serving(self, *services: str) -> "Api":
        """Say which services of the catalogue this is; without one, access rules allow nothing."""
        self.services = services
        return self

    def wrapped(self, around: Around) -> "Api":
        """Let something happen around each call."""
        self._around = around
        return self

    @property
    def urls(self) -> list[URLPattern]:
        """Answer the Django patterns to hang under the brick's base address."""
        prefix = self.prefix.replace(".", r"\.")
        pattern = rf"^{prefix}(?P<path>(?:/.*)?)$" if prefix else r"^(?P<path>.*)$"
        return [re_path(pattern, self.view, name=f"api-{self.name}")]

    def view(self, request: HttpRequest, path: str) -> HttpResponseBase:
        """Answer a request that came through Django."""
        call = Call(request.META, path)
        call.request = request
        return as_response(self.answer(call))

    view.csrf_exempt = True  # type: ignore[attr-defined] # read by Django; a token is in a header

    def answer(self, call: Call) -> Answer:
        """Answer one request; whatever goes wrong becomes a fault in this API's style."""
        if self._around is not None:
            return self._around(call, self._guarded)
        return self._guarded(call)

    def _guarded(self, call: Call) -> Answer:
        started = clock.monotonic()
        marks = structlog.contextvars.bind_contextvars(request_id=call.request_id)
        try:
            try:
                answer = self._answer(call)
            except Fault as fault:
                answer = self._fault(fault)
            except (DataError, OverflowError) as error:
                log.warning("value-not-storable", error=str(error))
                answer = self._fault(_not_storable())
            except OperationalError as error:
                log.warning("database-unavailable", error=str(error))
                answer = self._fault(_database_busy())
            except Exception:
                log.exception("request-failed", method=call.method, path=call.shown_path)
                answer = self._fault(Fault(_bug(call.request_id)))
            if call.method == "HEAD":
                answer.drop_body()
            self._finish(call, answer, started)
        finally:
            structlog.contextvars.reset_contextvars(**marks)
        return answer

    def _answer(self, call: Call) -> Answer:
        if call.method == "OPTIONS" and not any(r.method == "OPTIONS" for r in self.table.routes):
            return self._preflight(call)
        route, path_values = self.table.find(call.method, call.path)
        call.shown_path = _shown(call.path, path_values)
        self._identify(call, route)
        arguments = self._signatures[id(route)].arguments(call, path_values)
        with coming_from(_origin_of(call)):
            return self._encode(call, route, route.handler(call, **arguments))

    def _identify(self, call: Call, route: Route) -> None:
        if route.auth is False:
            return
        token = self.token_of(call)
        if token:
            call.caller = self.authenticate(token)
            self._check_access_rules(call, call.caller)
            self._check_may_write(call, call.caller)
        elif route.auth is True:
            raise Unauthorized("Send a valid token in the X-Auth-Token header.")

    def _check_access_rules(self, call: Call, caller: Caller) -> None:
        """Refuse a call that the token's access rules do not name. Spec: openstack-api 4.3."""
        rules = caller.access_rules
        if rules is None:
            return
        paths = _known_paths(call.request.path, self.prefix)
        if not is_allowed(rules, self.services, call.method, paths):
            raise Forbidden("The access rules of your application credential do not allow this.")

    def _check_may_write(self, call: Call, caller: Caller) -> None:
        """Refuse a change by who has no role but to read. Spec: openstack-api 4.4.

        The identity service decides by itself, call by call.
        """
        if call.method in _READING or self.brick == _IDENTITY or not caller.roles:
            return
        if not WRITERS.intersection(caller.roles):
            raise Forbidden("Your roles in this project allow reading only.")

    def _encode(self, call: Call, route: Route, answer: Any) -> Answer:
        reply = answer if isinstance(answer, Reply) else Reply(body=answer)
        return encode(reply, route.status, call.reply_headers)

    def _fault(self, fault: Fault) -> Answer:
        url = self.identity_url() if isinstance(fault, Unauthorized) else ""
        return encode_fault(fault, self.fault_style, url)

    def _preflight(self, call: Call) -> Answer:
        methods = self.table.methods(call.path)
        headers = {"Allow": ", ".join([*methods, "OPTIONS"]), "Content-Type": HTML}
        return Answer(200, headers, b"")

    def _finish(self, call: Call, answer: Answer, started: float) -> None:
        headers = answer.headers
        answer.cookies = tuple(call.reply_cookies)
        for header in self.request_id_headers:
            headers[header] = call.request_id
        for header, value in _HARMLESS.items():
            headers.setdefault(header, value)
        if answer.body is None and call.method != "HEAD":
            answer.body = b""
        if isinstance(answer.body, bytes):
            headers.setdefault("Content-Length", str(len(answer.body)))
        taken = clock.monotonic() - started
        _counter(self.name, call.method, answer.status).inc()
        _seconds(self.name).observe(taken)
        quick(
            __name__,
            "request",
            api=self.name,
            method=call.method,
            path=call.shown_path,
            status=answer.status,
            ms=round(taken * 1000, 1),
            user=call.caller.user_id if call.caller else None,
        )


@cache
def _counter(api: str, method: str, status: int) -> metrics.Counter:
    return metrics.REQUESTS.labels(api, method, str(status))


@cache
def _seconds(api: str) -> metrics.Histogram:
    return metrics.REQUEST_SECONDS.labels(api)


def _bug(request_id: str) -> str:
    return (
        "Something went wrong on our side. Try again; if it stays, tell the operators this "
        f"request id: {request_id}."
    )


def _not_storable() -> BadRequest:
    return BadRequest("A value is too long, too large, or holds a character that cannot be kept.")


def _database_busy() -> ServiceUnavailable:
    return ServiceUnavailable(
        "The database does not answer. Try again in a moment.", headers={"Retry-After": "5"}
    )
