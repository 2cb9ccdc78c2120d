"""Nobody gets in without a token, or with one that is none: every route of every API."""

import re
from collections.abc import Iterator

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.urls import get_resolver

from synnefo.clients import in_process
from synnefo.kit import conf
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
    neighbours.mount(get_wsgi_application())
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
    """A route that needs no token is a decision; this list is where it is made."""
    opened = {
        f"{api.name} {route.method} {route.path}"
        for api in Api.known.values()
        if not api.name.startswith("test-")
        for route in api.table.routes
        if route.auth is False
    }
    assert sorted(opened) == OPEN


OPEN = [
    "account DELETE /{rest*}",
    "account GET /resources",
    "account GET /{rest*}",
    "account POST /{rest*}",
    "account PUT /{rest*}",
    "astakos-admin GET /stats",
    "astakos-cloudbar GET /{name}",
    "astakos-login GET /",
    "astakos-login GET /{module}",
    "astakos-login GET /{module}/authenticated",
    "astakos-login GET /{module}/metadata",
    "astakos-login POST /ldap",
    "astakos-login POST /{module}/authenticated",
    "astakos-menu GET /",
    "astakos-methods GET /offered",
    "astakos-presentation GET /",
    "astakos-services GET /",
    "astakos-ui DELETE /session",
    "astakos-ui GET /",
    "astakos-ui GET /activate",
    "astakos-ui GET /api_access",
    "astakos-ui GET /approval_terms",
    "astakos-ui GET /approval_terms/{terms_id}",
    "astakos-ui GET /captcha",
    "astakos-ui GET /email_change",
    "astakos-ui GET /email_change/confirm/{key}",
    "astakos-ui GET /feedback",
    "astakos-ui GET /invite",
    "astakos-ui GET /landing",
    "astakos-ui GET /local",
    "astakos-ui GET /local/password/reset/complete",
    "astakos-ui GET /local/password_reset",
    "astakos-ui GET /local/password_reset/done",
    "astakos-ui GET /local/password_reset_done",
    "astakos-ui GET /local/reset/confirm/done",
    "astakos-ui GET /logout",
    "astakos-ui GET /password_change",
    "astakos-ui GET /profile",
    "astakos-ui GET /resources",
    "astakos-ui GET /send/activation/{user_id}",
    "astakos-ui GET /session",
    "astakos-ui GET /signup",
    "astakos-ui GET /site",
    "astakos-ui GET /terms",
    "astakos-ui GET /terms/{terms_id}",
    "astakos-ui POST /activation",
    "astakos-ui POST /activation/again",
    "astakos-ui POST /password-reset",
    "astakos-ui POST /password-reset/owner",
    "astakos-ui POST /password-reset/password",
    "astakos-ui POST /session",
    "astakos-ui POST /session/app",
    "astakos-ui POST /session/app/confirm",
    "astakos-ui POST /session/code",
    "astakos-ui POST /session/passkey",
    "astakos-ui POST /session/passkey/factor",
    "astakos-ui POST /session/passkey/question",
    "astakos-ui POST /session/password",
    "astakos-ui POST /session/terms",
    "astakos-ui POST /sign-up",
    "astakos-ui POST /sign-up/form",
    "compute GET ",
    "compute-2.0 GET ",
    "compute-2.1 GET ",
    "cyclades-identity DELETE /{rest*}",
    "cyclades-identity GET /{rest*}",
    "cyclades-identity PATCH /{rest*}",
    "cyclades-identity POST /{rest*}",
    "cyclades-identity PUT /{rest*}",
    "identity GET /",
    "identity GET /.json",
    "identity-v2 DELETE /{rest*}",
    "identity-v2 GET /",
    "identity-v2 GET /{rest*}",
    "identity-v2 POST /tokens",
    "identity-v2 POST /tokens.json",
    "identity-v2 POST /tokens.xml",
    "identity-v2 POST /{rest*}",
    "identity-v2 PUT /{rest*}",
    "identity-v3 GET /",
    "identity-v3 GET /auth/tokens",
    "identity-v3 POST /auth/tokens",
    "image GET /",
    "image GET /versions",
    "image-1 GET /",
    "image-1 GET /versions",
    "image-1.0 GET /",
    "image-1.0 GET /versions",
    "image-2 GET /",
    "network GET /",
    "network GET /v2.0",
    "oauth2 GET /auth",
    "oauth2 POST /auth",
    "oauth2 POST /token",
    "oauth2-metadata GET /oauth-authorization-server",
    "pithos-health GET /",
    "pithos-identity DELETE /{rest*}",
    "pithos-identity GET /{rest*}",
    "pithos-identity PATCH /{rest*}",
    "pithos-identity POST /{rest*}",
    "pithos-identity PUT /{rest*}",
    "pithos-info GET /",
    "pithos-public GET /{url_id}",
    "pithos-tokens GET /",
    "volume GET /",
    "volume-3 GET /",
    "weblogin GET /login",
]
