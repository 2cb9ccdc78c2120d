"""What a token may be for: a project, a domain, the system, nothing. Spec: openstack-api 4.1."""

import msgspec
from django.db.models import Q

from synnefo.astakos.domain.roles import Named
from synnefo.astakos.models import Domain, Project, User, held, rows
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.models.held import Ties
from synnefo.astakos.models.projects import ProjectState
from synnefo.astakos.usecases import assignments, domains, projects
from synnefo.kit.faults import ItemNotFound, Unauthorized

OUT_OF_SCOPE = "You have no such project, or it is not active. Leave the scope out for your own."
NO_DOMAIN = "You have no role on this domain, or there is none such."
NO_SYSTEM = "You have no role on the system."


class Scope(msgspec.Struct, frozen=True):
    """What a token is for; all empty: for nothing."""

    project: Project | None = None
    domain_id: str = ""
    is_system: bool = False
    ties: Ties | None = None
    """What binds the user to the project, where that was looked up."""


class Place(msgspec.Struct, frozen=True):
    """A project or a domain as a client names it: by id, or by name within a domain."""

    uuid: str = ""
    name: str = ""
    domain_uuid: str = ""
    domain_name: str = ""


UNSCOPED = Scope()


def on_project(user: User, place: Place) -> Scope:
    """Answer the project that a user means; Unauthorized without a role on it."""
    for project in _candidates(user, place):
        in_force = project.state == ProjectState.NORMAL and not domains.is_closed(
            project.domain_id
        )
        if not in_force:
            continue
        known = held.ties(user.pk, project.pk)
        if assignments.by_ties(user, project, known):
            return Scope(project, ties=known)
    raise Unauthorized(OUT_OF_SCOPE)


def on_domain(user: User, place: Place) -> Scope:
    """Answer the domain that a user means; Unauthorized without a role on it."""
    found = domain_of(place.uuid, place.name)
    if found is None or not found.enabled or not assignments.roles_of(user, domain_id=found.pk):
        raise Unauthorized(NO_DOMAIN)
    return Scope(domain_id=found.pk)


def on_system(user: User) -> Scope:
    """Answer the whole system; Unauthorized without a role on it."""
    if not assignments.roles_of(user, system=True):
        raise Unauthorized(NO_SYSTEM)
    return Scope(is_system=True)


def default_of(user: User) -> Scope:
    """Answer what a token is for when nobody says: the default project while it can be used."""
    return Scope(projects.default_of(user))


def domain_of(uuid: str, name: str) -> Domain | None:
    """Answer a domain by its id or its name; None when there is none such."""
    try:
        return domains.find(uuid) if uuid else domains.named(name)
    except ItemNotFound:
        return None


def roles(user: User, scope: Scope) -> tuple[Named, ...]:
    """Tell the roles that a user has there now."""
    return assignments.roles_of(
        user, project=scope.project, domain_id=scope.domain_id, system=scope.is_system
    )


def _candidates(user: User, place: Place) -> list[Project]:
    """List what a place may mean; a system project goes by its user's name and address too."""
    if place.uuid:
        return rows.find(Project, "r.uuid = %s", (place.uuid,))
    known = Project.objects.select_related("system_user")
    domain = DEFAULT
    if place.domain_name or place.domain_uuid not in {"", DEFAULT}:
        found = domain_of(place.domain_uuid, place.domain_name)
        if found is None:
            return []
        domain = found.pk
    if not place.name:
        return []
    meant = Q(name=place.name) | Q(realname=place.name)
    if place.name.lower() == user.username:
        meant |= Q(pk=user.base_project_id)
    return list(known.filter(meant, domain_id=domain).order_by("state", "pk"))
