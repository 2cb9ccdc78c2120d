"""A table of routes, and finding one by method and path."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from synnefo.kit.faults import ItemNotFound, NotAllowed

Handler = Callable[..., Any]


class Route(msgspec.Struct, frozen=True):
    """One method on one path.

    `{name}` in the path takes one segment, `{name*}` at its end takes all the rest, slashes and
    all. `auth` tells whether a token is needed, ignored, or used when present.
    """

    method: str
    path: str
    handler: Handler
    status: int = 200
    auth: bool | Literal["optional"] = True
    name: str = ""


class _Node:
    """One segment of the path tree."""

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.param: _Node | None = None
        self.rest: _Node | None = None
        self.routes: dict[str, tuple[Route, list[str]]] = {}


class RouteTable:
    """Finds the route of a request in time that does not grow with the table."""

    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes
        self._root = _Node()
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node, names = self._root, []
        for segment in (part for part in route.path.split("/") if part):
            if segment.startswith("{"):
                names.append(segment.strip("{}*"))
                if segment.endswith("*}"):
                    node.rest = node.rest or _Node()
                    node = node.rest
                else:
                    node.param = node.param or _Node()
                    node = node.param
            else:
                node = node.literal.setdefault(segment, _Node())
        if route.method in node.routes:
            raise ValueError(f"Two routes answer {route.method} {route.path}.")
        node.routes[route.method] = (route, names)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Find a route and its path parameters; HEAD falls back to GET.

        Raises ItemNotFound for an unknown path and NotAllowed for an unknown method on it.
        """
        found = self._walk(self._root, path, [])
        if found is None:
            raise ItemNotFound("There is nothing at this address.")
        node, values = found
        entry = node.routes.get(method)
        if entry is None and method == "HEAD":
            entry = node.routes.get("GET")
        if entry is None:
            allowed = ", ".join(sorted(node.routes))
            raise NotAllowed(
                f"{method} is not allowed here; {allowed} is.", headers={"Allow": allowed}
            )
        route, names = entry
        return route, dict(zip(names, values, strict=True))

    def methods(self, path: str) -> list[str]:
        """List the methods that a path answers."""
        found = self._walk(self._root, path, [])
        return sorted(found[0].routes) if found else []

    def _walk(self, node: _Node, path: str, values: list[str]) -> tuple[_Node, list[str]] | None:
        """Follow a path; a slash more or fewer between segments changes nothing."""
        remainder = path.lstrip("/") if node.rest is None else path.removeprefix("/")
        trimmed = remainder.lstrip("/")
        if not trimmed and not (node.rest is not None and remainder):
            return (node, values) if node.routes else None
        segment = trimmed.partition("/")[0]
        tail = trimmed[len(segment) :]
        child = node.literal.get(segment)
        found = self._walk(child, tail, values) if child else None
        if found is None and node.param is not None:
            found = self._walk(node.param, tail, [*values, segment])
        if found is None and node.rest is not None:
            found = (node.rest, [*values, remainder])
        return found
