"""Which projects and memberships somebody sees, and how they stand to each.

Spec: identity 3.8, 9.1.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec
from django.db.models import Count, Max, Q

from synnefo.astakos.domain import memberships as membership_rules
from synnefo.astakos.domain.memberships import House, MembershipAction, MembershipState
from synnefo.astakos.domain.projects import DEACTIVATED, PROJECT_STATES
from synnefo.astakos.models import (
    Project,
    ProjectLog,
    ProjectMembership,
    ProjectMembershipLog,
    User,
)
from synnefo.astakos.models.projects import ACCEPTED_STATES, ProjectQuerySet
from synnefo.astakos.usecases import project_rights
from synnefo.kit.faults import BadRequest

MODES = ("default", "member", "related", "active")
STATE_WORDS = {word: state for state, word in PROJECT_STATES.items()}


class Viewer(msgspec.Struct, frozen=True):
    """Who looks, and whether they decide about all projects: asked once for a whole list."""

    user: User
    is_admin: bool

    def owns(self, project: Project) -> bool:
        """Tell whether this is somebody who may change the project."""
        return self.is_admin or project.owner_id == self.user.pk

    def sees_application(self, project: Project) -> bool:
        """Tell whether the last application is shown. Spec: identity 9.2."""
        last = project.last_application
        return last is not None and (self.owns(project) or last.applicant_id == self.user.pk)


class Filters(msgspec.Struct, frozen=True):
    """Which projects a list keeps; None: all of them."""

    mode: str = "default"
    name: str | None = None
    owner: str | None = None
    state: str | None = None


def viewer_of(user: User) -> Viewer:
    """Answer how a user looks at projects."""
    return Viewer(user, project_rights.is_admin(user))


def listed(viewer: Viewer, filters: Filters) -> ProjectQuerySet:
    """Answer the projects that somebody sees in a mode; BadRequest for unknown words."""
    found = _in_mode(viewer, filters.mode)
    if filters.name is not None:
        found = found.filter(realname=filters.name)
    if filters.owner is not None:
        found = found.filter(owner__uuid=filters.owner)
    if filters.state is not None:
        if filters.state not in STATE_WORDS:
            raise BadRequest(f"'{filters.state}' is no state. Use {', '.join(STATE_WORDS)}.")
        found = found.filter(state=STATE_WORDS[filters.state])
    return found.order_by("pk")


def _in_mode(viewer: Viewer, mode: str) -> ProjectQuerySet:
    everything, user = Project.objects.all().whole(), viewer.user.pk
    if mode not in MODES:
        raise BadRequest(f"'{mode}' is no mode. Use {', '.join(MODES)}.")
    if mode == "member":
        return everything.usable_by(user)
    if viewer.is_admin:
        return everything
    if mode == "related":
        return everything.related_to(user)
    if mode == "active":
        return everything.open_to_all()
    return everything.related_to(user) | everything.open_to_all()


def memberships_of(viewer: Viewer, project: str | None = None) -> list[ProjectMembership]:
    """List the memberships that somebody sees: their own, and those of projects they own."""
    found = ProjectMembership.objects.select_related("project", "person").order_by("pk")
    if not viewer.is_admin:
        found = found.filter(Q(person=viewer.user) | Q(project__owner=viewer.user))
    if project is not None:
        found = found.filter(project__uuid=project)
    return list(found)


def seats_of(user: User, projects: Iterable[Project]) -> dict[int, ProjectMembership]:
    """Answer a user's memberships by project."""
    found = ProjectMembership.objects.filter(person=user, project__in=[p.pk for p in projects])
    return {seat.project_id: seat for seat in found}


def houses_of(projects: Iterable[Project]) -> dict[int, House]:
    """Answer what projects say to whoever comes or goes, in one query for all."""
    known = {project.pk: project for project in projects}
    seats = ProjectMembership.objects.filter(project__in=known, state__in=ACCEPTED_STATES)
    counts = dict(seats.order_by().values_list("project").annotate(Count("pk")))
    return {
        pk: House(
            state=project.state,
            join_policy=project.member_join_policy,
            leave_policy=project.member_leave_policy,
            accepted=counts.get(pk, 0),
            limit=project.limit_on_members_number,
        )
        for pk, project in known.items()
    }


def waiting_in(projects: Iterable[Project]) -> dict[int, int]:
    """Count the people who wait to be let into projects, or to leave them."""
    waiting = (MembershipState.REQUESTED, MembershipState.LEAVE_REQUESTED)
    seats = ProjectMembership.objects.filter(
        project__in=[project.pk for project in projects], state__in=waiting
    )
    return dict(seats.order_by().values_list("project").annotate(Count("pk")))


def allowed(viewer: Viewer, seat: ProjectMembership, house: House) -> list[MembershipAction]:
    """List what somebody may do to a membership now."""
    return membership_rules.allowed(
        MembershipState(seat.state),
        house,
        is_member=seat.person_id == viewer.user.pk,
        is_owner=seat.project.owner_id == viewer.user.pk,
        is_admin=viewer.is_admin,
    )


def dates_of(seats: Iterable[ProjectMembership]) -> dict[int, dict[str, datetime]]:
    """Answer when memberships last came into each state that they ever were in."""
    found: dict[int, dict[str, datetime]] = defaultdict(dict)
    rows = ProjectMembershipLog.objects.filter(membership__in=[seat.pk for seat in seats])
    for seat, state, date in rows.order_by("date", "pk").values_list(
        "membership", "to_state", "date"
    ):
        found[seat][membership_rules.WORDS[MembershipState(state)]] = date
    return found


def deactivated_at(projects: Iterable[Project]) -> dict[int, datetime]:
    """Answer when projects that are out of use were last put so (FIX-17)."""
    still = [project.pk for project in projects if project.state in DEACTIVATED]
    moves = ProjectLog.objects.filter(project__in=still, to_state__in=DEACTIVATED)
    return dict(moves.order_by().values_list("project").annotate(Max("date")))
