"""Applications for projects: made, approved, denied, cancelled, dismissed. Spec: identity 3.4."""

from collections.abc import Mapping

import msgspec
from django.db import transaction

from synnefo.astakos.domain import applications as rules
from synnefo.astakos.domain import projects as project_rules
from synnefo.astakos.domain.applications import (
    ApplicationAction,
    ApplicationState,
    Capacity,
    Wish,
)
from synnefo.astakos.domain.messages import fill
from synnefo.astakos.domain.projects import Policy, ProjectState
from synnefo.astakos.models import (
    DATABASE,
    Project,
    ProjectApplication,
    ProjectResourceGrant,
    ProjectResourceQuota,
    Resource,
    User,
)
from synnefo.astakos.usecases import audit, pending_apps, project_mails, project_rights
from synnefo.astakos.usecases.approvals import bring_into_force
from synnefo.astakos.usecases.project_locks import check_name_free, lock, lock_names
from synnefo.astakos.usecases.project_rights import Actor, check_owner
from synnefo.astakos.usecases.project_states import note
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, ItemNotFound
from synnefo.wire.provisions import INF

DEFAULTS = Wish(
    homepage="",
    description="",
    comments="",
    member_join_policy=Policy.MODERATED,
    member_leave_policy=Policy.AUTO,
    limit_on_members_number=INF,
    private=False,
)
"""What an application for a new project asks for where it says nothing. Spec: identity 9.3."""


def find(application_id: int) -> ProjectApplication:
    """Answer an application by its number."""
    found = ProjectApplication.objects.whole().filter(pk=application_id).first()
    if found is None:
        raise ItemNotFound(fill("UNKNOWN_PROJECT_APPLICATION_ID", id=application_id))
    return found


def apply(wish: Wish, applicant: User) -> ProjectApplication:
    """Ask for a new project. Conflict when the applicant has too many applications waiting."""
    rules.check_new(wish, now())
    whole = _filled(wish)
    owner = _owner(whole, applicant)
    resources = _resources(whole.resources)
    with transaction.atomic(using=DATABASE):
        project = Project.objects.create(
            realname=whole.name or "",
            owner=owner,
            domain_id=owner.domain_id,
            **_plain(whole, ("name", "owner")),
        )
        _grant(project, whole.resources, resources)
        note(project, None, actor=applicant)
        made = _record(project, msgspec.structs.replace(whole, owner=owner.uuid), applicant)
        project_mails.applied(made, is_new=True)
    return made


def apply_to_modify(project: Project, wish: Wish, applicant: User) -> ProjectApplication:
    """Ask for changes of a project; replaces an application of it that still waits.

    Forbidden unless owner or administrator; Conflict for a project that was never approved.
    """
    rules.check(wish, now())
    _resources(wish.resources)
    if wish.owner is not None:
        _person(wish.owner)
    with transaction.atomic(using=DATABASE):
        locked = lock(project.pk)
        check_owner(locked, applicant)
        project_rules.check_initialised(locked.state)
        rules.check_system(wish, is_base=locked.is_base)
        made = _record(locked, wish, applicant)
        project_mails.applied(made, is_new=False)
    return made


def act(
    application: ProjectApplication,
    action: ApplicationAction,
    *,
    actor: Actor = None,
    reason: str = "",
) -> ProjectApplication:
    """Approve, deny, cancel or dismiss an application.

    Forbidden for those who may not; Conflict when it is decided, or not the project's last.
    """
    _check_actor(application, action, actor)
    with transaction.atomic(using=DATABASE):
        if action is ApplicationAction.APPROVE:
            lock_names()
        project = lock(application.chain_id)
        fresh = ProjectApplication.objects.whole().get(pk=application.pk)
        _check_last(fresh, project)
        target = rules.move(action, ApplicationState(fresh.state))
        fresh.state = target
        fresh.chain = project
        _DECIDE[action](fresh, actor, reason)
        done = rules.WORDS[target]
        audit.record(
            f"application.{done}",
            actor=actor,
            subject=project,
            application=fresh.pk,
            reason=reason,
        )
    return fresh


def check_belongs(application: ProjectApplication, project: Project) -> None:
    """Refuse an application that is another project's."""
    if application.chain_id != project.pk:
        raise Conflict(f"Application {application.pk} is not for this project.")


def _approve(application: ProjectApplication, actor: Actor, reason: str) -> None:
    project = application.chain
    check_name_free(project, application.name or project.realname)
    before = project_rules.PROJECT_STATES[ProjectState(project.state)]
    _respond(application, actor, reason)
    pending_apps.refund(application.applicant)
    bring_into_force(application, actor, reason)
    project_mails.approved(application, before)


def _deny(application: ProjectApplication, actor: Actor, reason: str) -> None:
    _respond(application, actor, reason)
    pending_apps.refund(application.applicant)
    project_mails.denied(application)


def _cancel(application: ProjectApplication, actor: Actor, reason: str) -> None:
    _waive(application, actor, reason)
    pending_apps.refund(application.applicant)


def _waive(application: ProjectApplication, actor: Actor, reason: str) -> None:
    application.waive_date, application.waive_actor = now(), actor
    application.waive_reason = reason
    application.save(update_fields=["state", "waive_date", "waive_actor", "waive_reason"])
    project = application.chain
    if project.state == ProjectState.UNINITIALIZED:
        before, project.state = project.state, ProjectState.DELETED
        project.save(update_fields=["state"])
        note(project, before, actor=actor, reason=reason)


_DECIDE = {
    ApplicationAction.APPROVE: _approve,
    ApplicationAction.DENY: _deny,
    ApplicationAction.CANCEL: _cancel,
    ApplicationAction.DISMISS: _waive,
}


def _respond(application: ProjectApplication, actor: Actor, reason: str) -> None:
    application.response_date, application.response_actor = now(), actor
    application.response = reason
    application.save(update_fields=["state", "response_date", "response_actor", "response"])


def _check_actor(application: ProjectApplication, action: ApplicationAction, actor: Actor) -> None:
    if action in {ApplicationAction.APPROVE, ApplicationAction.DENY}:
        project_rights.check_admin(actor)
    elif not project_rights.is_admin(actor) and (
        actor is None or application.applicant_id != actor.pk
    ):
        raise Forbidden("Only the applicant and administrators may do this.")


def _check_last(application: ProjectApplication, project: Project) -> None:
    if project.last_application_id != application.pk:
        raise Conflict(f"Application {application.pk} is not the project's last one.")


def _record(project: Project, wish: Wish, applicant: User) -> ProjectApplication:
    """Write an application down as the project's last, in place of one that waits."""
    earlier = list(
        ProjectApplication.objects.pending().filter(chain=project).select_related("applicant")
    )
    for one in earlier:
        one.state = ApplicationState.REPLACED
        one.save(update_fields=["state"])
    owner = _person(wish.owner) if wish.owner is not None else None
    made = ProjectApplication.objects.create(
        chain=project,
        applicant=applicant,
        owner=owner,
        **_plain(wish, ("owner",)),
        start_date=wish.start_date,
        comments=wish.comments,
    )
    _wish(made, wish.resources)
    project.last_application = made
    project.save(update_fields=["last_application"])
    force = project_rights.is_admin(applicant)
    was_there = project.state in project_rules.INITIALISED
    replaced = [one.applicant for one in earlier]
    pending_apps.add(applicant, replaced, force=force, is_change=was_there)
    audit.record("application.submitted", actor=applicant, subject=project, application=made.pk)
    return made


def _wish(application: ProjectApplication, wanted: Mapping[str, Capacity]) -> None:
    resources = _resources(wanted)
    ProjectResourceGrant.objects.bulk_create(
        ProjectResourceGrant(
            project_application=application,
            resource=resources[name],
            member_capacity=capacity.member_capacity,
            project_capacity=capacity.project_capacity,
        )
        for name, capacity in wanted.items()
    )


def _grant(
    project: Project, wanted: Mapping[str, Capacity], resources: Mapping[str, Resource]
) -> None:
    ProjectResourceQuota.objects.bulk_create(
        ProjectResourceQuota(
            project=project,
            resource=resources[name],
            member_capacity=capacity.member_capacity,
            project_capacity=capacity.project_capacity,
        )
        for name, capacity in wanted.items()
    )


def _filled(wish: Wish) -> Wish:
    asked = msgspec.structs.asdict(wish)
    given = {name: value for name, value in asked.items() if value is not None}
    return msgspec.structs.replace(DEFAULTS, **given)


def _plain(wish: Wish, without: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(wish, name) for name in rules.ATTRIBUTES if name not in without}


def _owner(wish: Wish, applicant: User) -> User:
    return applicant if wish.owner is None else _person(wish.owner)


def _person(uuid: str) -> User:
    found = User.objects.accepted().filter(uuid=uuid).first()
    if found is None:
        raise BadRequest(f"There is no accepted user with the uuid {uuid}.")
    return found


def _resources(wanted: Mapping[str, Capacity]) -> dict[str, Resource]:
    visible = Resource.objects.filter(name__in=list(wanted), api_visible=True)
    found = {resource.name: resource for resource in visible}
    unknown = sorted(set(wanted) - set(found))
    if unknown:
        raise BadRequest(f"There is no resource named {', '.join(unknown)}.")
    return found
