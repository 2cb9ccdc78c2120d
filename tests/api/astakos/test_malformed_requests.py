"""Requests made up from our own documents and changed at random: no route breaks down over one.

`SYNNEFO_REQUESTS_PER_ROUTE=1000` asks each route that often; a few each keep a usual run short.
Routes come in slices, so that a long run can be cut into pieces and spread over processors.
"""

import json
import os
import random
import re
from collections import Counter
from itertools import islice
from typing import Any
from urllib.parse import quote

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
from tests.support.mutations import Asked, changed
from tests.support.routes import all_routes

PER_ROUTE = int(os.environ.get("SYNNEFO_REQUESTS_PER_ROUTE", "20"))
MADE_UP = min(40, (PER_ROUTE + 3) // 4)
"""Requests that schemathesis makes up; it takes ten times as long to do so as we to answer."""
_HOLE = re.compile(r"\{(\w+)\}")
SLICE = 25
"""Routes that one test asks."""
SECONDS = max(300, PER_ROUTE * SLICE // 5)
pytestmark = [pytest.mark.django_db(databases=[DATABASE]), pytest.mark.timeout(SECONDS)]
VERBS = {"get", "head", "post", "put", "patch", "delete", "options"}
SIZES = Counter(api.name for api, _ in all_routes().values())
SLICES = [(name, at) for name in sorted(SIZES) for at in range(0, SIZES[name], SLICE)]
CALM = settings(
    max_examples=MADE_UP,
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
    attack = Attack(api)
    schema = schemathesis.openapi.from_dict(attack.document)
    for found in islice(schema.get_all_operations(), first, first + SLICE):
        assert isinstance(found, Ok), found
        attack.on(found.ok())
    assert attack.broken == {}, "\n".join(f"{w}: {what}" for w, what in attack.broken.items())


def test_the_slices_leave_no_route_out() -> None:
    for name, size in SIZES.items():
        api = Api.known[name]
        paths = openapi.document(api, base_path(api.brick))["paths"]
        asked = sum(verb in VERBS for path in paths.values() for verb in path)
        assert asked <= size, name


class Attack:
    """Somebody who sends odd requests to one API as everybody, half of them to things that are."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.places = Places()
        self.document = openapi.document(api, base_path(api.brick))
        self.base = self.document["servers"][0]["url"]
        askers = ("operator", "owner", "component", "nobody")
        self.askers = [self.places.callers[who] for who in askers]
        self.broken: dict[str, str] = {}

    def on(self, operation: Any) -> None:
        """Send what is made up from the document, then what comes of changing that."""
        seeds = [self._valid(operation)]
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

        @CALM
        @given(cases, st.sampled_from(self.askers), st.booleans())
        def made_up(case: Any, client: Client, at_home: bool) -> None:
            asked = self._asked(case, operation.path, at_home=at_home)
            seeds.append(asked)
            self._send(operation, client, asked, _headers(case))

        made_up()
        dice = random.Random(operation.label if PER_ROUTE < 100 else None)
        for _ in range(PER_ROUTE - MADE_UP):
            asked = changed(dice.choice((seeds[0], dice.choice(seeds))), dice)
            self._send(operation, dice.choice(self.askers), asked, {})

    def _valid(self, operation: Any) -> Asked:
        """Ask as one should, where a real thing is."""
        wanted = f"{self.api.name} {operation.method.upper()} {operation.path}"
        known = {name.replace("*}", "}"): name for name in all_routes()}
        name = known.get(wanted) or known[f"{wanted.rstrip('/')}/"]
        body = self.places.body(name, all_routes()[name][1])
        ids = self.places.ids_for(name)
        holes = {hole: ids.get(hole, "1") for hole in _HOLE.findall(operation.path)}
        return Asked(operation.path, holes, {}, _bytes(body))

    def _asked(self, case: Any, path: str, *, at_home: bool) -> Asked:
        holes = {name: str(value) for name, value in (case.path_parameters or {}).items()}
        if at_home:
            ids = self.places.ids
            holes |= {name: ids[name] for name in holes if name in ids}
        return Asked(path, holes, dict(case.query or {}), _bytes(case.body))

    def _send(self, operation: Any, client: Client, asked: Asked, headers: dict[str, str]) -> None:
        path = _HOLE.sub(lambda hole: quote(asked.holes.get(hole[1], "1"), safe=""), asked.path)
        with transaction.atomic(using=DATABASE):
            answer = client.generic(
                operation.method.upper(),
                self.base + path,
                asked.body,
                "application/json",
                headers={**headers, "X-Requested-With": "synnefo"},
                query_params=asked.query,
            )
            transaction.set_rollback(True, using=DATABASE)
        if answer.status_code >= 500:
            told = f"{answer.status_code} for {path} {asked.query} {asked.body[:300]!r}"
            self.broken[f"{operation.method.upper()} {operation.path}"] = told


def _headers(case: Any) -> dict[str, str]:
    return {
        str(name): value
        for name, value in (case.headers or {}).items()
        if isinstance(value, str)
        and value.isascii()
        and value.isprintable()
        and name.lower() not in ("x-auth-token", "content-length", "transfer-encoding")
    }


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    if type(body).__name__ == "NotSet":
        return b""
    try:
        return json.dumps(body).encode("utf-8", "surrogatepass")
    except TypeError:
        return str(body).encode("utf-8", "replace")
