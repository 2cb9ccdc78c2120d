"""Where the block storage API hangs below Cyclades' base address."""

import re
from collections.abc import Callable

from django.urls import URLPattern

from synnefo.cyclades.api.callers import authenticate, identity_url
from synnefo.cyclades.api.volume import routes
from synnefo.serve.http import COMPUTE, Answer, Api, Call, Route

_PROJECT = re.compile(r"^/[0-9a-f-]{32,36}(?=/|$)")


def _without_project(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Answer a call whose path may name the project first; every answer tells its version."""
    call.path = _PROJECT.sub("", call.path)
    answer = proceed(call)
    answer.headers["OpenStack-API-Version"] = "volume 3.0"
    return answer


def _api(name: str, prefix: str, table: list[Route]) -> Api:
    return Api(
        name,
        prefix,
        table,
        fault_style=COMPUTE,
        authenticate=authenticate,
        identity_url=identity_url,
    ).serving("block-storage", "volumev3", "volume")


V3 = _api("volume-3", "volume/v3", routes.V3).wrapped(_without_project)
ROOT = _api("volume", "volume", routes.ROOT)

urlpatterns: list[URLPattern] = [*V3.urls, *ROOT.urls]
