"""Projects over HTTP. Spec: identity 9.1 to 9.5, 9.9."""

import msgspec

from synnefo.astakos.api.account import project_views as views
from synnefo.astakos.api.account.project_schemas import (
    ActionBody,
    Applied,
    LegacyApplicationView,
    ProjectBody,
    ProjectView,
)
from synnefo.astakos.api.bodies import check_json
from synnefo.astakos.domain.applications import ApplicationAction
from synnefo.astakos.domain.projects import ProjectAction
from synnefo.astakos.models import Project, ProjectApplication, User
from synnefo.astakos.usecases import (
    applications,
    callers,
    project_rights,
    project_search,
    project_states,
    projects,
)
from synnefo.kit.faults import BadRequest, Forbidden
from synnefo.serve.http import Call, Reply

ACTIONS = (*ProjectAction, *ApplicationAction)


def list_projects(call: Call) -> list[ProjectView]:
    """List projects that the caller sees; `mode`, `name`, `owner` and `state` narrow it."""
    viewer = project_search.viewer_of(callers.user_of(call.who))
    filters = project_search.Filters(
        mode=call.arg("mode") or "default",
        name=call.arg("name"),
        owner=call.arg("owner"),
        state=call.arg("state"),
    )
    return views.projects(list(project_search.listed(viewer, filters)), viewer)


def apply_for_project(call: Call, body: ProjectBody) -> Applied:
    """Ask for a new project; it waits until an administrator decides."""
    check_json(call)
    user = callers.user_of(call.who)
    if body.name is None:
        raise BadRequest("Give the project a name.")
    made = applications.apply(views.wish(body), user)
    return Applied(made.chain.uuid, made.pk)


def show_project(call: Call, project_id: str) -> ProjectView:
    """Show one project to those who may see it."""
    user = callers.user_of(call.who)
    found = _seen(project_id, user)
    return views.projects([found], project_search.viewer_of(user))[0]


def modify_project(call: Call, project_id: str, body: ProjectBody) -> Applied:
    """Ask for changes of a project; what is absent or null stays."""
    check_json(call)
    user = callers.user_of(call.who)
    made = applications.apply_to_modify(_seen(project_id, user), views.wish(body), user)
    return Applied(made.chain.uuid, made.pk)


def act_on_project(call: Call, project_id: str, body: dict[str, msgspec.Raw]) -> Reply:
    """Suspend, unsuspend, terminate, reinstate; or decide about the last application."""
    check_json(call)
    user = callers.user_of(call.who)
    name, order = _one_action(body)
    found = projects.find(project_id)
    reason = order.reason or order.reasons or ""
    if name in list(ProjectAction):
        project_states.act(found, ProjectAction(name), actor=user, reason=reason)
    else:
        made = _meant(found, order.app_id, user)
        applications.act(made, ApplicationAction(name), actor=user, reason=reason)
    return Reply()


def list_applications(call: Call) -> list[LegacyApplicationView]:
    """List applications that the caller sees, of one `project` if asked."""
    viewer = project_search.viewer_of(callers.user_of(call.who))
    found = ProjectApplication.objects.whole().order_by("pk")
    project = call.arg("project")
    if project:
        found = found.filter(chain=projects.find(project))
    return [views.legacy_application(row) for row in found if _sees(viewer, row)]


def show_application(call: Call, application_id: int) -> LegacyApplicationView:
    """Show one application to its applicant, the project's owner and administrators."""
    viewer = project_search.viewer_of(callers.user_of(call.who))
    found = applications.find(application_id)
    if not _sees(viewer, found):
        raise Forbidden("Only its applicant and the project's owner see this application.")
    return views.legacy_application(found)


def act_on_application(call: Call, application_id: int, body: dict[str, msgspec.Raw]) -> Reply:
    """Approve, deny, cancel or dismiss an application."""
    check_json(call)
    user = callers.user_of(call.who)
    given = [name for name in body if name in list(ApplicationAction)]
    if len(given) != 1:
        raise BadRequest(f"Send exactly one of {', '.join(ApplicationAction)}.")
    reason = reason_in(body[given[0]])
    found = applications.find(application_id)
    applications.act(found, ApplicationAction(given[0]), actor=user, reason=reason)
    return Reply()


def reason_in(raw: msgspec.Raw) -> str:
    """Read a reason that is a text by itself, or in an object; BadRequest otherwise."""
    try:
        told = msgspec.json.decode(raw, type=str | ActionBody | None)
    except msgspec.ValidationError as error:
        raise BadRequest("The reason must be a text.") from error
    return (told.reason or told.reasons or "") if isinstance(told, ActionBody) else told or ""


def _sees(viewer: project_search.Viewer, row: ProjectApplication) -> bool:
    return viewer.owns(row.chain) or row.applicant_id == viewer.user.pk


def _seen(project_id: str, user: User) -> Project:
    found = Project.objects.whole().get(pk=projects.find(project_id).pk)
    project_rights.check_view(found, user)
    return found


def _meant(project: Project, number: int | None, user: User) -> ProjectApplication:
    """Find the application that an action on a project names; strangers learn of none."""
    if number is None:
        raise BadRequest("Say which application, in 'app_id'.")
    if not ProjectApplication.objects.filter(pk=number).exists():
        project_rights.check_owner(project, user)
    found = applications.find(number)
    applications.check_belongs(found, project)
    return found


def _one_action(body: dict[str, msgspec.Raw]) -> tuple[str, ActionBody]:
    """Read the one action of a body (FIX-7: what is malformed is a bad request)."""
    given = [name for name in body if name in ACTIONS]
    if len(given) != 1:
        raise BadRequest(f"Send exactly one of {', '.join(ACTIONS)}.")
    try:
        return given[0], msgspec.json.decode(body[given[0]], type=ActionBody)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The value of '{given[0]}' is not valid: {error}.") from error
