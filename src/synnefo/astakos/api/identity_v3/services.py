"""Services, endpoints and regions over HTTP. Spec: openstack-api 4.4."""

from typing import Any

from synnefo.astakos.api.identity_v3 import bodies, fields, policy, shapes
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.domain.catalogs import INTERFACES
from synnefo.astakos.models import OfferedEndpoint, OfferedService, Region
from synnefo.astakos.usecases import offerings
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.serve.http import Call


def list_services(call: Call) -> Body:
    """List the services, by name or type if asked."""
    policy.check_read_all(call)
    return _filtered(call, "services", _services(), ("name", "type"))


def show_service(call: Call, service_id: str) -> Body:
    """Show one service."""
    policy.check_read_all(call)
    return {"service": _one("service", _services(), service_id)}


def create_service(call: Call, body: bodies.ServiceBody) -> Body:
    """Add a service that is no component of the platform to the catalogue."""
    policy.check_operator(call)
    known, extra = fields.read(body.service, bodies.ServiceFields)
    facts = _plain(known)
    shapes.required(facts.get("type"), "type", 255)
    row = OfferedService(**facts, extra=extra)
    offerings.save(row)
    return {"service": _offered(row)}


def update_service(call: Call, service_id: str, body: bodies.ServiceBody) -> Body:
    """Change a service that was added."""
    policy.check_operator(call)
    row = offerings.find_service(service_id)
    known, extra = fields.read(body.service, bodies.ServiceFields)
    _apply(row, _plain(known), extra)
    return {"service": _offered(row)}


def delete_service(call: Call, service_id: str) -> None:
    """Take a service that was added out of the catalogue, with its endpoints."""
    policy.check_operator(call)
    offerings.delete_service(offerings.find_service(service_id))


def list_endpoints(call: Call) -> Body:
    """List the addresses of the services, by service, interface or region if asked."""
    policy.check_read_all(call)
    return _filtered(call, "endpoints", _endpoints(), ("service_id", "interface", "region_id"))


def show_endpoint(call: Call, endpoint_id: str) -> Body:
    """Show one address of a service."""
    policy.check_read_all(call)
    return {"endpoint": _one("endpoint", _endpoints(), endpoint_id)}


def create_endpoint(call: Call, body: bodies.EndpointBody) -> Body:
    """Add an address for one interface of a service."""
    policy.check_operator(call)
    known, extra = fields.read(body.endpoint, bodies.EndpointFields)
    facts = _placed(fields.told(known))
    for name in ("service_id", "interface", "url"):
        shapes.required(facts.get(name), name, 2048)
    row = OfferedEndpoint(**facts, extra=extra)
    offerings.save(row)
    return {"endpoint": _added(row)}


def update_endpoint(call: Call, endpoint_id: str, body: bodies.EndpointBody) -> Body:
    """Change an address that was added."""
    policy.check_operator(call)
    row = offerings.find_endpoint(endpoint_id)
    known, extra = fields.read(body.endpoint, bodies.EndpointFields)
    _apply(row, _placed(fields.told(known)), extra)
    return {"endpoint": _added(row)}


def delete_endpoint(call: Call, endpoint_id: str) -> None:
    """Take an address that was added out of the catalogue."""
    policy.check_operator(call)
    offerings.delete_endpoint(offerings.find_endpoint(endpoint_id))


def list_regions(call: Call) -> Body:
    """List the regions, by the one above if asked."""
    offerings.ensure_region()
    items = [_region(row) for row in Region.objects.order_by("pk")]
    return _filtered(call, "regions", items, ("parent_region_id",))


def show_region(call: Call, region_id: str) -> Body:
    """Show one region."""
    del call
    return {"region": _region(offerings.find_region(region_id))}


def create_region(call: Call, body: bodies.RegionBody) -> Body:
    """Make a region, with an id of its own unless one is given."""
    known, extra = fields.read(body.region, bodies.RegionFields)
    return _make_region(call, str(body.region.get("id") or ""), known, extra)


def put_region(call: Call, region_id: str, body: bodies.RegionBody) -> Body:
    """Make a region with this id."""
    known, extra = fields.read(body.region, bodies.RegionFields)
    if body.region.get("id", region_id) != region_id:
        raise BadRequest("The id in the body is not the one in the address.")
    return _make_region(call, region_id, known, extra)


def update_region(call: Call, region_id: str, body: bodies.RegionBody) -> Body:
    """Change a region."""
    policy.check_operator(call)
    row = offerings.find_region(region_id)
    known, extra = fields.read(body.region, bodies.RegionFields)
    _apply(row, _region_facts(known), extra)
    return {"region": _region(row)}


def delete_region(call: Call, region_id: str) -> None:
    """Delete a region in which nothing is."""
    policy.check_operator(call)
    offerings.delete_region(offerings.find_region(region_id))


def _make_region(call: Call, region_id: str, known: bodies.RegionFields, extra: Body) -> Body:
    policy.check_operator(call)
    row = offerings.add_region(region_id, {**_region_facts(known), "extra": extra})
    return {"region": _region(row)}


def _region_facts(known: bodies.RegionFields) -> dict[str, Any]:
    facts = _plain(known)
    if "parent_region_id" in facts:
        parent = facts.pop("parent_region_id")
        facts["parent"] = offerings.find_region(parent) if parent else None
    return facts


def _apply(
    row: OfferedService | OfferedEndpoint | Region, changes: dict[str, Any], extra: Body
) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    row.extra = {**row.extra, **extra}
    offerings.save(row)


def _plain(known: bodies.ServiceFields | bodies.RegionFields) -> dict[str, Any]:
    facts = fields.told(known)
    if "description" in facts:
        facts["description"] = facts["description"] or ""
    return facts


def _placed(facts: dict[str, Any]) -> dict[str, Any]:
    """Put a region, which comes under two names, in place of its id; check what is named."""
    if "service_id" in facts:
        offerings.service_of(facts["service_id"])
    if facts.get("interface", "public") not in INTERFACES:
        raise BadRequest("The interface is one of public, internal and admin.")
    older = facts.pop("region", None)
    if "region_id" in facts:
        wanted = facts.pop("region_id")
        facts["region"] = offerings.find_region(wanted) if wanted else None
    elif older is not None:
        facts["region"] = offerings.region_of(older)
    return facts


def _filtered(call: Call, name: str, items: list[Body], filters: tuple[str, ...]) -> Body:
    for argument in filters:
        wanted = call.arg(argument)
        if wanted is None and argument == "region_id":
            wanted = call.arg("region")
        if wanted is not None:
            items = [item for item in items if (item.get(argument) or "") == wanted]
    return shapes.listed(call, name, items)


def _one(noun: str, items: list[Body], wanted: str) -> Body:
    for item in items:
        if item["id"] == wanted:
            return item
    raise ItemNotFound(f"There is no {noun} with the id {wanted}.")


def _services() -> list[Body]:
    registered = [
        {
            "id": service.id,
            "name": service.name,
            "type": service.type,
            "enabled": True,
            "description": "",
            "links": shapes.link(f"/services/{service.id}"),
        }
        for service in offerings.own()
    ]
    return registered + [_offered(row) for row in OfferedService.objects.order_by("pk")]


def _offered(row: OfferedService) -> Body:
    shown = {
        **row.extra,
        "id": row.uuid,
        "name": row.name,
        "type": row.type,
        "enabled": row.enabled,
        "links": shapes.link(f"/services/{row.uuid}"),
    }
    return {**shown, "description": row.description} if row.description else shown


def _endpoints() -> list[Body]:
    registered = [
        {
            "id": endpoint.id,
            "service_id": service.id,
            "interface": endpoint.interface,
            "region": endpoint.region,
            "region_id": endpoint.region_id,
            "url": endpoint.url,
            "enabled": True,
            "links": shapes.link(f"/endpoints/{endpoint.id}"),
        }
        for service in offerings.own()
        for endpoint in service.endpoints
    ]
    return registered + [_added(row) for row in OfferedEndpoint.objects.order_by("pk")]


def _added(row: OfferedEndpoint) -> Body:
    return {
        **row.extra,
        "id": row.uuid,
        "service_id": row.service_id,
        "interface": row.interface,
        "region": row.region_id,
        "region_id": row.region_id,
        "url": row.url,
        "enabled": row.enabled,
        "links": shapes.link(f"/endpoints/{row.uuid}"),
    }


def _region(row: Region) -> Body:
    return {
        **row.extra,
        "id": row.pk,
        "description": row.description,
        "parent_region_id": row.parent_id,
        "links": shapes.link(f"/regions/{row.pk}"),
    }
