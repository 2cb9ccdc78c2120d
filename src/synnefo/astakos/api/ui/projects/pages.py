"""The list of projects, one project, and its story. Spec: identity 13.15, 13.16, 13.18."""

from synnefo.astakos.api.ui.projects import resources, views
from synnefo.astakos.api.ui.projects.schemas import LogRow, ProjectDetail, ProjectRows
from synnefo.astakos.domain import projects as rules
from synnefo.astakos.domain.memberships import ADMIN_LABELS, MembershipState
from synnefo.astakos.domain.projects import PROJECT_STATES, ProjectState
from synnefo.astakos.models import Project, ProjectLog, ProjectMembershipLog
from synnefo.astakos.usecases import (
    callers,
    project_rights,
    project_search,
    project_states,
    projects,
)
from synnefo.kit.faults import BadRequest
from synnefo.serve.http import Call
from synnefo.serve.http.paging import limit_of

PAGE = 50
LONGEST_SEARCH = 200
STORY = 500


def list_projects(call: Call) -> ProjectRows:
    """List projects: `mode` related (the default) or active, `q` in the name, `base` for all."""
    viewer = project_search.viewer_of(callers.user_of(call.who))
    found = project_search.listed(
        viewer, project_search.Filters(mode=call.arg("mode") or "related", state=call.arg("state"))
    )
    text = call.arg("q") or ""
    if len(text) > LONGEST_SEARCH:
        raise BadRequest(f"Search for at most {LONGEST_SEARCH} characters.")
    found = found.exclude(state=ProjectState.DELETED).filter(realname__icontains=text)
    if viewer.is_admin and not call.arg("base"):
        others = Project.objects.filter(is_base=True).exclude(uuid=viewer.user.uuid)
        found = found.exclude(pk__in=others.values("pk"))
    offset, most = _offset(call), limit_of(call) or PAGE
    shown = list(found.order_by("-is_base", "realname", "pk")[offset : offset + most])
    return ProjectRows(views.rows(shown, viewer), found.count(), viewer.is_admin)


def show_project(call: Call, project_id: str) -> ProjectDetail:
    """Show all about one project to those who may see it."""
    user = callers.user_of(call.who)
    found = seen(call, project_id)
    viewer = project_search.viewer_of(user)
    last = found.last_application
    facts = project_states.facts_of(found)
    moves = ProjectLog.objects.filter(project=found, to_state=found.state)
    latest = moves.order_by("-date", "-pk").first()
    deactivated = project_states.deactivated_at(found) if viewer.owns(found) else None
    return ProjectDetail(
        project=views.rows([found], viewer)[0],
        homepage=found.homepage,
        description=found.description,
        resources=resources.of_project(found, viewer),
        application=(
            views.application(last, viewer) if last and viewer.sees_application(found) else None
        ),
        actions=[str(action) for action in rules.allowed_moves(facts)] if viewer.is_admin else [],
        deactivated=deactivated,
        deactivation_reason=latest.reason if deactivated and latest else "",
    )


def show_story(call: Call, project_id: str) -> list[LogRow]:
    """Tell what happened to a project and its members, the latest first, to its owner."""
    found = seen(call, project_id)
    project_rights.check_owner(found, callers.user_of(call.who))
    moves = ProjectLog.objects.filter(project=found).select_related("actor")
    seats = ProjectMembershipLog.objects.filter(membership__project=found).select_related(
        "actor", "membership__person"
    )
    told = [_move(one) for one in moves.order_by("-date")[:STORY]]
    told += [_change(one) for one in seats.order_by("-date")[:STORY]]
    return sorted(told, key=lambda row: row.date, reverse=True)[:STORY]


def seen(call: Call, project_id: str) -> Project:
    """Answer a project that the caller may see, with all that views show of it."""
    found = Project.objects.all().whole().get(pk=projects.find(project_id).pk)
    project_rights.check_view(found, callers.user_of(call.who))
    return found


def _move(entry: ProjectLog) -> LogRow:
    return LogRow(
        date=entry.date,
        kind="project",
        who="",
        before="" if entry.from_state is None else PROJECT_STATES[ProjectState(entry.from_state)],
        after=PROJECT_STATES[ProjectState(entry.to_state)],
        actor=entry.actor.email if entry.actor else "",
        reason=entry.reason,
    )


def _change(entry: ProjectMembershipLog) -> LogRow:
    before = entry.from_state
    return LogRow(
        date=entry.date,
        kind="member",
        who=entry.membership.person.email,
        before="" if before is None else ADMIN_LABELS[MembershipState(before)],
        after=ADMIN_LABELS[MembershipState(entry.to_state)],
        actor=entry.actor.email if entry.actor else "",
        reason=entry.reason,
    )


def _offset(call: Call) -> int:
    text = call.arg("offset") or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise BadRequest("'offset' must be a whole number.")
    return int(text)
