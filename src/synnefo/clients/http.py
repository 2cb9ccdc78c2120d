"""HTTP to other services: one pool per process, harmless retries, failures as faults.

The only module that knows the HTTP library. A call to a service that lives in this process
goes through `synnefo.clients.in_process`, with the same contract.
"""

import os
import re
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx2
import msgspec

from synnefo.clients.in_process import (
    InProcess,
    WsgiApp,
    ask,
    environ_of,
    mount,
    mounted,
    unmount,
)
from synnefo.kit import faults
from synnefo.kit.retry import retry

__all__ = [
    "Answer",
    "Http",
    "Stream",
    "Unanswered",
    "fault_of",
    "mount",
    "trust",
    "unmount",
    "watch",
]

T = TypeVar("T")
Query = Mapping[str, str | int] | Sequence[tuple[str, str | int]]

_PLAIN = re.compile(r"[\w!$&'()*+,;=:@/%~.-]*", re.ASCII)
IDEMPOTENT = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}
WORTH_ANOTHER_TRY = {502, 503, 504}
_GATEWAY = "A service that is needed for this cannot be reached ({}). Try again in a minute."
_BY_STATUS: dict[int, type[faults.Fault]] = {
    kind.status: kind
    for kind in (
        faults.BadRequest,
        faults.Unauthorized,
        faults.Forbidden,
        faults.ItemNotFound,
        faults.NotAllowed,
        faults.NotAcceptable,
        faults.Conflict,
        faults.Gone,
        faults.LengthRequired,
        faults.PreconditionFailed,
        faults.OverLimit,
        faults.UnsupportedMedia,
        faults.RangeNotSatisfiable,
        faults.Unprocessable,
        faults.TooManyRequests,
        faults.InsufficientStorage,
        faults.NotImplementedHere,
    )
}


class Unanswered(faults.ServiceUnavailable):
    """The request may have arrived, but no answer came: its outcome is unknown."""


class _BusyError(Exception):
    """The service said that it cannot answer now."""

    def __init__(self, answer: "Answer") -> None:
        super().__init__(answer.status)
        self.answer = answer


class Answer(msgspec.Struct, frozen=True):
    """What a service answered, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def read(self, kind: type[T]) -> T:
        """Decode the JSON body; ServiceUnavailable when it is something else."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise faults.ServiceUnavailable(
                f"A service answered something unexpected: {error}"
            ) from error


class Stream:
    """An answer whose body is read as it arrives."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    def chunks(self, size: int | None = None) -> Iterator[bytes]:
        """Give the body's bytes, in pieces of `size` or as they come."""
        return self._response.iter_bytes(size)

    def whole(self) -> Answer:
        """Read what is left into one answer."""
        return Answer(self.status, self.headers, self._response.read())


class Http:
    """Calls to one service, below one address. Safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        *,
        token: str = "",
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
        attempts: int = 3,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.token = token
        self._timeout = timeout
        self._attempts = attempts
        self._headers = {"Accept": "application/json", **(headers or {})}
        if token:
            self._headers["X-Auth-Token"] = token

    def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        check: bool = True,
    ) -> Answer:
        """Send a request and read its answer; a body that is no bytes goes out as JSON.

        An error status raises its fault unless `check` is off.
        """
        content, sent = _encode(body)
        is_plain = _is_plain(path) and not _is_watched
        app = mounted(f"{self.base_url}{path}") if is_plain else None
        if app is not None and (content is None or isinstance(content, bytes)):
            lines = _as_bytes({**self._headers, **sent, **(headers or {})})
            url = f"{self.base_url}{path}{_written(query)}"
            environ = partial(environ_of, method, url, lines, content or b"")
            answer = self._ask_here(app, environ, is_harmless=method in IDEMPOTENT)
        else:
            request = self._request(method, path, body=body, query=query, headers=headers)
            is_whole = content is None or isinstance(content, bytes)
            answer = self._deliver(request, is_harmless=is_whole and method in IDEMPOTENT)
        if check and answer.status >= 400:
            raise fault_of(answer)
        return answer

    def read(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        body: object = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Send a request and decode the JSON that it answers."""
        return self.call(method, path, body=body, query=query, headers=headers).read(kind)

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        content: Iterable[bytes] | bytes | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        check: bool = True,
    ) -> Iterator[Stream]:
        """Send a body piece by piece and read the answer as it arrives; never tried twice."""
        request = self._request(method, path, body=content, query=query, headers=headers)
        with _outside_errors(request):
            response = client().send(request, stream=True)
        try:
            answer = Stream(response)
            if check and response.status_code >= 400:
                raise fault_of(answer.whole())
            with _outside_errors(request):
                yield answer
        finally:
            response.close()

    def _request(
        self,
        method: str,
        path: str,
        *,
        body: object,
        query: Query | None,
        headers: Mapping[str, str] | None,
    ) -> httpx2.Request:
        content, sent = _encode(body)
        pairs = query.items() if isinstance(query, Mapping) else query or ()
        return client().build_request(
            method,
            f"{self.base_url}{path}",
            content=content,
            params=[(name, str(value)) for name, value in pairs] or None,
            headers=_as_bytes({**self._headers, **sent, **(headers or {})}),
            timeout=self._timeout,
        )

    def _ask_here(
        self, app: WsgiApp, environ: Callable[[], dict[str, Any]], *, is_harmless: bool
    ) -> Answer:
        """Ask a service of this process, without the library that speaks over networks."""

        def send() -> Answer:
            status, found, text = ask(app, environ())
            names = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in found]
            given = Answer(status, httpx2.Headers(names), text)
            if status in WORTH_ANOTHER_TRY:
                raise _BusyError(given)
            return given

        try:
            worth = (_BusyError,) if is_harmless else ()
            return retry(send, on=worth, attempts=self._attempts, first_delay=0.1)
        except _BusyError as busy:
            return busy.answer

    def _deliver(self, request: httpx2.Request, *, is_harmless: bool) -> Answer:
        """Send a request; a body that comes piece by piece is gone when it was sent once."""
        send = partial(_send, request)
        unsent = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
        worth = (httpx2.TransportError, _BusyError) if is_harmless else unsent
        with _outside_errors(request):
            try:
                return retry(send, on=worth, attempts=self._attempts, first_delay=0.1)
            except _BusyError as busy:
                return busy.answer


def _written(query: Query | None) -> str:
    pairs = query.items() if isinstance(query, Mapping) else query or ()
    told = urlencode([(name, str(value)) for name, value in pairs])
    return f"?{told}" if told else ""


def _is_plain(path: str) -> bool:
    """Tell whether a path goes out exactly as it is written."""
    return _PLAIN.fullmatch(path) is not None and "/." not in path


def _send(request: httpx2.Request) -> Answer:
    response = client().send(request)
    answer = Answer(response.status_code, response.headers, response.content)
    if answer.status in WORTH_ANOTHER_TRY:
        raise _BusyError(answer)
    return answer


def _as_bytes(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Write headers as they travel: Latin-1 as HTTP has it, UTF-8 for what does not fit."""
    found = []
    for name, value in headers.items():
        try:
            found.append((name.encode("ascii"), value.encode("latin-1")))
        except UnicodeEncodeError:
            found.append((name.encode("ascii"), value.encode("utf-8", "surrogateescape")))
    return found


def _encode(body: object) -> tuple[Iterable[bytes] | bytes | None, dict[str, str]]:
    if body is None or isinstance(body, bytes):
        return body, {}
    if isinstance(body, dict | list | msgspec.Struct):
        return msgspec.json.encode(body), {"Content-Type": "application/json"}
    return body, {}  # type: ignore[return-value] # what is neither is an iterator of bytes


@contextmanager
def _outside_errors(request: httpx2.Request) -> Iterator[None]:
    """Turn the library's errors into faults that say who did not answer."""
    where = f"{request.url.scheme}://{request.url.netloc.decode()}"
    later = {"Retry-After": "5"}
    try:
        yield
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
        told = f"The service at {where} cannot be reached. Try again shortly."
        raise faults.ServiceUnavailable(told, details=str(error), headers=later) from error
    except httpx2.TransportError as error:
        told = f"The service at {where} did not answer. Try again shortly."
        raise Unanswered(told, details=str(error), headers=later) from error
    except httpx2.InvalidURL as error:
        raise faults.ServiceUnavailable(f"'{where}' is no usable address: {error}") from error


def fault_of(answer: Answer) -> faults.Fault:
    """Make the fault that an error answer stands for, with the service's own words."""
    message, details = _words(answer)
    kind = _BY_STATUS.get(answer.status)
    if kind is None:
        kind = faults.BadRequest if answer.status < 500 else faults.ServiceUnavailable
    kept = {name: answer.headers[name] for name in ("Retry-After",) if name in answer.headers}
    return kind(message, details=details, headers=kept)


class _Said(msgspec.Struct):
    message: str = ""
    details: str = ""


def _words(answer: Answer) -> tuple[str, str]:
    plain = f"The service answered {answer.status}."
    if answer.body.lstrip().startswith(b"<"):
        return _GATEWAY.format(answer.status) if answer.status in WORTH_ANOTHER_TRY else plain, ""
    try:
        envelope = msgspec.json.decode(answer.body, type=dict[str, _Said])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return answer.body[:500].decode("utf-8", "replace").strip() or plain, ""
    said = next(iter(envelope.values()), _Said())
    return said.message or plain, said.details


class _Choice(httpx2.BaseTransport):
    """Keep calls to services of this process inside it; send the others out."""

    def __init__(self) -> None:
        self._network = httpx2.HTTPTransport(
            verify=_trusted[0] if _trusted else True,
            limits=httpx2.Limits(max_connections=256, max_keepalive_connections=64),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request by whoever serves its address."""
        app = mounted(str(request.url))
        transport = self._network if app is None else InProcess(app)
        return transport.handle_request(request)

    def close(self) -> None:
        """Close the pooled connections."""
        self._network.close()


_lock = threading.Lock()
_client: list[httpx2.Client] = []
_trusted: list[ssl.SSLContext] = []
_is_watched: list[bool] = []


def client() -> httpx2.Client:
    """Answer this process' pool of connections."""
    if not _client:
        with _lock:
            if not _client:
                _client.append(_new_client())
    return _client[0]


def _new_client() -> httpx2.Client:
    """Make a pool that remembers no cookies and asks no proxy of the environment."""
    forgetful = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx2.Client(
        transport=_Choice(), cookies=forgetful, trust_env=False, follow_redirects=False
    )


os.register_at_fork(after_in_child=_client.clear)


def trust(bundle: str = "", *, verify: bool = True) -> None:
    """Check certificates against a bundle, or not at all, from the next call on.

    OSError when the bundle cannot be read, SSLError when it holds no certificates.
    """
    context = ssl.create_default_context(cafile=bundle or None)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    _trusted[:] = [context]
    _client.clear()


def watch(tell: Callable[[str], None], *, bodies: bool) -> None:
    """Tell each request and answer line by line, with `bodies` also what they carry."""

    def asked(request: httpx2.Request) -> None:
        tell(f"> {request.method} {request.url}")
        _tell_headers(tell, ">", request.headers)
        if bodies and _is_text(request.headers):
            tell(f"> {request.read().decode('utf-8', 'replace')}")

    def answered(response: httpx2.Response) -> None:
        tell(f"< {response.status_code} {response.reason_phrase}")
        _tell_headers(tell, "<", response.headers)
        if bodies and _is_text(response.headers):
            tell(f"< {response.read().decode('utf-8', 'replace')}")

    _is_watched.append(True)
    client().event_hooks = {"request": [asked], "response": [answered]}


def _tell_headers(tell: Callable[[str], None], mark: str, headers: Mapping[str, str]) -> None:
    """Tell headers; a token is a secret, so it is not among them."""
    for name, value in headers.items():
        tell(f"{mark} {name}: {'***' if name.lower() == 'x-auth-token' else value}")


def _is_text(headers: Mapping[str, str]) -> bool:
    return headers.get("Content-Type", "").startswith(("application/json", "text/"))
