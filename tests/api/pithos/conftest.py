"""Pithos and Astakos in this process, over HTTP without a socket."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from synnefo.astakos.domain import definitions
from synnefo.astakos.usecases import catalogs, registry
from synnefo.clients.http import mount, unmount
from synnefo.kit import conf
from synnefo.pithos import brick
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.http.nested import in_process
from tests.support.astakos import a_component, a_token, a_user

BASE = "http://127.0.0.1:8000"
LIMIT = 50 * 2**20
DISKSPACE = {
    "name": "pithos.diskspace",
    "service_type": "object-store",
    "service_origin": "pithos_object-store",
    "unit": "bytes",
}


class Person:
    """Somebody with a token, who asks Pithos things."""

    def __init__(self, account: str, token: str) -> None:
        self.account = account
        self.token = token
        self._client = Client(headers={"X-Auth-Token": token})

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        kind: str = "",
        **headers: str,
    ) -> "Answered":
        """Send a request below the native address of the caller's own account."""
        place = path if path.startswith("/pithos") else f"/pithos/v1/{self.account}{path}"
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self._client.generic(method, place, body, content_type=kind, headers=sent)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return Answered(response.status_code, dict(response.headers), content)

    def swift(self, method: str, path: str, body: bytes = b"", **headers: str) -> "Answered":
        """Send a request in Swift's dialect."""
        return self.ask(method, f"/pithos/v1/AUTH_{self.account}{path}", body, **headers)


class Answered(msgspec.Struct):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> object:
        """Decode the body."""
        return msgspec.json.decode(self.body)


@pytest.fixture
def service_token(tmp_path: Path) -> Iterator[str]:
    """Register Pithos at Astakos, and let them call each other."""
    _, token = a_component("pithos")
    services = msgspec.convert(brick.services, list[dict[str, object]])
    for service in services:
        if "resources" in service:
            service["resources"] = {"diskspace": {**DISKSPACE, "system_default": LIMIT}}
    registry.import_services(
        definitions.read_services({str(service["name"]): service for service in services})
    )
    catalogs.forget()
    handler = WSGIHandler()
    mount(f"{BASE}/astakos", in_process(handler))
    mount(f"{BASE}/pithos", in_process(handler))
    folder = str(tmp_path / "blocks")
    with conf.override(
        PithosSettings, pithos_backend_block_path=folder, pithos_service_token=token
    ):
        yield token
    unmount(f"{BASE}/astakos")
    unmount(f"{BASE}/pithos")


@pytest.fixture
def person(service_token: str) -> Callable[[], Person]:
    """Make people who may use the storage."""

    def make() -> Person:
        user = a_user()
        return Person(str(user.uuid), a_token(user))

    return make


@pytest.fixture
def ada(person: Callable[[], Person]) -> Person:
    """Somebody with a container."""
    found = person()
    assert found.ask("PUT", "/c").status == 201
    return found


@pytest.fixture
def bob(person: Callable[[], Person]) -> Person:
    """Somebody else."""
    return person()
