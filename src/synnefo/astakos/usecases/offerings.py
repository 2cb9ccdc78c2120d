"""Services, addresses and regions: those of components, and what administrators add.

What a component registered is shown here and changed by its registration only.
Spec: openstack-api 3, 4.4.
"""

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from synnefo.astakos.domain import catalogs as forms
from synnefo.astakos.domain.catalogs import V3Endpoint, V3Service
from synnefo.astakos.models import DATABASE, OfferedEndpoint, OfferedService, Region
from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import audit, catalogs
from synnefo.astakos.usecases.remembered import Remembered
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, ItemNotFound

REGISTERED = "A component registered this; it changes with that component's registration."
_HERE = "%(project_id)s"


def _read_added() -> list[V3Service]:
    """Read what administrators added, as the catalogue needs it."""
    rows: dict[str, list[V3Endpoint]] = {}
    for row in OfferedEndpoint.objects.filter(enabled=True).order_by("pk"):
        region = row.region_id or ""
        endpoint = V3Endpoint(row.uuid, row.interface, region, region, row.url)
        rows.setdefault(row.service_id, []).append(endpoint)
    services = OfferedService.objects.filter(enabled=True).order_by("pk")
    added = [V3Service(one.uuid, one.type, one.name, rows.pop(one.uuid, [])) for one in services]
    closed = set(OfferedService.objects.filter(enabled=False).values_list("uuid", flat=True))
    strays = [V3Service(key, "", "", found) for key, found in rows.items() if key not in closed]
    return [*added, *strays]


_added = Remembered(_read_added, lambda s: s.astakos_endpoint_cache_timeout)


def catalog(project_id: str) -> list[V3Service]:
    """Make the whole catalogue for a project."""
    added = _added.get()
    registered = own(project_id)
    if not added:
        return registered
    more = {one.id: one.endpoints for one in added}
    known = {one.id for one in registered}
    joined = [_joined(one, more.get(one.id, []), project_id) for one in registered]
    others = [_joined(one, [], project_id) for one in added if one.id not in known and one.type]
    return joined + others


def own(project_id: str = _HERE) -> list[V3Service]:
    """Make the part of the catalogue that components registered."""
    region = conf.of(AstakosSettings).astakos_region
    return forms.v3(catalogs.entries(), region=region, project_id=project_id)


def find_service(uuid: str) -> OfferedService:
    """Answer a service that was added; Forbidden for a component's."""
    found = OfferedService.objects.filter(uuid=uuid).first()
    if found is None and uuid in {service.id for service in own()}:
        raise Forbidden(REGISTERED)
    if found is None:
        raise ItemNotFound(f"There is no service with the id {uuid}.")
    return found


def find_endpoint(uuid: str) -> OfferedEndpoint:
    """Answer an address that was added; Forbidden for a component's."""
    found = OfferedEndpoint.objects.filter(uuid=uuid).first()
    if found is None and uuid in {one.id for service in own() for one in service.endpoints}:
        raise Forbidden(REGISTERED)
    if found is None:
        raise ItemNotFound(f"There is no endpoint with the id {uuid}.")
    return found


def find_region(region_id: str) -> Region:
    """Answer a region; that of the components is there from the start."""
    if region_id == conf.of(AstakosSettings).astakos_region:
        return ensure_region()
    found = Region.objects.filter(pk=region_id).first()
    if found is None:
        raise ItemNotFound(f"There is no region with the id {region_id}.")
    return found


def ensure_region() -> Region:
    """Answer the region of the components, made if need be."""
    name = conf.of(AstakosSettings).astakos_region
    found, _ = Region.objects.get_or_create(pk=name)
    return found


def save(row: OfferedService | OfferedEndpoint | Region) -> None:
    """Keep what was made or changed, and tell the catalogue."""
    with transaction.atomic(using=DATABASE):
        row.save()
        audit.record("catalog.changed", subject=str(row.pk), kind=type(row).__name__)


def add_region(region_id: str, facts: dict[str, Any]) -> Region:
    """Make a region; Conflict when it is there."""
    ensure_region()
    row = Region(pk=region_id, **facts) if region_id else Region(**facts)
    if Region.objects.filter(pk=row.pk).exists():
        raise Conflict(f"There is a region with the id {row.pk} already.")
    save(row)
    return row


def service_of(uuid: str) -> None:
    """Refuse an address of a service that is not there."""
    known = {service.id for service in own()}
    if uuid not in known and not OfferedService.objects.filter(uuid=uuid).exists():
        raise BadRequest(f"There is no service with the id {uuid}.")


def region_of(region_id: str | None) -> Region | None:
    """Answer the region of an address, made if it is not there."""
    if region_id is None:
        return None
    found, _ = Region.objects.get_or_create(pk=region_id)
    return found


def delete_service(row: OfferedService) -> None:
    """Take a service with its addresses out of the catalogue."""
    with transaction.atomic(using=DATABASE):
        OfferedEndpoint.objects.filter(service_id=row.uuid).delete()
        row.delete()
        audit.record("catalog.changed", subject=row.uuid, kind="deleted")


def delete_endpoint(row: OfferedEndpoint) -> None:
    """Take an address out of the catalogue."""
    with transaction.atomic(using=DATABASE):
        row.delete()
        audit.record("catalog.changed", subject=row.uuid, kind="deleted")


def delete_region(row: Region) -> None:
    """Delete a region in which nothing is; Forbidden for others."""
    if row.pk == conf.of(AstakosSettings).astakos_region:
        raise Forbidden("The components of the cloud are in this region.")
    try:
        row.delete()
    except ProtectedError as error:
        raise Forbidden("There are endpoints or regions in this region.") from error


def _joined(service: V3Service, more: list[V3Endpoint], project_id: str) -> V3Service:
    endpoints = [*service.endpoints, *more]
    filled = [
        V3Endpoint(one.id, one.interface, one.region, one.region_id, _filled(one.url, project_id))
        for one in endpoints
    ]
    return V3Service(service.id, service.type, service.name, filled)


def _filled(url: str, project_id: str) -> str:
    """Put the project into an address, in any of the ways that Keystone knows."""
    for mark in ("%(project_id)s", "$(project_id)s", "%(tenant_id)s", "$(tenant_id)s"):
        url = url.replace(mark, project_id)
    return url
