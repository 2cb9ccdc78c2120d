"""Who may do what with projects. Spec: identity 3.8."""

from synnefo.astakos.domain import projects as rules
from synnefo.astakos.domain.projects import ProjectState, Standing
from synnefo.astakos.models import Project, ProjectMembership, User
from synnefo.astakos.models.projects import ACCEPTED_STATES
from synnefo.astakos.settings import ProjectSettings
from synnefo.astakos.usecases import roles
from synnefo.kit import conf
from synnefo.kit.faults import Forbidden

Actor = User | None
"""Who acts; None: whoever runs a command on this host, who may do everything."""

OWNING = (Standing.OWNER, Standing.ADMIN)


def is_admin(actor: Actor) -> bool:
    """Tell whether somebody decides about all projects."""
    if actor is None:
        return True
    admins = conf.of(ProjectSettings).astakos_project_admins
    return (actor.uuid in admins and actor.acting is None) or roles.is_operator(actor)


def check_admin(actor: Actor) -> None:
    """Refuse those who do not decide about all projects."""
    if not is_admin(actor):
        raise Forbidden("Only administrators of projects may do this.")


def is_owner(project: Project, actor: Actor) -> bool:
    """Tell whether somebody owns a project or decides about all of them."""
    return is_admin(actor) or (actor is not None and project.owner_id == actor.pk)


def check_owner(project: Project, actor: Actor) -> None:
    """Refuse those who neither own a project nor decide about all of them."""
    if not is_owner(project, actor):
        raise Forbidden("Only the project's owner and administrators may do this.")


def standing(project: Project, user: User) -> Standing:
    """Answer how a user stands to a project.

    The applicant of the last application may look too (FIX-3).
    """
    application = project.last_application
    applied = application is not None and application.applicant_id == user.pk
    return rules.standing(
        is_admin=is_admin(user),
        is_owner=project.owner_id == user.pk,
        is_member=_has_seat(project, user),
        is_open=applied or (project.state == ProjectState.NORMAL and not project.private),
    )


def check_view(project: Project, user: User) -> Standing:
    """Refuse strangers; answer how somebody who may look stands to a project."""
    found = standing(project, user)
    if found is Standing.STRANGER:
        raise Forbidden("The project is private. Ask its owner to enroll you.")
    return found


def _has_seat(project: Project, user: User) -> bool:
    return ProjectMembership.objects.filter(
        project=project, person=user, state__in=ACCEPTED_STATES
    ).exists()
