"""Where the image API hangs below Cyclades' base address."""

from django.urls import URLPattern

from synnefo.cyclades.api.callers import authenticate, identity_url
from synnefo.cyclades.api.image import routes
from synnefo.serve.http import COMPUTE, Api, Route


def _api(name: str, prefix: str, table: list[Route]) -> Api:
    return Api(
        name,
        prefix,
        table,
        fault_style=COMPUTE,
        authenticate=authenticate,
        identity_url=identity_url,
    ).serving("image")


GLANCE = _api("image-2", "image/v2", routes.GLANCE)
LEGACY = _api("image-1.0", "image/v1.0", routes.LEGACY)
LEGACY_ALIAS = _api("image-1", "image/v1", routes.LEGACY)
ROOT = _api("image", "image", routes.ROOT)

urlpatterns: list[URLPattern] = [
    *GLANCE.urls,
    *LEGACY.urls,
    *LEGACY_ALIAS.urls,
    *ROOT.urls,
]
