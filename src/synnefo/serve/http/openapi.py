"""OpenAPI 3.1, written from the tables that dispatch reads, so that it cannot drift."""

import inspect
import re
import typing
from typing import Any

import msgspec

from synnefo.serve.http.dispatch import Api
from synnefo.serve.http.route import Route

_PARAMETER = re.compile(r"\{(\w+)\*?\}")


def document(api: Api, base: str) -> dict[str, Any]:
    """Describe one API; `base` is the path of its brick."""
    hints = {id(route): typing.get_type_hints(route.handler) for route in api.table.routes}
    kinds = [kind for hint in hints.values() for kind in _structs(hint)]
    kinds = list(dict.fromkeys(kind for kind in kinds if _is_told(kind)))
    schemas, components = msgspec.json.schema_components(
        kinds, ref_template="#/components/schemas/{name}", schema_hook=_anything
    )
    by_kind = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in api.table.routes:
        path = re.sub(r"\*\}", "}", route.path) or "/"
        operation = _operation(route, hints[id(route)], by_kind)
        paths.setdefault(path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Synnefo {api.name}", "version": "0.1.0"},
        "servers": [{"url": f"/{base}/{api.prefix}".replace("//", "/").rstrip("/")}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}
            },
        },
    }


def _anything(kind: type) -> dict[str, Any]:
    """Describe `object`, which may be any JSON; other types that have no schema are mistakes."""
    if kind is object:
        return {"description": "Any JSON."}
    raise TypeError(kind)


def _is_told(kind: Any) -> bool:
    """Tell whether an answer can be described: a choice between plain structs cannot."""
    try:
        msgspec.json.schema_components([kind], schema_hook=_anything)
    except TypeError:
        return False
    return True


def _is_struct(kind: Any) -> bool:
    return inspect.isclass(kind) and issubclass(kind, msgspec.Struct)


def _structs(hints: dict[str, Any]) -> list[Any]:
    """List the types of a handler that have a schema: its body, and its answer if a struct."""
    wanted = [hints[name] for name in ("body", "return") if name in hints]
    return [kind for kind in wanted if _is_struct(kind) and kind.__module__.startswith("synnefo.")]


def _operation(route: Route, hints: dict[str, Any], by_kind: dict[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": f"{route.handler.__module__.rsplit('.', 1)[-1]}.{route.handler.__name__}"
        f".{route.method.lower()}.{route.path.strip('/').replace('/', '.') or 'root'}",
        "description": inspect.getdoc(route.handler) or "",
        "responses": {str(route.status): _answer(hints.get("return"), by_kind)},
    }
    names = _PARAMETER.findall(route.path)
    if names:
        found["parameters"] = [
            {"name": n, "in": "path", "required": True, "schema": {"type": "string"}}
            for n in names
        ]
    if hints.get("body") in by_kind:
        content = {"application/json": {"schema": by_kind[hints["body"]]}}
        found["requestBody"] = {"required": True, "content": content}
    if route.auth is not False:
        found["security"] = [{"token": []}]
    return found


def _answer(kind: Any, by_kind: dict[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"description": "Done."}
    if kind in by_kind:
        told["content"] = {"application/json": {"schema": by_kind[kind]}}
    return told
