"""The application form and the applications that wait. Spec: identity 13.17, 13.18."""

from synnefo.astakos.api.account.project_views import wish as wish_of
from synnefo.astakos.api.ui.projects import views
from synnefo.astakos.api.ui.projects.schemas import (
    ApplicationRow,
    ForecastBody,
    MemberChoice,
    Options,
    ResourceChoice,
)
from synnefo.astakos.domain.applications import ApplicationState, Wish
from synnefo.astakos.models import ProjectApplication, Resource
from synnefo.astakos.settings import ProjectSettings
from synnefo.astakos.usecases import (
    applications,
    callers,
    forecasts,
    project_rights,
    project_search,
    projects,
)
from synnefo.astakos.usecases.forecasts import Outlook
from synnefo.kit import conf
from synnefo.kit.faults import Forbidden
from synnefo.serve.http import Call

MOST = 500


def show_options(call: Call) -> Options:
    """Tell what the form offers, and whether one more application may be made."""
    user = callers.user_of(call.who)
    settings = conf.of(ProjectSettings)
    visible = Resource.objects.filter(ui_visible=True, api_visible=True).order_by("name")
    return Options(
        resources=[
            ResourceChoice(one.name, one.desc, one.unit, one.service_origin, one.project_default)
            for one in visible
        ],
        member_choices=[
            MemberChoice(label, limit)
            for label, limit in settings.astakos_project_members_limit_choices
        ],
        outlook=forecasts.look_ahead(Wish(), user, None),
        is_admin=project_rights.is_admin(user),
        update_interval=settings.astakos_usage_update_interval,
    )


def look_ahead(call: Call, body: ForecastBody) -> Outlook:
    """Tell what an application would bring, without making it."""
    user = callers.user_of(call.who)
    project = projects.find(body.project) if body.project else None
    return forecasts.look_ahead(wish_of(body.wish), user, project)


def list_applications(call: Call) -> list[ApplicationRow]:
    """List applications, `state=pending` if asked; administrators see everybody's."""
    viewer = project_search.viewer_of(callers.user_of(call.who))
    found = ProjectApplication.objects.all().whole()
    if call.arg("state") == "pending":
        found = found.filter(state=ApplicationState.PENDING)
    if not viewer.is_admin:
        found = found.filter(applicant=viewer.user)
    return [views.application(row, viewer) for row in found.order_by("-pk")[:MOST]]


def show_application(call: Call, application_id: int) -> ApplicationRow:
    """Show one application to its applicant, the project's owner and administrators."""
    viewer = project_search.viewer_of(callers.user_of(call.who))
    found = applications.find(application_id)
    if not (viewer.owns(found.chain) or found.applicant_id == viewer.user.pk):
        raise Forbidden("Only its applicant and the project's owner see this application.")
    return views.application(found, viewer)
