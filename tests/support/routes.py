"""Every route of Astakos with somebody at it: real ids in its path, a body that it can read."""

import inspect
import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Union

import msgspec
from django.db import transaction
from django.test import Client
from django.urls import get_resolver

from synnefo.astakos.models import DATABASE
from synnefo.serve.http.dispatch import Api
from synnefo.serve.http.route import Route
from synnefo.webproject.urls import base_path

assert get_resolver().url_patterns
SCALARS: dict[object, object] = {str: "x", int: 1, float: 1.0, bool: True, object: {}, Any: {}}


def all_routes() -> dict[str, tuple[Api, Route]]:
    """List the routes of Astakos by `API METHOD path`."""
    return {
        f"{api.name} {route.method} {route.path}": (api, route)
        for api in Api.known.values()
        if api.brick == "astakos"
        for route in api.table.routes
    }


def address(api: Api, route: Route, ids: Mapping[str, str]) -> str:
    """Fill a route's path in with ids that are."""
    path = re.sub(r"\{(\w+)\*?\}", lambda hole: ids.get(hole[1], "1"), route.path)
    return "/" + "/".join(p for p in (base_path(api.brick), api.prefix, path.strip("/")) if p)


def body_for(route: Route) -> object:
    """Make the smallest body that a route can read."""
    kind = typing.get_type_hints(route.handler).get("body")
    return {} if kind is None else smallest(kind)


def smallest(kind: Any) -> object:
    """Make the smallest value of a type, as JSON."""
    origin = typing.get_origin(kind)
    if kind in SCALARS:
        return SCALARS[kind]
    if origin is typing.Annotated:
        return smallest(typing.get_args(kind)[0])
    if origin in (Union, types.UnionType):
        inner = typing.get_args(kind)
        return None if type(None) in inner else smallest(inner[0])
    if origin is typing.Literal:
        return typing.get_args(kind)[0]
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return next(iter(kind)).value
    if inspect.isclass(kind) and issubclass(kind, msgspec.Struct):
        return {
            field.encode_name: smallest(field.type)
            for field in msgspec.structs.fields(kind)
            if field.required
        }
    return [] if origin in (list, tuple, set) else {}


def ask(client: Client, api: Api, route: Route, ids: Mapping[str, str], body: object) -> int:
    """Call a route and undo whatever it did; answers the status."""
    send: Callable[..., Any] = client.generic
    with transaction.atomic(using=DATABASE):
        answer = send(
            route.method,
            address(api, route, ids),
            json.dumps(body),
            "application/json",
            headers={"X-Requested-With": "synnefo"},
        )
        transaction.set_rollback(True, using=DATABASE)
    return int(answer.status_code)
