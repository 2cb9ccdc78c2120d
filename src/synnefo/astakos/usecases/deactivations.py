"""Projects and memberships of somebody who is put to rest, and comes back.

Spec: identity 3.7. What an administrator suspended for another reason stays suspended.
"""

from contextlib import suppress

from django.db.models import Q, QuerySet

from synnefo.astakos.domain.memberships import MembershipAction, MembershipState
from synnefo.astakos.domain.projects import ProjectAction
from synnefo.astakos.models import Project, ProjectMembership, User
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, ProjectState
from synnefo.astakos.usecases import memberships, project_states
from synnefo.kit.faults import Conflict

DEACTIVATION = "user_deactivation"
REACTIVATION = "user_reactivation"


def lock_all(user: User) -> None:
    """Lock the projects in question, before anybody locks the user. Spec: identity 21.2."""
    mine = Q(owner=user) | Q(system_user=user) | Q(memberships__person=user)
    pks = Project.objects.filter(mine).values("pk")
    list(Project.objects.filter(pk__in=pks).order_by("pk").select_for_update(of=("self",)))


def suspend_all(user: User) -> None:
    """Suspend a user's system project, memberships and own projects."""
    seats = _seats(user).filter(state__in=ACTUALLY_ACCEPTED)
    for project in _projects(user, ProjectState.NORMAL):
        with suppress(Conflict):
            project_states.move(project, ProjectAction.SUSPEND, reason=DEACTIVATION)
    for seat in seats:
        with suppress(Conflict):
            memberships.move(seat, MembershipAction.SUSPEND, reason=DEACTIVATION)


def resume_all(user: User) -> None:
    """Bring back what was suspended because the user was put to rest, and nothing else."""
    for project in _projects(user, ProjectState.SUSPENDED):
        if _last_reason(project, ProjectState.SUSPENDED) == DEACTIVATION:
            with suppress(Conflict):
                project_states.move(project, ProjectAction.UNSUSPEND, reason=REACTIVATION)
    for seat in _seats(user).filter(state=MembershipState.SUSPENDED):
        if _last_reason(seat, MembershipState.SUSPENDED) == DEACTIVATION:
            with suppress(Conflict):
                memberships.move(seat, MembershipAction.UNSUSPEND, reason=REACTIVATION)


def _projects(user: User, state: ProjectState) -> list[Project]:
    mine = Project.objects.filter(owner=user) | Project.objects.filter(system_user=user)
    return list(mine.filter(state=state).order_by("pk"))


def _seats(user: User) -> QuerySet[ProjectMembership]:
    return ProjectMembership.objects.filter(person=user).order_by("project_id")


def _last_reason(thing: Project | ProjectMembership, state: int) -> str:
    last = thing.log.filter(to_state=state).order_by("-date", "-pk").first()
    return "" if last is None else last.reason
