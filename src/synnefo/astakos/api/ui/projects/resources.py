"""Resources of projects: limits, usage now and over time. Spec: identity 13.14, 13.18."""

from synnefo.astakos.api.ui.projects.schemas import (
    ProjectUsage,
    ResourceRow,
    Usage,
    UsageRow,
)
from synnefo.astakos.domain.projects import PROJECT_STATES, ProjectState, Standing
from synnefo.astakos.models import Holding, Project, Resource, User
from synnefo.astakos.settings import ProjectSettings
from synnefo.astakos.usecases import (
    callers,
    project_rights,
    project_search,
    projects,
    quotas,
    usage_history,
    users,
)
from synnefo.astakos.usecases.project_search import Viewer
from synnefo.astakos.usecases.usage_history import Series
from synnefo.kit import conf
from synnefo.serve.http import Call
from synnefo.wire.provisions import project_holder, user_holder

INSIDE = {Standing.MEMBER, Standing.OWNER, Standing.ADMIN}


def of_project(project: Project, viewer: Viewer) -> list[ResourceRow]:
    """Show a project's resources; usage to its members, owner and administrators."""
    inside = project_rights.standing(project, viewer.user) in INSIDE
    source = project_holder(project.uuid)
    held = Holding.objects.filter(holder=source, source="") if inside else Holding.objects.none()
    whole = {row.resource: row for row in held}
    mine = {
        row.resource: row
        for row in Holding.objects.filter(holder=user_holder(viewer.user.uuid), source=source)
    }
    over = _over(project) if viewer.owns(project) else {}
    rows = []
    for grant in project.grants.all():
        name, own = grant.resource.name, mine.get(grant.resource.name)
        pool = whole.get(name)
        if not grant.resource.api_visible:
            continue
        rows.append(
            ResourceRow(
                name=name,
                description=grant.resource.desc,
                unit=grant.resource.unit,
                ui_visible=grant.resource.ui_visible,
                member_capacity=grant.member_capacity,
                project_capacity=grant.project_capacity,
                usage=pool.usage_max if pool else None,
                pending=pool.usage_max - pool.usage_min if pool else None,
                my_usage=own.usage_max if own else None,
                my_limit=own.limit if own else None,
                members_over=over.get(name, 0) if viewer.owns(project) else None,
            )
        )
    return sorted(rows, key=lambda row: row.name)


def show_usage(call: Call) -> Usage:
    """Show what the caller uses in every project, also in those that were left with usage."""
    user = callers.user_of(call.who)
    found = quotas.of_user(user)
    used = Holding.objects.filter(holder=user_holder(user.uuid), usage_max__gt=0)
    sources = {source.removeprefix("project:") for source in used.values_list("source", flat=True)}
    left = quotas.left_behind(user, sources - set(found))
    known = {one.uuid: one for one in Project.objects.filter(uuid__in=[*found, *left])}
    resources = {one.name: one for one in Resource.objects.filter(ui_visible=True)}
    shown = [
        _usage_of(known[uuid], rows, resources, user, is_member=uuid in found)
        for uuid, rows in {**found, **left}.items()
        if known[uuid].state != ProjectState.TERMINATED or uuid in sources
    ]
    shown.sort(key=lambda one: (not one.system, one.name))
    return Usage(shown, conf.of(ProjectSettings).astakos_usage_update_interval)


def show_history(call: Call, project_id: str) -> list[Series]:
    """Show a project's usage over time, or one `member`'s; from `since` to `until`.

    Members see the project's and their own; its owner and administrators everybody's.
    """
    user = callers.user_of(call.who)
    project = projects.find(project_id)
    member = call.arg("member")
    if (member and member != user.uuid) or project_rights.standing(project, user) not in INSIDE:
        project_rights.check_owner(project, user)
    return usage_history.of_project(
        project,
        usage_history.span_of(call.arg("since"), call.arg("until")),
        member=users.find(member) if member else None,
        resource=call.arg("resource"),
    )


def _usage_of(
    project: Project,
    rows: quotas.ByResource,
    resources: dict[str, Resource],
    user: User,
    *,
    is_member: bool,
) -> ProjectUsage:
    viewer = project_search.Viewer(user, is_admin=False)
    return ProjectUsage(
        id=project.uuid,
        name=project.realname if project.uuid != viewer.user.uuid else "",
        state=PROJECT_STATES[ProjectState(project.state)],
        system=project.is_base,
        is_member=is_member,
        resources=[
            _usage_row(resources[name], rows[name]) for name in sorted(rows) if name in resources
        ],
    )


def _usage_row(resource: Resource, row: quotas.Standing) -> UsageRow:
    own = max(0, row.limit - row.usage)
    whole = max(0, row.project_limit - row.project_usage)
    return UsageRow(
        resource=resource.name,
        unit=resource.unit,
        description=resource.desc,
        limit=row.limit,
        usage=row.usage,
        pending=row.pending,
        project_limit=row.project_limit,
        project_usage=row.project_usage,
        project_pending=row.project_pending,
        left=min(own, whole),
        is_short=whole < own,
    )


def _over(project: Project) -> dict[str, int]:
    """Count the members who use more of a resource than they may."""
    found: dict[str, int] = {}
    rows = Holding.objects.filter(source=project_holder(project.uuid), usage_max__gt=0)
    for row in rows:
        if row.usage_max > row.limit:
            found[row.resource] = found.get(row.resource, 0) + 1
    return found
