"""What a component says of its services and resources. Spec: identity 17.

The format of `service-import` and of the `services` and `resources` of a brick's `brick.py`,
whose entries also carry their own `name`. `catalog` is `platform` for the platform's own
catalogue and `openstack` for Identity v3's, where `path` is the address below the component's
base address as OpenStack clients expect it, version and all.
"""

from collections.abc import Iterable, Mapping

import msgspec

from synnefo.kit.faults import BadRequest

EndpointData = dict[str, str | bool | None]


class ResourceDef(msgspec.Struct, kw_only=True):
    """Something to be counted and limited."""

    name: str
    desc: str = ""
    service_type: str
    service_origin: str
    unit: str | None = None
    ui_visible: bool = True
    api_visible: bool = True
    system_default: int | None = None
    project_default: int | None = None


class ServiceDef(msgspec.Struct, kw_only=True):
    """A service with its addresses."""

    name: str = ""
    type: str
    component: str
    prefix: str = ""
    public: bool = True
    catalog: str = "platform"
    path: str | None = None
    endpoints: list[EndpointData] = []
    resources: dict[str, ResourceDef] = {}


def read_services(data: object) -> list[ServiceDef]:
    """Check definitions by service name; BadRequest says what is wrong with which."""
    try:
        found = msgspec.convert(data, dict[str, ServiceDef])
    except msgspec.ValidationError as error:
        raise BadRequest(f"The service definitions are not valid: {error}.") from error
    for name, service in found.items():
        service.name = name
        check_resources(service.resources.values(), service)
    return list(found.values())


def read_resources(data: object) -> list[ResourceDef]:
    """Check a list of resource definitions."""
    try:
        found = msgspec.convert(data, list[ResourceDef])
    except msgspec.ValidationError as error:
        raise BadRequest(f"The resource definitions are not valid: {error}.") from error
    check_resources(found, None)
    return found


def check_resources(resources: Iterable[ResourceDef], service: ServiceDef | None) -> None:
    """Refuse a resource of another service, or one shown in the UI and hidden in the API."""
    for resource in resources:
        if service is not None and resource.service_origin != service.name:
            raise BadRequest(
                f"The resource {resource.name} names the origin {resource.service_origin} "
                f"but lies in the service {service.name}."
            )
        if resource.ui_visible and not resource.api_visible:
            raise BadRequest(
                f"The resource {resource.name} cannot be shown in the UI and hidden in the API."
            )


def filled(service: ServiceDef, base_url: str) -> list[dict[str, str]]:
    """Answer a service's endpoints with their addresses, as the registry keeps them.

    Spec: identity 17.1: base address, prefix and version; the version only where it is exposed.
    """
    base = base_url.rstrip("/")
    if service.path is not None:
        url = base + ("/" + service.path.strip("/") if service.path.strip("/") else "")
        given = service.endpoints[0] if service.endpoints else {}
        return [{"versionId": str(given.get("versionId") or ""), "publicURL": url}]
    return [_fill(endpoint, service, base) for endpoint in service.endpoints]


def _fill(endpoint: EndpointData, service: ServiceDef, base: str) -> dict[str, str]:
    version = str(endpoint.get("versionId") or "")
    exposed = endpoint.get("SNF:exposeVersion", True) not in {False, "False", "false"}
    parts = [base, service.prefix.strip("/"), version if exposed else ""]
    url = endpoint.get("publicURL") or "/".join(part for part in parts if part)
    data = {str(key): str(value) for key, value in endpoint.items() if value is not None}
    return {**data, "versionId": version, "publicURL": str(url)}


def exported(services: Mapping[str, ServiceDef] | list[ServiceDef], base_url: str) -> object:
    """Answer the public services with their addresses filled in, ready for an import."""
    listed = services.values() if isinstance(services, Mapping) else services
    return {
        service.name: {
            **msgspec.to_builtins(service),
            "endpoints": filled(service, base_url),
        }
        for service in listed
        if service.public
    }
