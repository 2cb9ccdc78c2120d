"""Requests made up from our own documents, well-formed and not: no route breaks down over one.

`SYNNEFO_REQUESTS_PER_ROUTE=1000` asks each route that often; a few each keep a usual run short.
Routes come in slices, so that a long run can be cut into pieces and spread over processors.
"""

import json
import os
from collections import Counter
from itertools import islice
from typing import Any

import pytest
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from synnefo.astakos.models import DATABASE
from synnefo.serve.http import openapi
from synnefo.serve.http.dispatch import Api
from synnefo.webproject.urls import base_path
from tests.api.astakos.places import Places
from tests.support.routes import all_routes

PER_ROUTE = int(os.environ.get("SYNNEFO_REQUESTS_PER_ROUTE", "6"))
SLICE = 25
"""Routes that one test asks."""
SECONDS = max(300, PER_ROUTE * SLICE // 5)
pytestmark = [pytest.mark.django_db(databases=[DATABASE]), pytest.mark.timeout(SECONDS)]
VERBS = {"get", "head", "post", "put", "patch", "delete", "options"}
SIZES = Counter(api.name for api, _ in all_routes().values())
SLICES = [(name, at) for name in sorted(SIZES) for at in range(0, SIZES[name], SLICE)]
CALM = settings(
    max_examples=PER_ROUTE,
    database=None,
    deadline=None,
    derandomize=PER_ROUTE < 100,
    phases=[Phase.generate],
    verbosity=Verbosity.quiet,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(("name", "first"), SLICES)
def test_no_request_makes_a_route_break_down(name: str, first: int) -> None:
    api = Api.known[name]
    places = Places()
    askers = [places.callers[who] for who in ("operator", "owner", "component", "nobody")]
    broken: dict[str, str] = {}
    document = openapi.document(api, base_path(api.brick))
    schema = schemathesis.openapi.from_dict(document)
    for found in islice(schema.get_all_operations(), first, first + SLICE):
        assert isinstance(found, Ok), found
        operation = found.ok()
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])
        _try(cases, askers, places.ids, document["servers"][0]["url"], broken)
    assert broken == {}, "\n".join(f"{where}: {what}" for where, what in broken.items())


def test_the_slices_leave_no_route_out() -> None:
    for name, size in SIZES.items():
        api = Api.known[name]
        paths = openapi.document(api, base_path(api.brick))["paths"]
        asked = sum(verb in VERBS for path in paths.values() for verb in path)
        assert asked <= size, name


def _try(
    cases: "st.SearchStrategy[Any]",
    askers: list[Client],
    ids: dict[str, str],
    base: str,
    broken: dict[str, str],
) -> None:
    """Send made-up requests as everybody, half of them to things that are."""

    @CALM
    @given(cases, st.sampled_from(askers), st.booleans())
    def send(case: Any, client: Client, at_home: bool) -> None:
        if at_home:
            case.path_parameters = {**(case.path_parameters or {}), **_known(case, ids)}
        status = _send(client, case, base)
        if status >= 500:
            where = f"{case.operation.method.upper()} {case.operation.path}"
            broken[where] = f"{status} for {case.formatted_path} {case.query} {_shown(case.body)}"

    send()


def _known(case: Any, ids: dict[str, str]) -> dict[str, str]:
    return {name: ids[name] for name in (case.path_parameters or {}) if name in ids}


def _send(client: Client, case: Any, base: str) -> int:
    headers = {
        str(name): value
        for name, value in (case.headers or {}).items()
        if isinstance(value, str)
        and value.isascii()
        and value.isprintable()
        and name.lower() not in ("x-auth-token", "content-length", "transfer-encoding")
    }
    with transaction.atomic(using=DATABASE):
        answer = client.generic(
            case.operation.method.upper(),
            base + case.formatted_path,
            _bytes(case.body),
            "application/json",
            headers={**headers, "X-Requested-With": "synnefo"},
            query_params=case.query or {},
        )
        transaction.set_rollback(True, using=DATABASE)
    return int(answer.status_code)


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    if type(body).__name__ == "NotSet":
        return b""
    try:
        return json.dumps(body).encode("utf-8", "surrogatepass")
    except TypeError:
        return str(body).encode("utf-8", "replace")


def _shown(body: object) -> str:
    return _bytes(body)[:300].decode("utf-8", "replace")
