"""Every address that Pithos answers, under its base address."""

from collections.abc import Callable

from django.urls import URLPattern

from synnefo.pithos.api import cors, routes, temp_urls
from synnefo.pithos.api.dialects import fault_style, token_of
from synnefo.pithos.api.s3 import routes as s3
from synnefo.pithos.engines import identity
from synnefo.serve.http import Answer, Api, Call
from synnefo.serve.http.route import Route

PREFIXES = ("v1", "object-store/v1")
"""Where the storage lies: as Swift's clients expect it, and as it historically was."""


def _api(name: str, prefix: str, table: list[Route]) -> Api:
    api = Api(
        name,
        prefix,
        table,
        fault_style=fault_style,
        authenticate=identity.authenticate,
        token_of=token_of,
        request_id_headers=("X-Openstack-Request-Id", "X-Trans-Id"),
        identity_url=identity.identity_url,
    )
    return api.serving("object-store")


def _around(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Let pages of other sites in, and holders of signed addresses, before any token counts."""
    return cors.shared(call, lambda same: temp_urls.opened(same, proceed))


def _storage(prefix: str) -> Api:
    return _api("pithos", prefix, routes.STORAGE).wrapped(_around)


APIS = [
    *(_storage(prefix) for prefix in PREFIXES),
    _api("pithos-domains", "domains", routes.DOMAINS),
    _api("pithos-domains", "object-store/domains", routes.DOMAINS),
    _api("pithos-public", "public", routes.PUBLIC),
    _api("pithos-info", "info", routes.INFO),
    _api("pithos-info", "object-store/info", routes.INFO),
    _api("pithos-tokens", "auth/v1.0", routes.TOKENS),
    _api("pithos-health", "healthcheck", routes.HEALTH),
    s3.API,
]

urlpatterns: list[URLPattern] = [pattern for api in APIS for pattern in api.urls]
