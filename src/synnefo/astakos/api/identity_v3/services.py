"""The registered services, endpoints and regions, read only. Spec: openstack-api 4.4."""

from typing import Any

from synnefo.astakos.api.identity_v3 import schemas, views
from synnefo.astakos.domain.catalogs import V3Service
from synnefo.astakos.settings import AstakosSettings
from synnefo.kit import conf
from synnefo.kit.faults import Forbidden, ItemNotFound
from synnefo.serve.http import Call

Body = dict[str, Any]


def _services(call: Call) -> list[V3Service]:
    if not call.who.is_admin:
        raise Forbidden("Only administrators may see this; the catalogue is in your token.")
    return views.catalog_for("%(project_id)s")


def _listed(call: Call, name: str, items: list[Body]) -> Body:
    here = views.address(call.path.rstrip("/"))
    wanted = {key: values[0] for key, values in call.query.items()}
    kept = [i for i in items if all(i[k] == v for k, v in wanted.items() if k in i)]
    return {name: kept, "links": schemas.Links(here)}


def _service(service: V3Service) -> Body:
    link = schemas.SelfLink(views.address(f"/services/{service.id}"))
    told = {"id": service.id, "name": service.name, "type": service.type}
    return {**told, "enabled": True, "description": "", "links": link}


def list_services(call: Call) -> Body:
    """List the services of the catalogue."""
    return _listed(call, "services", [_service(service) for service in _services(call)])


def show_service(call: Call, service_id: str) -> Body:
    """Show one service of the catalogue."""
    for service in _services(call):
        if service.id == service_id:
            return {"service": _service(service)}
    raise ItemNotFound(f"There is no service with the id {service_id}.")


def _endpoints(call: Call) -> list[Body]:
    return [
        {
            "id": endpoint.id,
            "service_id": service.id,
            "interface": endpoint.interface,
            "region": endpoint.region,
            "region_id": endpoint.region_id,
            "url": endpoint.url,
            "enabled": True,
            "links": schemas.SelfLink(views.address(f"/endpoints/{endpoint.id}")),
        }
        for service in _services(call)
        for endpoint in service.endpoints
    ]


def list_endpoints(call: Call) -> Body:
    """List the addresses of the services."""
    return _listed(call, "endpoints", _endpoints(call))


def show_endpoint(call: Call, endpoint_id: str) -> Body:
    """Show one address of a service."""
    for endpoint in _endpoints(call):
        if endpoint["id"] == endpoint_id:
            return {"endpoint": endpoint}
    raise ItemNotFound(f"There is no endpoint with the id {endpoint_id}.")


def _region() -> Body:
    name = conf.of(AstakosSettings).astakos_region
    link = schemas.SelfLink(views.address(f"/regions/{name}"))
    return {"id": name, "description": "", "parent_region_id": None, "links": link}


def list_regions(call: Call) -> Body:
    """List the one region that there is."""
    return _listed(call, "regions", [_region()])


def show_region(call: Call, region_id: str) -> Body:
    """Show the one region that there is."""
    del call
    if region_id != _region()["id"]:
        raise ItemNotFound(f"There is no region with the id {region_id}.")
    return {"region": _region()}
