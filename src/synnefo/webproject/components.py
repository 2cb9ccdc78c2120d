"""The components installed on this host, found by their entry points. Spec: operations 2.3."""

import importlib
import os
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import msgspec

from synnefo.serve.command_settings import CommandSettings
from synnefo.serve.mail_settings import BrandingSettings, MailSettings
from synnefo.serve.settings import ServeSettings
from synnefo.webproject.settings import WebprojectSettings

GROUP = "synnefo"


class Component:
    """One installed distribution and what it brings."""

    def __init__(self, name: str, points: list[EntryPoint]) -> None:
        self.name = name
        self._points = {point.name: point for point in points}

    @property
    def brick(self) -> ModuleType | None:
        """Answer the module that tells what a brick brings; None for a plain component."""
        point = self._points.get("brick")
        return importlib.import_module(point.value) if point else None

    @property
    def label(self) -> str:
        """Answer the short name of a brick, which is its app label and database alias."""
        point = self._points.get("brick")
        return point.value.split(".")[-2] if point else ""

    def get(self, name: str) -> Any:
        """Answer one of the documented values; a callable is asked for it."""
        if name in self._points:
            value = self._points[name].load()
        else:
            value = getattr(self.brick, name, None)
        return value() if callable(value) and not isinstance(value, type) else value


def installed() -> list[Component]:
    """List the components of this host, bricks in the order of their distributions' names."""
    excluded = set(os.environ.get("SYNNEFO_EXCLUDE_PACKAGES", "").split(":"))
    by_distribution: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        name = point.dist.name if point.dist else point.value
        if name not in excluded:
            by_distribution.setdefault(name, []).append(point)
    return [Component(name, points) for name, points in sorted(by_distribution.items())]


def gather(name: str) -> list[Any]:
    """Join one list over all components; an item that is there already is skipped."""
    found: list[Any] = []
    for component in installed():
        for item in component.get(name) or []:
            place(found, item)
    return found


def settings_kinds() -> list[type[msgspec.Struct]]:
    """List the settings structs of this host, those that all components share first."""
    shared = [WebprojectSettings, ServeSettings, CommandSettings, MailSettings, BrandingSettings]
    return [*shared, *gather("default_settings")]


def place(items: list[Any], item: Any) -> None:
    """Add an item; a dict says before or after which other one. Spec: operations 2.3."""
    if not isinstance(item, dict) or "insert" not in item:
        if item not in items:
            items.append(item)
        return
    wanted = item["insert"] if isinstance(item["insert"], list) else [item["insert"]]
    anchor = item.get("before", item.get("after"))
    at = len(items)
    if anchor in items:
        at = items.index(anchor) + (0 if "before" in item else 1)
    fresh = [one for one in wanted if one not in items]
    items[at:at] = fresh


def defaults_of(kinds: Iterable[type[msgspec.Struct]]) -> dict[str, Any]:
    """Tell the settings that components bring, each with its default."""
    names: dict[str, Any] = {}
    for kind in kinds:
        for field in msgspec.structs.fields(kind):
            if field.default is not msgspec.NODEFAULT:
                names[field.encode_name] = field.default
            elif field.default_factory is not msgspec.NODEFAULT:
                names[field.encode_name] = field.default_factory()
    return names
