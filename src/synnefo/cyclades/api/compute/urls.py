"""Where the compute API hangs below Cyclades' base address."""

from django.urls import URLPattern

from synnefo.cyclades.api.callers import authenticate, identity_url
from synnefo.cyclades.api.compute import routes
from synnefo.cyclades.api.compute.microversions import negotiated
from synnefo.serve.http import COMPUTE, Api, Route

_IDS = ("X-Openstack-Request-Id", "X-Compute-Request-Id")


def _api(name: str, prefix: str, table: list[Route]) -> Api:
    return Api(
        name,
        prefix,
        table,
        fault_style=COMPUTE,
        authenticate=authenticate,
        request_id_headers=_IDS,
        identity_url=identity_url,
    ).serving("compute")


LEGACY = _api("compute-2.0", "compute/v2.0", routes.LEGACY)
NOVA = _api("compute-2.1", "compute/v2.1", routes.NOVA).wrapped(negotiated)
ROOT = _api("compute", "compute", routes.ROOT)

urlpatterns: list[URLPattern] = [*LEGACY.urls, *NOVA.urls, *ROOT.urls]
