"""What an approved application changes on its project. Spec: identity 3.3, 9.4."""

from collections.abc import Mapping

from synnefo.astakos.domain import applications as rules
from synnefo.astakos.domain.applications import Capacity
from synnefo.astakos.domain.projects import ProjectState
from synnefo.astakos.models import (
    Project,
    ProjectApplication,
    ProjectResourceQuota,
    Resource,
)
from synnefo.astakos.usecases import limits, overquota
from synnefo.astakos.usecases.project_rights import Actor
from synnefo.astakos.usecases.project_states import note
from synnefo.kit.faults import ItemNotFound


def bring_into_force(application: ProjectApplication, actor: Actor, reason: str) -> None:
    """Write an approved application's wishes on its locked project, which becomes normal."""
    project = application.chain
    before = project.state
    wish = application.wish
    for name, value in rules.changes_of(wish).items():
        if name not in {"name", "owner"}:
            setattr(project, name, value)
    if application.owner is not None:
        project.owner = application.owner
    project.realname = project.name = wish.name or project.realname
    project.state = ProjectState.NORMAL
    project.save()
    set_grants(project, wish.resources)
    if before == ProjectState.UNINITIALIZED:
        limits.fill_grants([project], Resource.objects.all())
    note(project, before, actor=actor, reason=reason)
    limits.sync([project])
    if before != ProjectState.UNINITIALIZED:
        overquota.projects_changed([project], "MODIFY")


def set_grants(project: Project, wanted: Mapping[str, Capacity]) -> None:
    """Set a project's limits of some resources, invisible ones included."""
    known = {one.name: one for one in Resource.objects.filter(name__in=list(wanted))}
    for name, capacity in wanted.items():
        if name not in known:
            raise ItemNotFound(f"There is no resource named {name}.")
        rules.check_capacity(name, capacity)
        ProjectResourceQuota.objects.update_or_create(
            project=project,
            resource=known[name],
            defaults={
                "member_capacity": capacity.member_capacity,
                "project_capacity": capacity.project_capacity,
            },
        )
