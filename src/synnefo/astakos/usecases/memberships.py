"""Members of projects: they ask, come, go, are suspended. Spec: identity 3.6."""

from django.db import IntegrityError, transaction

from synnefo.astakos.domain import memberships as rules
from synnefo.astakos.domain.memberships import House, MembershipAction, MembershipState
from synnefo.astakos.models import (
    DATABASE,
    Project,
    ProjectMembership,
    ProjectMembershipLog,
    User,
)
from synnefo.astakos.models.projects import ACCEPTED_STATES
from synnefo.astakos.usecases import (
    audit,
    limits,
    overquota,
    project_mails,
    project_rights,
    tokens,
)
from synnefo.astakos.usecases.project_locks import lock
from synnefo.astakos.usecases.project_rights import Actor
from synnefo.kit.faults import Conflict, Forbidden, ItemNotFound

_OWNERS = {MembershipAction.ACCEPT, MembershipAction.REJECT, MembershipAction.REMOVE}
_MEMBERS = {MembershipAction.LEAVE, MembershipAction.CANCEL}
_PAST = {
    MembershipAction.JOIN: "joined",
    MembershipAction.ENROLL: "enrolled",
    MembershipAction.ACCEPT: "accepted",
    MembershipAction.REJECT: "rejected",
    MembershipAction.CANCEL: "cancelled",
    MembershipAction.LEAVE: "left",
    MembershipAction.REMOVE: "removed",
    MembershipAction.SUSPEND: "suspended",
    MembershipAction.UNSUSPEND: "unsuspended",
    MembershipAction.DENY_LEAVE: "leave_denied",
    MembershipAction.CANCEL_LEAVE: "leave_cancelled",
}
_TOLD_TO_POLICY = {
    *(MembershipAction.ACCEPT, MembershipAction.REMOVE, MembershipAction.SUSPEND),
    *(MembershipAction.UNSUSPEND, MembershipAction.ENROLL, MembershipAction.LEAVE),
    MembershipAction.JOIN,
}


def find(membership_id: int) -> ProjectMembership:
    """Answer a membership by its number."""
    rows = ProjectMembership.objects.select_related("project__owner", "person")
    found = rows.filter(pk=membership_id).first()
    if found is None:
        raise ItemNotFound(f"There is no membership with the number {membership_id}.")
    return found


def join(project: Project, user: User, reason: str = "") -> ProjectMembership:
    """Ask to take part; members come in at once where the policy says so and there is room."""
    with transaction.atomic(using=DATABASE):
        seat = _seat(lock(project.pk), user)
        _move(seat, MembershipAction.JOIN, actor=user, reason=reason)
        if seat.state == MembershipState.REQUESTED:
            project_mails.requested(seat, leaving=False)
    return seat


def enroll(project: Project, email: str, *, actor: Actor = None) -> ProjectMembership:
    """Bring a person in by e-mail address, without their asking.

    Forbidden unless owner or administrator; Conflict for an address that no active user has.
    """
    person = User.objects.accepted().filter(email=email).first()
    with transaction.atomic(using=DATABASE):
        locked = lock(project.pk)
        project_rights.check_owner(locked, actor)
        if person is None:
            raise Conflict(f"There is no user with the address {email}.")
        _check_active(person)
        seat = _seat(locked, person)
        _move(seat, MembershipAction.ENROLL, actor=actor)
        project_mails.membership_changed(seat, MembershipAction.ENROLL)
    return seat


def act(
    membership: ProjectMembership,
    action: MembershipAction,
    *,
    actor: Actor = None,
    reason: str = "",
) -> ProjectMembership:
    """Accept, reject, remove, cancel, leave, suspend or unsuspend, as somebody who may.

    Forbidden for those who may not; Conflict when states or policies do not allow it.
    """
    with transaction.atomic(using=DATABASE):
        seat = _locked(membership)
        _check_actor(seat, action, actor)
        if action is MembershipAction.ACCEPT:
            _check_active(seat.person)
        _move(seat, action, actor=actor, reason=reason)
        if action is MembershipAction.LEAVE and seat.state == MembershipState.LEAVE_REQUESTED:
            project_mails.requested(seat, leaving=True)
        project_mails.membership_changed(seat, action)
    return seat


def move(
    membership: ProjectMembership, action: MembershipAction, *, reason: str = ""
) -> ProjectMembership:
    """Take a membership to another state, whoever the cause is, without a mail."""
    with transaction.atomic(using=DATABASE):
        seat = _locked(membership)
        _move(seat, action, actor=None, reason=reason)
    return seat


def check_view(membership: ProjectMembership, user: User) -> None:
    """Refuse those who are neither the member nor the project's owner nor administrators."""
    if membership.person_id != user.pk:
        project_rights.check_owner(membership.project, user)


def house_of(project: Project) -> House:
    """Answer what a project says to whoever comes or goes."""
    return House(
        state=project.state,
        join_policy=project.member_join_policy,
        leave_policy=project.member_leave_policy,
        accepted=project.memberships.filter(state__in=ACCEPTED_STATES).count(),
        limit=project.limit_on_members_number,
    )


def _seat(project: Project, person: User) -> ProjectMembership:
    """Answer a person's row in a locked project, or a new one that is not saved yet."""
    found = ProjectMembership.objects.filter(project=project, person=person).first()
    seat = found or ProjectMembership(project=project, person=person)
    seat.project, seat.person = project, person
    return seat


def _locked(membership: ProjectMembership) -> ProjectMembership:
    project = lock(membership.project_id)
    seat = ProjectMembership.objects.select_related("person__base_project").get(pk=membership.pk)
    seat.project = project
    return seat


def _move(
    seat: ProjectMembership, action: MembershipAction, *, actor: Actor, reason: str = ""
) -> None:
    before = None if seat.pk is None else MembershipState(seat.state)
    seat.state = rules.move(action, before, house_of(seat.project))
    seat.initialized = seat.initialized or seat.state == MembershipState.ACCEPTED
    _save(seat)
    ProjectMembershipLog.objects.create(
        membership=seat, from_state=before, to_state=seat.state, actor=actor, reason=reason
    )
    if seat.state == MembershipState.REMOVED:
        _send_home(seat)
    limits.sync_member(seat)
    if action in _TOLD_TO_POLICY:
        overquota.membership_changed(seat, action.upper())
    audit.record(
        f"membership.{_PAST[action]}",
        actor=actor,
        subject=seat.person,
        project=seat.project.uuid,
        state=rules.WORDS[MembershipState(seat.state)],
        reason=reason,
    )


def _save(seat: ProjectMembership) -> None:
    try:
        with transaction.atomic(using=DATABASE):
            seat.save()
    except IntegrityError as error:
        raise Conflict("The person is being made a member already.") from error


def _send_home(seat: ProjectMembership) -> None:
    """Let a member who goes fall back to their own project. Spec: identity 3.6."""
    person = User.objects.select_for_update(of=("self",)).get(pk=seat.person_id)
    if person.default_project_id == seat.project_id:
        person.default_project_id = person.base_project_id
        person.save(update_fields=["default_project", "updated"])
        tokens.follow_default_project(person)


def _check_active(person: User) -> None:
    if not person.is_active:
        raise Conflict(f"{person.email} is not active and cannot be a member.")


def _check_actor(seat: ProjectMembership, action: MembershipAction, actor: Actor) -> None:
    if action in _OWNERS:
        project_rights.check_owner(seat.project, actor)
    elif action in _MEMBERS:
        if actor is None or seat.person_id != actor.pk:
            project_rights.check_admin(actor)
    elif not project_rights.is_admin(actor):
        raise Forbidden("Only administrators of projects may do this.")
