"""Where the block storage API hangs below Cyclades' base address."""

import re

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, re_path

from synnefo.cyclades.api.callers import authenticate, identity_url
from synnefo.cyclades.api.volume import routes
from synnefo.serve.http import COMPUTE, Api, Route

_PROJECT = re.compile(r"^/[0-9a-f-]{32,36}(?=/|$)")


def _api(name: str, prefix: str, table: list[Route]) -> Api:
    return Api(
        name,
        prefix,
        table,
        fault_style=COMPUTE,
        authenticate=authenticate,
        identity_url=identity_url,
    ).serving("block-storage", "volumev3", "volume")


V3 = _api("volume-3", "volume/v3", routes.V3)
ROOT = _api("volume", "volume", routes.ROOT)


def without_project(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer a request whose path may name the project first; every answer tells its version."""
    answer = V3.view(request, _PROJECT.sub("", path))
    answer.headers["OpenStack-API-Version"] = "volume 3.0"
    return answer


without_project.csrf_exempt = True  # type: ignore[attr-defined] # read by Django

urlpatterns: list[URLPattern] = [
    re_path(r"^volume/v3(?P<path>(?:/.*)?)$", without_project, name="api-volume-3"),
    *ROOT.urls,
]
