"""Components, services and resources: registered, brought up to date. Spec: identity 17.3."""

from collections.abc import Sequence

import msgspec
from django.db import transaction

from synnefo.astakos.domain import definitions, limits
from synnefo.astakos.domain.definitions import ResourceDef, ServiceDef
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import (
    DATABASE,
    Component,
    Endpoint,
    Project,
    Resource,
    Service,
)
from synnefo.astakos.usecases import audit, catalogs
from synnefo.astakos.usecases import limits as limit_sync
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound
from synnefo.kit.ids import new_token
from synnefo.wire.provisions import INF


class Change(msgspec.Struct, frozen=True):
    """What an import did with one thing: `added`, `changed` or `unchanged`."""

    kind: str
    name: str
    what: str
    note: str = ""


def add_component(name: str, *, base_url: str = "", ui_url: str = "") -> tuple[Component, str]:
    """Register a component and answer its token, which is shown this once."""
    if Component.objects.filter(name=name).exists():
        raise Conflict(f"A component named {name} is registered already.")
    token = new_token()
    with transaction.atomic(using=DATABASE):
        component = Component.objects.create(
            name=name, base_url=base_url, url=ui_url, token_digest=digest_of(token)
        )
        audit.record("component.added", subject=component)
    catalogs.forget()
    return component, token


def find_component(identifier: str) -> Component:
    """Answer a component by name or number."""
    found = Component.objects.filter(name=identifier)
    if identifier.isdecimal() and len(identifier) < 19:
        found = found | Component.objects.filter(pk=int(identifier))
    component = found.first()
    if component is None:
        raise ItemNotFound(f"There is no component '{identifier}'.")
    return component


def set_token(component: Component, token: str = "") -> str:
    """Give a component another token, made here unless one is given; the old one ends."""
    fresh = token or new_token()
    if len(fresh) < 16:
        raise BadRequest("A component's token has at least 16 characters.")
    component.token_digest = digest_of(fresh)
    component.token_created_at = now()
    with transaction.atomic(using=DATABASE):
        component.save(update_fields=["token_digest", "token_created_at"])
        audit.record("component.token-renewed", subject=component)
    catalogs.forget()
    return fresh


def is_token(component: Component, token: str) -> bool:
    """Tell whether a component's token is this one."""
    return component.token_digest == digest_of(token)


def set_addresses(
    component: Component, *, base_url: str | None = None, ui_url: str | None = None
) -> bool:
    """Change a component's addresses; answer whether anything changed."""
    before = component.base_url, component.url
    component.base_url = component.base_url if base_url is None else base_url
    component.url = component.url if ui_url is None else ui_url
    if (component.base_url, component.url) == before:
        return False
    with transaction.atomic(using=DATABASE):
        component.save(update_fields=["base_url", "url"])
        audit.record("component.changed", subject=component, base_url=component.base_url)
    catalogs.forget()
    return True


def remove_component(component: Component) -> None:
    """Take a component and its services out of the registry."""
    with transaction.atomic(using=DATABASE):
        audit.record("component.removed", subject=component)
        component.delete()
    catalogs.forget()


def purge_services(component: Component) -> None:
    """Take a component's services out of the registry."""
    with transaction.atomic(using=DATABASE):
        component.services.all().delete()
        audit.record("component.services-removed", subject=component)
    catalogs.forget()


def import_services(services: Sequence[ServiceDef]) -> list[Change]:
    """Register services with their endpoints and resources: all, or none of them."""
    changes: list[Change] = []
    with transaction.atomic(using=DATABASE):
        for service in services:
            component = Component.objects.filter(name=service.component).first()
            if component is None:
                raise ItemNotFound(f"The component {service.component} is not registered.")
            changes.append(_import_service(component, service))
        resources = [found for service in services for found in service.resources.values()]
        changes += import_resources(resources)
    catalogs.forget()
    return changes


def _import_service(component: Component, wanted: ServiceDef) -> Change:
    service = Service.objects.select_related("component").filter(name=wanted.name).first()
    if service is not None and service.component_id != component.pk:
        raise Conflict(
            f"The service {wanted.name} belongs to the component {service.component.name}."
        )
    endpoints = definitions.filled(wanted, component.base_url)
    note = _foreign_note(endpoints, component)
    if service is None:
        service = Service.objects.create(
            component=component, name=wanted.name, type=wanted.type, catalog=wanted.catalog
        )
        _replace_endpoints(service, endpoints)
        return Change("service", wanted.name, "added", note)
    held = [endpoint.data for endpoint in service.endpoints.order_by("pk")]
    if (service.type, service.catalog, held) == (wanted.type, wanted.catalog, endpoints):
        return Change("service", wanted.name, "unchanged", note)
    service.type, service.catalog = wanted.type, wanted.catalog
    service.save(update_fields=["type", "catalog"])
    _replace_endpoints(service, endpoints)
    return Change("service", wanted.name, "changed", note)


def _foreign_note(endpoints: Sequence[dict[str, str]], component: Component) -> str:
    foreign = [e["publicURL"] for e in endpoints if not _is_under(e["publicURL"], component)]
    return f"warning: {foreign[0]} is not under {component.base_url}" if foreign else ""


def _is_under(url: str, component: Component) -> bool:
    return url.startswith(component.base_url)


def _replace_endpoints(service: Service, endpoints: Sequence[dict[str, str]]) -> None:
    service.endpoints.all().delete()
    Endpoint.objects.bulk_create(Endpoint(service=service, data=data) for data in endpoints)


def import_resources(resources: Sequence[ResourceDef]) -> list[Change]:
    """Register resources; limits and visibility of known ones stay as they are."""
    with transaction.atomic(using=DATABASE):
        return [_import_resource(wanted) for wanted in resources]


def _import_resource(wanted: ResourceDef) -> Change:
    held = Resource.objects.filter(name=wanted.name).first()
    if held is None:
        _register(wanted)
        note = "" if wanted.system_default is not None else "unlimited"
        return Change("resource", wanted.name, "added", note)
    _check_same_component(held, wanted)
    fields = ("desc", "unit", "service_type", "service_origin")
    if all(getattr(held, name) == getattr(wanted, name) for name in fields):
        return Change("resource", wanted.name, "unchanged")
    for name in fields:
        setattr(held, name, getattr(wanted, name))
    held.save(update_fields=fields)
    return Change("resource", wanted.name, "changed")


def _check_same_component(held: Resource, wanted: ResourceDef) -> None:
    names = (held.service_origin, wanted.service_origin)
    owners = set(Service.objects.filter(name__in=names).values_list("component", flat=True))
    if len(owners) > 1:
        raise Conflict(f"The resource {wanted.name} belongs to the service {held.service_origin}.")


def _register(wanted: ResourceDef) -> None:
    """Add a resource with limits and holdings in every project that has limits.

    Spec: identity 4.7: unlimited for system projects unless the definition says otherwise.
    """
    project_default = wanted.project_default
    if project_default is None:
        project_default = limits.first_project_default(api_visible=wanted.api_visible)
    resource = Resource.objects.create(
        name=wanted.name,
        desc=wanted.desc,
        service_type=wanted.service_type,
        service_origin=wanted.service_origin,
        unit=wanted.unit,
        ui_visible=wanted.ui_visible,
        api_visible=wanted.api_visible,
        uplimit=INF if wanted.system_default is None else wanted.system_default,
        project_default=project_default,
    )
    projects = list(Project.objects.initialised().order_by("pk").select_for_update())
    limit_sync.fill_grants(projects, [resource])
    limit_sync.sync(projects, resource.name)


def modify_resource(name: str, changes: dict[str, object]) -> Resource:
    """Change a resource's defaults or visibility; existing projects keep their limits."""
    resource = Resource.objects.filter(name=name).first()
    if resource is None:
        raise ItemNotFound(f"There is no resource named {name}.")
    if changes.get("ui_visible"):
        changes["api_visible"] = True
    if changes.get("api_visible") is False:
        changes["ui_visible"] = False
    for field, value in changes.items():
        setattr(resource, field, value)
    with transaction.atomic(using=DATABASE):
        resource.save(update_fields=list(changes))
        audit.record("resource.modified", subject=resource, changes=changes)
    catalogs.forget()
    return resource


def sync_brick(
    name: str, base_url: str, services: Sequence[ServiceDef], *, ui_url: str = ""
) -> tuple[list[Change], str]:
    """Register a component with all that it defines, or bring it up to date.

    Answers what was done, and the component's token when it is new. Repeating it changes nothing.
    """
    held = Component.objects.filter(name=name).first()
    with transaction.atomic(using=DATABASE):
        token = ""
        if held is None:
            _, token = add_component(name, base_url=base_url, ui_url=ui_url)
            what = "added"
        else:
            moved = set_addresses(held, base_url=base_url, ui_url=ui_url or None)
            what = "changed" if moved else "unchanged"
        changes = import_services(services)
    catalogs.forget()
    return [Change("component", name, what), *changes], token
