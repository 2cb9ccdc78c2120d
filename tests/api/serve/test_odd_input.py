"""Whatever a signed-in person writes into an address, no route breaks down over it."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.urls import get_resolver

from synnefo.astakos.usecases import catalogs
from synnefo.clients import in_process
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.http.dispatch import Api
from synnefo.serve.http.route import Route
from synnefo.webproject import neighbours
from synnefo.webproject.urls import base_path
from tests.support.astakos import a_component, a_token, a_user

pytestmark = pytest.mark.django_db(databases=["astakos", "pithos", "cyclades"], transaction=True)

assert get_resolver().url_patterns
IDS = ["²", "9" * 19, "9" * 40, "a\x00b", "\ufffd", "é" * 300, "1;drop", "%s", "-1"]
NAMES = ["limit", "marker", "name", "status", "changes-since", "sort", "size_min", "flavor"]
VALUES = ["²", "9" * 30, "9" * 4400, "a%00b", "((("]
BODIES = [b"", b"[]", b"null", b"{}", b"[" * 50_000, b'{"x":' * 2_000, b"\xff\xfe", b"9" * 5000]
READING = [
    (api, route)
    for api in Api.known.values()
    if not api.name.startswith("test-")
    for route in api.table.routes
    if route.method in {"GET", "HEAD"}
]
WRITING = [
    (api, route)
    for api in Api.known.values()
    if not api.name.startswith("test-")
    for route in api.table.routes
    if route.method in {"POST", "PUT", "PATCH", "DELETE"}
]


@pytest.fixture(autouse=True)
def client(tmp_path: Path) -> Iterator[Client]:
    """Let bricks ask each other, as on a real host, and sign somebody in."""
    neighbours.mount(get_wsgi_application())
    _, pithos = a_component("pithos")
    _, cyclades = a_component("cyclades")
    catalogs.forget()
    with (
        conf.override(
            PithosSettings,
            pithos_backend_block_path=str(tmp_path / "blocks"),
            pithos_service_token=pithos,
        ),
        conf.override(CycladesSettings, cyclades_service_token=cyclades),
    ):
        yield Client(headers={"X-Auth-Token": a_token(a_user())})
    for brick in ("astakos", "pithos", "cyclades"):
        in_process.unmount(str(conf.current().names[f"{brick.upper()}_BASE_URL"]))


def address(api: Api, route: Route, value: str) -> str:
    """Fill a route's path in with an odd id."""
    path = re.sub(r"\{[^}]*\}", quote(value, safe=""), route.path)
    return "/" + "/".join(p for p in (base_path(api.brick), api.prefix, path.strip("/")) if p)


def broken(client: Client, calls: Iterator[tuple[str, str, bytes]]) -> set[str]:
    """Make calls and tell which were answered as bugs."""
    return {
        f"{method} {path[:150]} {body[:20]!r}"
        for method, path, body in calls
        if client.generic(method, path, data=body, content_type="application/json").status_code
        == 500
    }


def test_odd_ids_break_nothing(client: Client) -> None:
    calls = (
        (route.method, address(api, route, value), b"")
        for api, route in READING
        if "{" in route.path
        for value in IDS
    )
    assert broken(client, calls) == set()


def test_odd_queries_break_nothing(client: Client) -> None:
    calls = (
        (route.method, f"{address(api, route, '1')}?{name}={value}", b"")
        for api, route in READING
        for value in VALUES
        for name in NAMES
    )
    assert broken(client, calls) == set()


def test_odd_bodies_break_nothing(client: Client) -> None:
    calls = (
        (route.method, address(api, route, "1"), body) for api, route in WRITING for body in BODIES
    )
    assert broken(client, calls) == set()
