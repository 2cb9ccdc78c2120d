"""Projects: found, changed directly; everybody's system project and default one.

Spec: identity 3.9, 3.10, 16.5.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction

from synnefo.astakos.domain import applications as rules
from synnefo.astakos.domain import projects as project_rules
from synnefo.astakos.domain.applications import Capacity
from synnefo.astakos.domain.messages import fill
from synnefo.astakos.domain.projects import ALIVE
from synnefo.astakos.models import (
    DATABASE,
    Project,
    ProjectLog,
    ProjectMembership,
    ProjectMembershipLog,
    Resource,
    User,
)
from synnefo.astakos.models.projects import MembershipState, ProjectState
from synnefo.astakos.usecases import approvals, assignments, audit, limits, overquota, tokens
from synnefo.astakos.usecases.project_locks import check_name_free, lock, lock_names
from synnefo.astakos.usecases.project_rights import Actor
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound

CLOSED = 3
CENTURY = timedelta(days=36525)
BOUND_TO_USER = ("realname", "owner", "homepage", "description")
"""What a system project takes from its user. Spec: identity 3.9."""


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
        domain_id=user.domain_id,
    )
    ProjectLog.objects.create(project=project, to_state=ProjectState.NORMAL)
    seat = ProjectMembership.objects.create(
        person=user, project=project, state=MembershipState.ACCEPTED, initialized=True
    )
    ProjectMembershipLog.objects.create(membership=seat, to_state=seat.state)
    limits.fill_grants([project], Resource.objects.all())
    limits.sync([project])
    return project


def find(identifier: str) -> Project:
    """Answer a project by its uuid or internal number."""
    found = Project.objects.filter(uuid=identifier)
    if identifier.isdecimal() and len(identifier) < 19:
        found = found | Project.objects.filter(pk=int(identifier))
    project = found.select_related("system_user", "owner").first()
    if project is None:
        raise ItemNotFound(fill("UNKNOWN_PROJECT_ID", id=identifier))
    return project


def of_user(user: User) -> list[Project]:
    """List the projects that a user may work in, the default one first."""
    usable = assignments.projects_of(user).select_related("system_user").order_by("pk")
    return sorted(usable, key=lambda project: project.pk != user.default_project_id)


def default_of(user: User) -> Project | None:
    """Answer a user's default project while it can be used; None otherwise."""
    if user.default_project_id is None:
        return None
    return assignments.projects_of(user).filter(pk=user.default_project_id).first()


def set_default(user: User, project: Project) -> None:
    """Choose the project that a user's requests mean when they name none.

    Conflict unless the project is normal and the user an accepted member. Spec: identity 3.10.
    """
    with transaction.atomic(using=DATABASE):
        lock(project.pk)
        if not assignments.projects_of(user).filter(pk=project.pk).exists():
            raise Conflict("The project is not active, or the user is no member of it.")
        user.default_project = project
        user.save(update_fields=["default_project", "updated"])
        tokens.follow_default_project(user)


def modify(
    project: Project,
    changes: Mapping[str, object],
    grants: Mapping[str, tuple[int, int]] | None = None,
    *,
    actor: Actor = None,
) -> None:
    """Change a project directly, without an application, and bring its limits into force.

    `grants` maps a resource's name to the limits of a member and of the whole project; a name
    goes under `realname`, an owner is a `User`.
    """
    _check(project, changes)
    with transaction.atomic(using=DATABASE):
        if "realname" in changes:
            lock_names()
        locked = lock(project.pk)
        project_rules.check_initialised(locked.state)
        if "realname" in changes:
            check_name_free(locked, str(changes["realname"]))
        for name, value in changes.items():
            setattr(locked, name, value)
        if locked.state in ALIVE:
            locked.name = locked.realname
        locked.save()
        wanted = {name: Capacity(*pair) for name, pair in (grants or {}).items()}
        approvals.set_grants(locked, wanted)
        limits.sync([locked])
        overquota.projects_changed([locked], "MODIFY")
        told = {name: str(value) for name, value in changes.items()}
        audit.record(
            "project.modified",
            actor=actor,
            subject=locked,
            changes=told,
            limits=dict(grants or {}),
        )


def _check(project: Project, changes: Mapping[str, object]) -> None:
    bound = [name for name in BOUND_TO_USER if name in changes]
    if project.is_base and bound:
        told = ", ".join("name" if name == "realname" else name for name in bound)
        raise BadRequest(fill("BASE_NO_MODIFY_FIELDS", fields=told))
    if "realname" in changes:
        rules.check_name(str(changes["realname"]))
    owner = changes.get("owner")
    if isinstance(owner, User) and not owner.account.accepted:
        raise BadRequest(f"{owner.email} is not an accepted user.")
