"""Ganeti's remote API over HTTP: requests, answers, and what their failures mean.

Spec: compute 10. The only module of Cyclades that knows the HTTP library.
"""

import html
import threading
from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from synnefo.cyclades.engines.compute import EngineRefused, EngineUnreachable
from synnefo.kit.clock import monotonic
from synnefo.kit.retry import retry

_GENERIC = frozenset(
    {"Bad Request", "Forbidden", "Internal Server Error", "Not Found", "Not Implemented"}
    | {"Unauthorized", "Bad Gateway", "Service Unavailable", "Gateway Timeout", "Error"}
)
"""Messages that only repeat the status: then the explanation says more."""
_HOPELESS = ("has host bits set",)
"""What Ganeti answers 500 for although it will never be different."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a cluster's RAPI is and how to sign in."""

    name: str
    url: str
    username: str = ""
    password: str = ""
    timeout: float = 20.0


class _MaybeLater(Exception):
    """No connection was made: the request certainly did not arrive."""


DEAD_SECONDS = 3.0
"""For so long after a failed try nobody tries again: a lost cluster must not hold all threads."""


class _Pulse:
    """Whether a cluster answers; while it does not, one caller at a time finds out anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dead_until: float | None = None

    def enter(self) -> bool:
        """Ask to speak; False while the cluster is known not to answer."""
        with self._lock:
            if self._dead_until is None:
                return True
            now = monotonic()
            if now < self._dead_until:
                return False
            self._dead_until = now + DEAD_SECONDS * 10
            return True

    def beat(self, *, alive: bool) -> None:
        """Tell how it went."""
        with self._lock:
            self._dead_until = None if alive else monotonic() + DEAD_SECONDS


class Rapi:
    """One cluster's RAPI; safe to share between threads, keeps its connections."""

    def __init__(self, address: Address, transport: httpx2.BaseTransport | None = None) -> None:
        self.name = address.name
        self._pulse = _Pulse()
        self._client = httpx2.Client(
            base_url=f"{address.url.rstrip('/')}/2",
            auth=httpx2.BasicAuth(address.username, address.password),
            timeout=httpx2.Timeout(address.timeout, connect=min(5.0, address.timeout)),
            verify=False,
            transport=transport,
            limits=httpx2.Limits(max_connections=8, max_keepalive_connections=8),
            headers={"Accept": "application/json"},
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Read something; None where the cluster knows no such thing."""
        response = self._send("GET", path, None, query)
        return None if response.status_code == 404 else self._value(response)

    def get_bytes(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """Read something that is no JSON; empty where the cluster knows no such thing."""
        response = self._send("GET", path, None, query)
        if response.status_code in {404, 501}:
            return b""
        self._check(response)
        return response.content

    def write(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> Any:
        """Send a change and read the answer."""
        return self._value(self._send(method, path, body, query))

    def submit(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> int:
        """Send a change and read the number of its job."""
        answer = self.write(method, path, body, query)
        try:
            return int(answer)
        except (TypeError, ValueError) as error:
            raise EngineRefused(f"{self.name} answered no job number: {answer!r:.80}.") from error

    def _send(
        self, method: str, path: str, body: object, query: Mapping[str, str] | None
    ) -> httpx2.Response:
        content = None if body is None else msgspec.json.encode(body, order="sorted")
        headers = {"Content-Type": "application/json"} if content else None

        def once() -> httpx2.Response:
            try:
                return self._client.request(
                    method, path, content=content, params=query, headers=headers
                )
            except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
                raise _MaybeLater(str(error)) from error
            except httpx2.HTTPError as error:
                if method == "GET":
                    raise _MaybeLater(str(error)) from error
                raise EngineUnreachable(f"{self.name} did not answer: {error}") from error

        if not self._pulse.enter():
            raise EngineUnreachable(f"{self.name} does not answer.")
        alive = False
        try:
            response = retry(once, on=(_MaybeLater,), attempts=2, first_delay=0.2)
            alive = True
        except _MaybeLater as error:
            raise EngineUnreachable(f"{self.name} does not answer: {error}") from error
        finally:
            self._pulse.beat(alive=alive)
        return response

    def _value(self, response: httpx2.Response) -> Any:
        self._check(response)
        try:
            return msgspec.json.decode(response.content)
        except msgspec.DecodeError as error:
            raise EngineUnreachable(f"{self.name} answered something that is no JSON.") from error

    def _check(self, response: httpx2.Response) -> None:
        """Sort failures: trying again helps with a cluster in trouble, not with a wrong wish.

        Wrong credentials are a cluster in trouble: an operator will put them right.
        """
        code = response.status_code
        if code == 200:
            return
        told = _explanation(response)
        if code in {401, 403}:
            raise EngineUnreachable(f"{self.name} refuses our credentials: {told} ({code}).")
        hopeless = code == 501 or any(word in told for word in _HOPELESS)
        kind = EngineUnreachable if code >= 500 and not hopeless else EngineRefused
        raise kind(f"{self.name} says: {told} ({code}).")


def _explanation(response: httpx2.Response) -> str:
    try:
        answer = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return response.text[:200] or "nothing"
    if isinstance(answer, dict):
        return html.unescape(str(_told(answer)))[:500]
    return str(answer)[:500]


def _told(answer: dict[str, Any]) -> object:
    message = answer.get("message")
    if message and message not in _GENERIC:
        return message
    return answer.get("explain") or message or answer
