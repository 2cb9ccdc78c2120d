"""Seats in projects that come with roles: a member's quota is theirs by their seat.

Who has a role that brings `member` gets a seat when they first work in the project, and loses it
with the role. Being made `member` itself is an ordinary membership. Spec: openstack-api 4.4.
"""

from collections.abc import Iterable

from django.db import transaction

from synnefo.astakos.domain import roles as rules
from synnefo.astakos.domain.roles import Named
from synnefo.astakos.models import (
    DATABASE,
    Project,
    ProjectMembership,
    ProjectMembershipLog,
    Token,
    User,
)
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, MembershipState
from synnefo.astakos.models.tokens import API
from synnefo.astakos.usecases import assignments, limits
from synnefo.kit.faults import Forbidden

REASON = "role"


def take(user: User, project: Project, *, by_role: bool) -> None:
    """Make a user a member of a project, for the time of a role or for good."""
    if project.is_base and project.uuid != user.uuid:
        raise Forbidden("A system project has one member, the user it belongs to.")
    with transaction.atomic(using=DATABASE):
        Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
        seat = ProjectMembership.objects.filter(person=user, project=project).first()
        if seat is not None and seat.state in ACTUALLY_ACCEPTED:
            if seat.by_role and not by_role:
                ProjectMembership.objects.filter(pk=seat.pk).update(by_role=False)
            return
        seat = seat or ProjectMembership(person=user, project=project)
        seat.by_role, seat.initialized = by_role, True
        _move(seat, MembershipState.ACCEPTED)


def enter(user: User, project: Project, roles: Iterable[Named]) -> None:
    """Give a seat to who begins to work in a project by a role that brings `member`."""
    if rules.STANDING_ROLES[rules.MEMBER] not in roles:
        return
    seats = user.memberships.filter(project=project, state__in=ACTUALLY_ACCEPTED)
    if not seats.exists() and not (project.is_base and project.uuid != user.uuid):
        take(user, project, by_role=True)


def leave(user: User, project: Project) -> None:
    """End a membership, but for what other roles bring."""
    if project.uuid == user.uuid:
        raise Forbidden("A user stays in their own system project.")
    with transaction.atomic(using=DATABASE):
        Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
        seat = ProjectMembership.objects.filter(person=user, project=project).first()
        if seat is None or seat.state not in ACTUALLY_ACCEPTED:
            return
        seat.by_role = True
        if _is_due(seat):
            seat.save(update_fields=["by_role"])
            return
        _move(seat, MembershipState.REMOVED)
        _send_home(seat)


def settle(people: Iterable[User]) -> None:
    """Take the seats of these people that came with roles which they have no more."""
    held = ProjectMembership.objects.filter(
        person__in=list(people), by_role=True, state__in=ACTUALLY_ACCEPTED
    )
    for seat in held.select_related("person", "project"):
        if not _is_due(seat):
            leave(seat.person, seat.project)


def _is_due(seat: ProjectMembership) -> bool:
    found = assignments.on_project(seat.person, seat.project, is_member=False)
    return rules.STANDING_ROLES[rules.MEMBER] in found


def _move(seat: ProjectMembership, state: MembershipState) -> None:
    before = None if seat.pk is None else seat.state
    seat.state = state
    seat.save()
    ProjectMembershipLog.objects.create(
        membership=seat, from_state=before, to_state=state, reason=REASON
    )
    limits.sync_member(seat)


def _send_home(seat: ProjectMembership) -> None:
    """Let who goes fall back to their own project. Spec: identity 3.6."""
    person = User.objects.select_for_update(of=("self",)).get(pk=seat.person_id)
    if person.default_project_id == seat.project_id:
        person.default_project_id = person.base_project_id
        person.save(update_fields=["default_project", "updated"])
        Token.objects.filter(user=person, kind=API).update(project=person.base_project_id)
