"""Resources and projects' limits as the unified limits of Identity v3. Spec: openstack-api 4.4.

A registered limit is a resource with what projects get of it at first; a limit is what a project
was given instead. Both are the same rows that quota is computed from.
"""

from collections.abc import Iterator

import msgspec
from django.db.models import F

from synnefo.astakos.domain.catalogs import stable_id
from synnefo.astakos.models import Project, ProjectResourceQuota, Resource
from synnefo.astakos.models.projects import ALIVE
from synnefo.astakos.usecases import offerings, projects, registry
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound
from synnefo.wire.provisions import INF

UNLIMITED = -1


class Registered(msgspec.Struct, frozen=True):
    """A resource of a service, and what a project gets of it at first."""

    id: str
    service_id: str
    resource: Resource

    @property
    def default(self) -> int:
        """Answer the first limit of a project; -1 for none."""
        return shown(self.resource.project_default)


class Limit(msgspec.Struct, frozen=True):
    """What a project may use of a resource, where that is not what projects get at first."""

    registered: Registered
    project: Project
    value: int

    @property
    def id(self) -> str:
        """Answer the id, which stays as long as project and resource do."""
        return stable_id("limit", self.project.uuid, self.registered.resource.name)


def shown(amount: int) -> int:
    """Write an amount as Identity v3 does, which says -1 for no limit."""
    return UNLIMITED if amount >= INF else amount


def registered() -> list[Registered]:
    """List the resources that people may know of."""
    services = {service.type: service.id for service in reversed(offerings.own())}
    return [
        Registered(
            stable_id("registered_limit", resource.name),
            services.get(resource.service_type) or stable_id(resource.service_origin),
            resource,
        )
        for resource in Resource.objects.filter(api_visible=True).order_by("pk")
    ]


def find_registered(uuid: str) -> Registered:
    """Answer a registered limit by its id."""
    for one in registered():
        if one.id == uuid:
            return one
    raise ItemNotFound(f"There is no registered limit with the id {uuid}.")


def set_default(one: Registered, amount: int) -> None:
    """Change what projects get at first; those that are there keep what they have."""
    registry.modify_resource(one.resource.name, {"project_default": _kept(amount)})


def limits(project: Project | None = None) -> Iterator[Limit]:
    """List the limits of a project, or of all, that are not what projects get at first."""
    known = {one.resource.pk: one for one in registered()}
    rows = ProjectResourceQuota.objects.filter(
        project__is_base=False, project__state__in=ALIVE, resource__in=known
    ).exclude(project_capacity=F("resource__project_default"))
    if project is not None:
        rows = rows.filter(project=project)
    for row in rows.select_related("project").order_by("pk"):
        yield Limit(known[row.resource_id], row.project, shown(row.project_capacity))


def find(uuid: str) -> Limit:
    """Answer a limit by its id."""
    for one in limits():
        if one.id == uuid:
            return one
    raise ItemNotFound(f"There is no limit with the id {uuid}.")


def add(project: Project, service_id: str, name: str, amount: int) -> Limit:
    """Give a project a limit of its own; Conflict when it has one."""
    wanted = [one for one in registered() if one.resource.name == name]
    if not wanted or wanted[0].service_id != service_id:
        raise BadRequest(f"The service has no resource named {name}.")
    found = _row(project, wanted[0].resource)
    if found.project_capacity != wanted[0].resource.project_default:
        raise Conflict(f"The project has a limit of {name} already; change that one.")
    _write(found, amount)
    return Limit(wanted[0], project, amount)


def change(limit: Limit, amount: int) -> Limit:
    """Change a project's limit."""
    _write(_row(limit.project, limit.registered.resource), amount)
    return msgspec.structs.replace(limit, value=amount)


def remove(limit: Limit) -> None:
    """Let a project have again what projects get at first."""
    change(limit, limit.registered.default)


def _row(project: Project, resource: Resource) -> ProjectResourceQuota:
    if project.is_base:
        raise BadRequest("The limits of system projects are their users'; see user-modify.")
    return ProjectResourceQuota.objects.select_related("project", "resource").get(
        project=project, resource=resource
    )


def _write(row: ProjectResourceQuota, amount: int) -> None:
    """Set the limit of the whole; a member's stays below it, and equal where it was equal."""
    whole = _kept(amount)
    as_one = row.member_capacity == row.project_capacity
    member = whole if as_one else min(row.member_capacity, whole)
    projects.modify(row.project, {}, {row.resource.name: (member, whole)})


def _kept(amount: int) -> int:
    if amount < UNLIMITED or amount > INF:
        raise BadRequest("A limit is a number from 0 on, or -1 for no limit.")
    return INF if amount == UNLIMITED else amount
