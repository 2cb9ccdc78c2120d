"""What Pithos tells the identity service about itself. Spec: object-storage 2.1."""

from typing import Any

from synnefo.kit import conf
from synnefo.pithos.settings import PithosSettings
from synnefo.wire.offers import PITHOS


def services_told() -> dict[str, Any]:
    """Answer the public services with their addresses filled in."""
    base = conf.of(PithosSettings).pithos_base_url.rstrip("/")
    return {
        str(one["name"]): {**one, "endpoints": [_endpoint(one, base)]}
        for one in PITHOS.services
        if one.get("public", True)
    }


def _endpoint(service: dict[str, Any], base: str) -> dict[str, Any]:
    given = service["endpoints"][0]
    path = service.get("path") or f"{service['prefix']}/{given['versionId']}"
    return {**given, "publicURL": f"{base}/{path.strip('/')}"}


def resources_told() -> list[dict[str, Any]]:
    """Answer the resources that Pithos charges for."""
    return [
        resource
        for service in PITHOS.services
        for resource in service.get("resources", {}).values()
    ]
