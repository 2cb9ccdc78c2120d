"""Projects suspended, terminated and brought back. Spec: identity 3.3."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from synnefo.astakos.domain import projects as rules
from synnefo.astakos.domain.projects import ProjectAction, ProjectFacts, ProjectState
from synnefo.astakos.models import DATABASE, Project, ProjectLog, Token, User
from synnefo.astakos.models.projects import ALIVE
from synnefo.astakos.models.tokens import API
from synnefo.astakos.usecases import audit, limits, overquota, project_mails
from synnefo.astakos.usecases.project_locks import check_name_free, lock, lock_names
from synnefo.astakos.usecases.project_rights import Actor, check_admin
from synnefo.kit.clock import now


def act(
    project: Project, action: ProjectAction, *, actor: Actor = None, reason: str = ""
) -> Project:
    """Suspend, unsuspend, terminate or reinstate a project, as an administrator.

    Forbidden for others; Conflict when its state does not allow it.
    """
    check_admin(actor)
    return move(project, action, actor=actor, reason=reason)


def move(
    project: Project, action: ProjectAction, *, actor: Actor = None, reason: str = ""
) -> Project:
    """Take a project to another state with all that follows, whoever the cause is."""
    with transaction.atomic(using=DATABASE):
        if action is ProjectAction.REINSTATE:
            lock_names()
        locked = lock(project.pk)
        target = rules.move(action, facts_of(locked))
        if action is ProjectAction.REINSTATE:
            check_name_free(locked, locked.realname)
        before, locked.state = locked.state, target
        locked.name = None if target is ProjectState.TERMINATED else locked.realname
        locked.save(update_fields=["state", "name"])
        note(locked, before, actor=actor, reason=reason)
        if target is ProjectState.TERMINATED:
            _send_home(locked)
        limits.sync([locked])
        overquota.projects_changed([locked], action.upper())
        project_mails.project_moved(locked, action)
        audit.record(f"project.{PAST[action]}", actor=actor, subject=locked, reason=reason)
    return locked


PAST = {
    ProjectAction.SUSPEND: "suspended",
    ProjectAction.UNSUSPEND: "unsuspended",
    ProjectAction.TERMINATE: "terminated",
    ProjectAction.REINSTATE: "reinstated",
}


def facts_of(project: Project) -> ProjectFacts:
    """Answer what decides whether a project may be moved."""
    return ProjectFacts(ProjectState(project.state), project.is_base)


def note(project: Project, before: int | None, *, actor: Actor, reason: str = "") -> None:
    """Write a change of state into the project's log."""
    ProjectLog.objects.create(
        project=project, from_state=before, to_state=project.state, actor=actor, reason=reason
    )


def expired(moment: datetime | None = None) -> Sequence[Project]:
    """List the projects in use whose end date has passed. Spec: identity 3.3."""
    alive = Project.objects.filter(state__in=ALIVE, end_date__lt=moment or now(), is_base=False)
    return list(alive.select_related("owner").order_by("pk"))


def terminate_expired(*, actor: Actor = None, reason: str = "") -> Sequence[Project]:
    """Terminate every project whose end date has passed; answer them."""
    check_admin(actor)
    found = expired()
    with transaction.atomic(using=DATABASE):
        return [move(one, ProjectAction.TERMINATE, actor=actor, reason=reason) for one in found]


def deactivated_at(project: Project) -> datetime | None:
    """Answer when the project was last suspended or terminated, if it is so now (FIX-17)."""
    if project.state not in rules.DEACTIVATED:
        return None
    moves = ProjectLog.objects.filter(project=project, to_state__in=rules.DEACTIVATED)
    return moves.order_by("-date", "-pk").values_list("date", flat=True).first()


def _send_home(project: Project) -> None:
    """Let those whose default project this was fall back to their own."""
    people = User.objects.filter(default_project=project).exclude(base_project=None)
    homeless = list(people.order_by("pk").select_for_update(of=("self",)))
    User.objects.filter(pk__in=[user.pk for user in homeless]).update(
        default_project=F("base_project"), updated=now()
    )
    for user in homeless:
        Token.objects.filter(user=user, kind=API).update(project=user.base_project_id)
