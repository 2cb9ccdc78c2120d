"""Projects as administrators make, change and delete them in Identity v3.

Spec: openstack-api 4.4. Such a project has quota like any other and no owner, so that it does not
rest with whoever made it; who works in it is told by roles. Deleting one is terminating it: its
name is free, its usage and history stay.
"""

from typing import Any

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from synnefo.astakos.domain.projects import ALIVE, ProjectAction, ProjectState
from synnefo.astakos.models import DATABASE, Holding, Project, Resource, RoleAssignment
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.usecases import assignments, audit, limits, project_states, projects
from synnefo.astakos.usecases.project_locks import check_name_free, lock_names
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, ItemNotFound
from synnefo.wire.provisions import project_holder

DEEPEST = 5
"""How many projects may lie below each other, as in Keystone."""
REASON = "identity"
BOUND = "A system project is called after its user; its name and description cannot be changed."


class NewProject(msgspec.Struct, frozen=True, kw_only=True):
    """A project to make."""

    name: str
    domain_id: str = DEFAULT
    description: str = ""
    enabled: bool = True
    parent: Project | None = None
    tags: list[str] = []
    options: dict[str, Any] = {}
    extra: dict[str, Any] = {}


def known() -> "QuerySet[Project]":
    """Keep the projects that Identity v3 shows: those in use, suspended ones as disabled."""
    return Project.objects.filter(state__in=ALIVE).select_related("system_user", "parent")


def find(uuid: str) -> Project:
    """Answer a project of Identity v3."""
    project = known().filter(uuid=uuid).first()
    if project is None:
        raise ItemNotFound(f"There is no project with the id {uuid}.")
    return project


def create(wanted: NewProject) -> Project:
    """Make a project with its limits and holdings; Conflict when the domain has its name."""
    _check_place(wanted)
    project = Project(
        realname=wanted.name,
        name=wanted.name,
        domain_id=wanted.domain_id,
        description=wanted.description,
        parent=wanted.parent,
        tags=wanted.tags,
        options=wanted.options,
        extra=wanted.extra,
        state=ProjectState.NORMAL,
        end_date=now() + projects.CENTURY,
        member_join_policy=projects.CLOSED,
        member_leave_policy=projects.CLOSED,
        private=True,
    )
    with transaction.atomic(using=DATABASE):
        lock_names()
        check_name_free(project, wanted.name)
        project.save()
        project_states.note(project, None, actor=None, reason=REASON)
        limits.fill_grants([project], Resource.objects.all())
        limits.sync([project])
        audit.record("project.created", subject=project, domain=wanted.domain_id)
        if not wanted.enabled:
            project_states.move(project, ProjectAction.SUSPEND, reason=REASON)
    return find(project.uuid)


def update(project: Project, changes: dict[str, Any]) -> Project:
    """Change what is named: name, enabled, and plain facts."""
    enabled = changes.pop("enabled", None)
    renamed = changes.pop("name", None)
    with transaction.atomic(using=DATABASE):
        if renamed is not None and renamed != project.display_name:
            _rename(project, renamed)
        if project.is_base and "description" in changes:
            raise Forbidden(BOUND)
        if changes:
            Project.objects.filter(pk=project.pk).update(**changes)
            audit.record("project.modified", subject=project, changes=sorted(changes))
        if enabled is False and project.state == ProjectState.NORMAL:
            _check_leaf(project, Project.objects.filter(state=ProjectState.NORMAL), "disabled")
            project_states.move(project, ProjectAction.SUSPEND, reason=REASON)
        if enabled is True and project.state == ProjectState.SUSPENDED:
            project_states.move(project, ProjectAction.UNSUSPEND, reason=REASON)
    return find(project.uuid)


def delete(project: Project) -> None:
    """Terminate a project and take everybody's roles on it.

    Conflict while it is in use: what uses it would be out of everybody's reach.
    """
    if project.options.get("immutable"):
        raise Forbidden("The project is immutable. Take that option away first.")
    _check_leaf(project, Project.objects.filter(state__in=ALIVE), "deleted")
    used = Holding.objects.filter(holder=project_holder(project.uuid), usage_max__gt=0).first()
    if used is not None:
        raise Conflict(
            f"The project still uses {used.resource}. Delete or reassign what it has first."
        )
    with transaction.atomic(using=DATABASE):
        project_states.move(project, ProjectAction.TERMINATE, reason=REASON)
        RoleAssignment.objects.filter(project=project).delete()


def above(project: Project) -> list[Project]:
    """List the projects above one, the nearest first."""
    keys = assignments.lineage(project)
    found = {one.pk: one for one in known().filter(pk__in=keys)}
    return [found[key] for key in keys if key in found]


def below(project: Project) -> list[Project]:
    """List the projects below one, at any depth."""
    return list(known().filter(pk__in=assignments.below({project.pk})).order_by("pk"))


def _check_place(wanted: NewProject) -> None:
    if wanted.parent is None:
        return
    if wanted.parent.domain_id != wanted.domain_id:
        raise BadRequest("A project is in the same domain as the one above it.")
    if wanted.parent.is_base:
        raise Forbidden("No project can be below a system project.")
    if wanted.parent.state != ProjectState.NORMAL:
        raise Forbidden("The project above is disabled. Enable it first.")
    if len(assignments.lineage(wanted.parent)) + 2 > DEEPEST:
        raise Forbidden(f"Projects can lie {DEEPEST} deep at most.")


def _rename(project: Project, name: str) -> None:
    if project.is_base:
        raise Forbidden(BOUND)
    lock_names()
    check_name_free(project, name)
    Project.objects.filter(pk=project.pk).update(realname=name, name=name)
    audit.record("project.modified", subject=project, changes=["name"])


def _check_leaf(project: Project, those: "QuerySet[Project]", done: str) -> None:
    if those.filter(parent=project).exists():
        raise Forbidden(f"There are projects below; the project cannot be {done} before them.")
