"""Projects as far as everybody has one: the system project, and who may use which.

Spec: identity 3.9, 3.10.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction

from synnefo.astakos.models import (
    DATABASE,
    Project,
    ProjectLog,
    ProjectMembership,
    ProjectResourceQuota,
    Resource,
    User,
)
from synnefo.astakos.models.projects import MembershipState, ProjectState
from synnefo.astakos.usecases import limits, tokens
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound
from synnefo.wire.provisions import INF

CLOSED = 3
CENTURY = timedelta(days=36525)
BOUND_TO_USER = ("realname", "owner", "homepage", "description")


def create_system(user: User) -> Project:
    """Give a user who is being accepted a project of their own, with limits and holdings.

    Conflict when a project has the user's uuid: the user must then be made anew.
    """
    if Project.objects.filter(uuid=user.uuid).exists():
        raise Conflict(f"A project with the uuid {user.uuid} exists. Make the user anew.")
    name = f"system:{user.uuid}"
    project = Project.objects.create(
        uuid=user.uuid,
        realname=name,
        name=name,
        state=ProjectState.NORMAL,
        end_date=now() + CENTURY,
        member_join_policy=CLOSED,
        member_leave_policy=CLOSED,
        limit_on_members_number=1,
        private=True,
        is_base=True,
    )
    ProjectLog.objects.create(project=project, to_state=ProjectState.NORMAL)
    ProjectMembership.objects.create(
        person=user, project=project, state=MembershipState.ACCEPTED, initialized=True
    )
    limits.fill_grants([project], Resource.objects.all())
    limits.sync([project])
    return project


def find(identifier: str) -> Project:
    """Answer a project by its uuid or internal number."""
    found = Project.objects.filter(uuid=identifier)
    if identifier.isdigit() and len(identifier) < 19:
        found = found | Project.objects.filter(pk=int(identifier))
    project = found.select_related("system_user", "owner").first()
    if project is None:
        raise ItemNotFound(f"There is no project with the id '{identifier}'.")
    return project


def of_user(user: User) -> list[Project]:
    """List the projects that a user may work in, the default one first."""
    usable = Project.objects.usable_by(user.pk).select_related("system_user").order_by("pk")
    return sorted(usable, key=lambda project: project.pk != user.default_project_id)


def default_of(user: User) -> Project | None:
    """Answer a user's default project while it can be used; None otherwise."""
    if user.default_project_id is None:
        return None
    return Project.objects.usable_by(user.pk).filter(pk=user.default_project_id).first()


def set_state(project: Project, state: ProjectState, reason: str = "") -> None:
    """Move a project to another state, with its log and its limits."""
    with transaction.atomic(using=DATABASE):
        locked = Project.objects.select_for_update().get(pk=project.pk)
        ProjectLog.objects.create(
            project=locked, from_state=locked.state, to_state=state, reason=reason
        )
        locked.state = state
        locked.save(update_fields=["state"])
        limits.sync([locked])


def set_default(user: User, project: Project) -> None:
    """Choose the project that a user's requests mean when they name none.

    Conflict unless the project is normal and the user an accepted member. Spec: identity 3.10.
    """
    if not Project.objects.usable_by(user.pk).filter(pk=project.pk).exists():
        raise Conflict("The project is not active, or the user is no member of it.")
    with transaction.atomic(using=DATABASE):
        user.default_project = project
        user.save(update_fields=["default_project", "updated"])
        tokens.follow_default_project(user)


def modify(
    project: Project,
    changes: dict[str, Any],
    grants: dict[str, tuple[int, int]] | None = None,
) -> None:
    """Change a project directly, without an application, and bring its limits into force.

    `grants` maps a resource's name to the limits of a member and of the whole project.
    """
    bound = [name for name in BOUND_TO_USER if name in changes]
    if project.is_base and bound:
        raise BadRequest(f"A system project's {', '.join(bound)} cannot be changed.")
    with transaction.atomic(using=DATABASE):
        locked = Project.objects.select_for_update().get(pk=project.pk)
        if locked.state not in {1, 10, 100}:
            raise Conflict("The project was never approved, so it cannot be changed.")
        for name, value in changes.items():
            setattr(locked, name, value)
        locked.save()
        for resource, (member, whole) in (grants or {}).items():
            _grant(locked, resource, member, whole)
        limits.sync([locked])


def _grant(project: Project, name: str, member: int, whole: int) -> None:
    resource = Resource.objects.filter(name=name).first()
    if resource is None:
        raise ItemNotFound(f"There is no resource named {name}.")
    if not 0 <= member <= whole <= INF:
        raise BadRequest("The limit of a member must not exceed the project's.")
    ProjectResourceQuota.objects.update_or_create(
        project=project,
        resource=resource,
        defaults={"member_capacity": member, "project_capacity": whole},
    )
