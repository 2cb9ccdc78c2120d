"""What the bricks installed on this host say of their services and resources."""

import importlib
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

import msgspec

from synnefo.astakos.domain import definitions
from synnefo.astakos.domain.definitions import ServiceDef
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.wire.offers import OFFERS, Offer


class Brick(msgspec.Struct):
    """An installed brick: its name, public address and services with their resources."""

    name: str
    base_url: str
    services: list[ServiceDef]


def installed(names: Sequence[str] = ()) -> list[Brick]:
    """Read the definitions of all installed bricks, or of those named."""
    modules = {_name_of(point.value): point.value for point in _points()}
    missing = [name for name in names if name not in modules]
    if missing:
        raise ItemNotFound(f"Not installed on this host: {', '.join(missing)}.")
    chosen = sorted(names or modules)
    return [_read(name, importlib.import_module(modules[name])) for name in chosen]


def known(name: str) -> Brick:
    """Read the definitions of a standard component, on whichever host it is installed."""
    if name not in OFFERS:
        raise ItemNotFound(f"'{name}' is no component. There are: {', '.join(OFFERS)}.")
    return _read(name, OFFERS[name])


def _points() -> list[EntryPoint]:
    return [point for point in entry_points(group="synnefo") if point.name == "brick"]


def _name_of(module: str) -> str:
    return module.split(".")[-2]


def _read(name: str, told: ModuleType | Offer) -> Brick:
    try:
        services = msgspec.convert(getattr(told, "services", []), list[ServiceDef])
    except msgspec.ValidationError as error:
        raise BadRequest(f"The services of {name} are not well defined: {error}.") from error
    by_name = {service.name: service for service in services}
    for resource in definitions.read_resources(getattr(told, "resources", [])):
        origin = by_name.get(resource.service_origin)
        if origin is None:
            raise BadRequest(f"The resource {resource.name} names no service of {name}.")
        origin.resources[resource.name] = resource
    base = conf.current().names.get(f"{name.upper()}_BASE_URL", "")
    return Brick(name, str(base).rstrip("/"), services)
