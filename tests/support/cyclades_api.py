"""Somebody who asks Cyclades things over HTTP, without a socket."""

from typing import Any

import msgspec
from django.test import Client

from synnefo.cyclades.api.callers import remembered
from tests.support.compute import a_caller


class Answer(msgspec.Struct):
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """Decode the body."""
        return msgspec.json.decode(self.content)


class Person:
    """Somebody with a token; nobody when without a name."""

    def __init__(self, name: str, base: str, *, admin: bool = False) -> None:
        self._base = base
        self._client = Client(headers={"X-Auth-Token": name} if name else {})
        if name:
            remembered.put(name, a_caller(name, admin=admin), 3600)

    def ask(
        self, method: str, path: str, body: object = None, *, kind: str = "", **headers: str
    ) -> Answer:
        """Send a request; a body that is no bytes goes out as JSON."""
        data = body if isinstance(body, bytes) else b""
        if body is not None and not isinstance(body, bytes):
            data, kind = msgspec.json.encode(body), kind or "application/json"
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        told = self._client.generic(
            method, f"{self._base}{path}", data, content_type=kind, headers=sent
        )
        content = b"".join(told.streaming_content) if told.streaming else told.content
        return Answer(told.status_code, dict(told.headers), content)

    def get(self, path: str) -> Answer:
        """Read something."""
        return self.ask("GET", path)

    def post(self, path: str, body: object = None) -> Answer:
        """Make something."""
        return self.ask("POST", path, body)

    def put(self, path: str, body: object = None) -> Answer:
        """Change something."""
        return self.ask("PUT", path, body)

    def delete(self, path: str) -> Answer:
        """Remove something."""
        return self.ask("DELETE", path)
