"""Nobody gets in without a token, or with one that is none: every route of every API."""

import re
from collections.abc import Iterator

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.urls import get_resolver

from synnefo.clients import in_process
from synnefo.kit import conf
from synnefo.serve.http import nested
from synnefo.serve.http.dispatch import Api
from synnefo.serve.http.route import Route
from synnefo.webproject import neighbours
from synnefo.webproject.urls import base_path

pytestmark = pytest.mark.django_db(databases=["astakos", "pithos", "cyclades"], transaction=True)

assert get_resolver().url_patterns
LOCKED = [
    (api, route)
    for api in Api.known.values()
    if not api.name.startswith("test-")
    for route in api.table.routes
    if route.auth is True
]


def address(api: Api, route: Route) -> str:
    """Fill a route's path in with ids that could be."""
    path = re.sub(r"\{[^}]*\}", "1", route.path)
    return "/" + "/".join(p for p in (base_path(api.brick), api.prefix, path.strip("/")) if p)


@pytest.fixture(autouse=True)
def _neighbours() -> Iterator[None]:
    """Let bricks ask each other who holds a token, as on a real host."""
    neighbours.mount(nested.in_process(get_wsgi_application()))
    yield
    for brick in ("astakos", "pithos", "cyclades"):
        in_process.unmount(str(conf.current().names[f"{brick.upper()}_BASE_URL"]))


@pytest.mark.parametrize("headers", [{}, {"X-Auth-Token": "0" * 43}], ids=["none", "unknown"])
def test_every_locked_route_answers_401(headers: dict[str, str]) -> None:
    client = Client()
    answered = {
        f"{route.method} {address(api, route)}": client.generic(
            route.method,
            address(api, route),
            data=b"{}",
            content_type="application/json",
            headers=headers,
        ).status_code
        for api, route in LOCKED
    }
    assert len(answered) > 150
    assert {call: status for call, status in answered.items() if status != 401} == {}


def test_open_routes_are_few_and_known() -> None:
    """A route that needs no token is a decision; this list is where it is made.

    Astakos' routes are all told apart in `tests/api/astakos/route_access.py`.
    """
    opened = {
        f"{api.name} {route.method} {route.path}"
        for api in Api.known.values()
        if not api.name.startswith("test-") and api.brick != "astakos"
        for route in api.table.routes
        if route.auth is False
    }
    assert sorted(opened) == OPEN


OPEN = [
    "compute GET ",
    "compute-2.0 GET ",
    "compute-2.1 GET ",
    "cyclades-identity DELETE /{rest*}",
    "cyclades-identity GET /{rest*}",
    "cyclades-identity PATCH /{rest*}",
    "cyclades-identity POST /{rest*}",
    "cyclades-identity PUT /{rest*}",
    "image GET /",
    "image GET /versions",
    "image-1 GET /",
    "image-1 GET /versions",
    "image-1.0 GET /",
    "image-1.0 GET /versions",
    "image-2 GET /",
    "network GET /",
    "network GET /v2.0",
    "pithos-health GET /",
    "pithos-identity DELETE /{rest*}",
    "pithos-identity GET /{rest*}",
    "pithos-identity PATCH /{rest*}",
    "pithos-identity POST /{rest*}",
    "pithos-identity PUT /{rest*}",
    "pithos-info GET /",
    "pithos-public GET /{url_id}",
    "pithos-tokens GET /",
    *(
        f"pithos-unknown {each} /{{rest*}}"
        for each in ("COPY", "DELETE", "GET", "MOVE", "POST", "PUT")
    ),
    "pithos-view GET /{account}/{container}/{name*}",
    "volume GET /",
    "volume-3 GET /",
]
