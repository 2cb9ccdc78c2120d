"""Projects and applications, as operators find, see, change and decide them."""

from datetime import UTC, datetime

from synnefo.astakos.api.ui.operators import project_views
from synnefo.astakos.api.ui.operators.bounds import bounded
from synnefo.astakos.api.ui.operators.gate import operator
from synnefo.astakos.api.ui.operators.project_schemas import (
    Applications,
    DecisionBody,
    ProjectChanges,
    ProjectCounts,
    ProjectDeedBody,
    ProjectDetail,
    ProjectOutcomes,
    ProjectPage,
)
from synnefo.astakos.domain.projects import POLICY_WORDS, ProjectAction
from synnefo.astakos.models import Project, ProjectApplication
from synnefo.astakos.settings import AdminSettings
from synnefo.astakos.usecases import operator_projects, project_deeds, projects, users
from synnefo.astakos.usecases.operator_projects import ProjectSearch
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.serve.http import Call
from synnefo.serve.http.paging import limit_of, marker_of

MOST_AT_ONCE = 100
MOST_WAITING = 200
UNDO = {
    ProjectAction.SUSPEND: ProjectAction.UNSUSPEND,
    ProjectAction.UNSUSPEND: ProjectAction.SUSPEND,
    ProjectAction.TERMINATE: ProjectAction.REINSTATE,
    ProjectAction.REINSTATE: ProjectAction.TERMINATE,
}


def list_projects(call: Call) -> ProjectPage:
    """Find projects: `q`, `state`, `kind` (made, system, all), `sort`, `order`."""
    limit = limit_of(call, maximum=200) or conf.of(AdminSettings).astakos_paginate_by_all
    found = operator_projects.page(_search(call), limit=limit, marker=marker_of(call) or "")
    last = found.projects[-1].uuid if found.projects and found.has_more else None
    return ProjectPage(project_views.rows(found.projects), last)


def count_projects(call: Call) -> ProjectCounts:
    """Count the projects that fit the filters, and the applications that wait."""
    fitting = operator_projects.find(_search(call)).count()
    return ProjectCounts(fitting, operator_projects.waiting().count())


def show_project(_call: Call, project_id: str) -> ProjectDetail:
    """Show everything about one project."""
    return project_views.detail(_find(project_id))


def change_project(call: Call, project_id: str, body: ProjectChanges) -> ProjectDetail:
    """Change a project without an application."""
    limits = {name: _pair(name, pair) for name, pair in body.limits.items()}
    projects.modify(_find(project_id), _asked(body), limits, actor=operator(call))
    return project_views.detail(_find(project_id))


def do_deed(call: Call, body: ProjectDeedBody) -> ProjectOutcomes:
    """Suspend, unsuspend, terminate or reinstate projects; `dry_run` tells what would come."""
    if not 1 <= len(body.projects) <= MOST_AT_ONCE:
        raise BadRequest(f"Name 1 to {MOST_AT_ONCE} projects at once.")
    chosen = [_find(one) for one in dict.fromkeys(body.projects)]
    if body.dry_run:
        found = project_deeds.preview(body.deed, chosen)
    else:
        found = project_deeds.carry_out(
            body.deed, chosen, actor=operator(call), reason=body.reason.strip()
        )
    return ProjectOutcomes(project_views.outcomes(found), str(UNDO[body.deed]), is_final=False)


def list_applications(_call: Call) -> Applications:
    """List the applications that wait, the oldest first, each with the difference to now."""
    found = operator_projects.waiting()[:MOST_WAITING]
    return Applications([project_views.application(one) for one in found])


def decide(call: Call, body: DecisionBody) -> ProjectOutcomes:
    """Approve or deny applications; `dry_run` tells what would come of it."""
    if not 1 <= len(body.applications) <= MOST_AT_ONCE:
        raise BadRequest(f"Name 1 to {MOST_AT_ONCE} applications at once.")
    chosen = [_application(one) for one in dict.fromkeys(body.applications)]
    if body.dry_run:
        found = project_deeds.preview_decision(body.deed, chosen)
    else:
        found = project_deeds.decide(
            body.deed, chosen, actor=operator(call), reason=body.reason.strip()
        )
    return ProjectOutcomes(project_views.outcomes(found), None, is_final=True)


def _search(call: Call) -> ProjectSearch:
    order = call.arg("order") or "desc"
    if order not in ("asc", "desc"):
        raise BadRequest("'order' is asc or desc.")
    return ProjectSearch(
        text=call.arg("q") or "",
        states=tuple(state for state in (call.arg("state") or "").split(",") if state),
        kind=call.arg("kind") or "made",
        sort=call.arg("sort") or "created",
        descending=order == "desc",
    )


def _find(project_id: str) -> Project:
    found = Project.objects.filter(uuid=project_id)
    project = found.select_related("owner", "system_user", "last_application").first()
    if project is None:
        raise ItemNotFound(f"There is no project with the id {project_id}.")
    return project


def _application(number: int) -> ProjectApplication:
    small = number if 0 < number < 2**63 else 0
    found = ProjectApplication.objects.filter(pk=small).whole().first()
    if found is None:
        raise ItemNotFound(f"There is no application {number}.")
    return found


def _pair(name: str, pair: list[int]) -> tuple[int, int]:
    if len(pair) != 2:
        raise BadRequest(f"{name}: give the limit of a member and of the whole project.")
    return bounded(pair[0]), bounded(pair[1])


def _asked(body: ProjectChanges) -> dict[str, object]:
    """Answer the changes under the names of the table."""
    asked: dict[str, object | None] = {
        "realname": body.name,
        "owner": users.find(body.owner) if body.owner is not None else None,
        "homepage": body.homepage,
        "description": body.description,
        "end_date": _moment(body.ends) if body.ends is not None else None,
        "member_join_policy": _policy(body.join_policy),
        "member_leave_policy": _policy(body.leave_policy),
        "limit_on_members_number": _members(body.max_members),
        "private": body.is_private,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _members(most: int | None) -> int | None:
    if most is not None and most < 0:
        raise BadRequest("'max_members' is a number that is not negative.")
    return None if most is None else bounded(most)


def _policy(word: str | None) -> int | None:
    if word is None:
        return None
    if word not in POLICY_WORDS:
        raise BadRequest(f"There is no policy '{word}'; there is {', '.join(POLICY_WORDS)}.")
    return int(POLICY_WORDS[word])


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("'ends' must be a time such as 2027-01-31T00:00:00Z.") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
