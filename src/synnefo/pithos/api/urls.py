"""Every address that Pithos answers, under its base address."""

from collections.abc import Callable

from django.urls import URLPattern

from synnefo.kit import clock
from synnefo.pithos.api import cors, fault_forms, routes, temp_urls, untrusted, viewing, websites
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
        identity_url=identity.identity_url,
    )
    return api.serving("object-store")


def _named(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Number the answer as Swift does. Spec: object-storage 18.2."""
    answer = proceed(call)
    digits = call.request_id.replace("-", "")[3:24]
    answer.headers["X-Trans-Id"] = f"tx{digits}-{int(clock.now().timestamp()):010x}"
    answer.headers.setdefault("Content-Type", "text/plain; charset=utf-8")
    return answer if answer.status < 400 else fault_forms.as_asked(call, answer)


def _around(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Let pages of other sites in, and holders of signed addresses, before any token counts."""
    return _named(call, lambda one: cors.shared(one, lambda two: _opened(two, proceed)))


def _opened(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Let holders of signed addresses in, and browsers that look at a site."""
    return temp_urls.opened(call, lambda same: websites.shown(same, proceed))


def _storage(prefix: str) -> Api:
    return _api("pithos", prefix, routes.STORAGE).wrapped(_around)


def _plain(name: str, prefix: str, table: list[Route]) -> Api:
    return _api(name, prefix, table).wrapped(_named)


APIS = [
    *(_storage(prefix) for prefix in PREFIXES),
    _api("pithos-domains", "domains", routes.DOMAINS),
    _api("pithos-domains", "object-store/domains", routes.DOMAINS),
    _api("pithos-public", "public", routes.PUBLIC).wrapped(untrusted.apart),
    _api("pithos-view", viewing.PREFIX, routes.VIEW).wrapped(untrusted.apart),
    _plain("pithos-info", "info", routes.INFO),
    _plain("pithos-info", "object-store/info", routes.INFO),
    _plain("pithos-tokens", "auth/v1.0", routes.TOKENS),
    _plain("pithos-health", "healthcheck", routes.HEALTH),
    s3.API,
    _plain("pithos-unknown", "object-store", routes.UNKNOWN),
]

urlpatterns: list[URLPattern] = [pattern for api in APIS for pattern in api.urls]
