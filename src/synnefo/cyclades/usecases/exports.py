"""What Cyclades tells the identity service about itself. Spec: compute 1.1, 16.8."""

from typing import Any

from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf
from synnefo.wire.offers import CYCLADES


def services_told() -> dict[str, Any]:
    """Answer the services with their addresses filled in, and the resources of each."""
    base = conf.of(CycladesSettings).cyclades_base_url.rstrip("/")
    return {
        str(one["name"]): {
            **one,
            "endpoints": [_endpoint(one, base)],
            "resources": {
                str(resource["name"]): resource
                for resource in CYCLADES.resources
                if resource["service_origin"] == one["name"]
            },
        }
        for one in CYCLADES.services
    }


def _endpoint(service: dict[str, Any], base: str) -> dict[str, Any]:
    given = service["endpoints"][0]
    path = service.get("path") or f"{service['prefix']}/{given['versionId']}"
    return {**given, "publicURL": f"{base}/{str(path).strip('/')}"}


def resources_told() -> list[dict[str, Any]]:
    """Answer the resources that Cyclades charges for."""
    return list(CYCLADES.resources)
