"""Projects as their pages show them. Spec: identity 13.15, 13.18."""

from collections.abc import Mapping, Sequence

import msgspec

from synnefo.astakos.api.account.project_views import application as application_view
from synnefo.astakos.api.ui.projects.schemas import (
    ApplicationRow,
    PersonView,
    ProjectRow,
    SeatView,
)
from synnefo.astakos.domain import applications as application_rules
from synnefo.astakos.domain import projects as rules
from synnefo.astakos.domain.applications import ApplicationAction, ApplicationState
from synnefo.astakos.domain.memberships import WORDS, House, MembershipState
from synnefo.astakos.domain.projects import POLICIES, PROJECT_STATES, Policy, ProjectState
from synnefo.astakos.models import Project, ProjectApplication, ProjectMembership, User
from synnefo.astakos.models.projects import ACCEPTED_STATES
from synnefo.astakos.usecases import project_search
from synnefo.astakos.usecases.project_search import Viewer


class Surroundings(msgspec.Struct, frozen=True):
    """What was fetched for many projects at once."""

    houses: Mapping[int, House]
    waiting: Mapping[int, int]
    seats: Mapping[int, ProjectMembership]


def rows(projects: Sequence[Project], viewer: Viewer) -> list[ProjectRow]:
    """Show projects in a list, with few queries for all of them."""
    around = Surroundings(
        project_search.houses_of(projects),
        project_search.waiting_in([one for one in projects if viewer.owns(one)]),
        project_search.seats_of(viewer.user, projects),
    )
    return [_row(project, viewer, around) for project in projects]


def _row(project: Project, viewer: Viewer, around: Surroundings) -> ProjectRow:
    last = project.last_application
    word = application_rules.WORDS[ApplicationState(last.state)] if last else None
    house, seat = around.houses[project.pk], around.seats.get(project.pk)
    shown = word if viewer.sees_application(project) else None
    return ProjectRow(
        id=project.uuid,
        name=name_for(project, viewer),
        state=PROJECT_STATES[ProjectState(project.state)],
        status=rules.show(project.state, shown).lower(),
        owner=person(project.owner, viewer) if project.owner else None,
        is_mine=project.owner_id == viewer.user.pk,
        system=project.is_base,
        private=project.private,
        created=project.creation_date,
        ends=project.end_date,
        join_policy=POLICIES[Policy(project.member_join_policy)],
        leave_policy=POLICIES[Policy(project.member_leave_policy)],
        members=house.accepted,
        max_members=project.limit_on_members_number,
        waiting=around.waiting.get(project.pk, 0),
        membership=_seat(seat, project, viewer, house) if seat else None,
        standing=_standing(project, viewer, seat),
        application=shown or "",
    )


def name_for(project: Project, viewer: Viewer) -> str:
    """Answer the name that a viewer sees; administrators tell system projects by address."""
    if not project.is_base or project.uuid == viewer.user.uuid:
        return "" if project.is_base else project.realname
    return f"[system] {project.display_name}" if viewer.is_admin else project.realname


def person(user: User, viewer: Viewer, *, with_email: bool = False) -> PersonView:
    """Show somebody, with the address where the viewer may know it."""
    email = user.email if viewer.is_admin or with_email or user.pk == viewer.user.pk else ""
    return PersonView(user.uuid, user.realname or email or user.uuid[:8], email)


def application(row: ProjectApplication, viewer: Viewer) -> ApplicationRow:
    """Show an application with what the viewer may do about it."""
    owner_side = viewer.owns(row.chain)
    named = PersonView(row.chain.uuid, row.chain.realname)
    return ApplicationRow(
        application=application_view(row),
        applicant=person(row.applicant, viewer, with_email=owner_side),
        project=named,
        is_new=row.chain.state in {ProjectState.UNINITIALIZED, ProjectState.DELETED},
        issued=row.issue_date,
        response=row.response or "",
        responded=row.response_date,
        actions=_actions(row, viewer),
    )


def _actions(row: ProjectApplication, viewer: Viewer) -> list[str]:
    if row.chain.last_application_id != row.pk:
        return []
    decisions = (ApplicationAction.APPROVE, ApplicationAction.DENY) if viewer.is_admin else ()
    mine = viewer.is_admin or row.applicant_id == viewer.user.pk
    own = (ApplicationAction.CANCEL, ApplicationAction.DISMISS) if mine else ()
    return [
        str(action)
        for action in (*decisions, *own)
        if application_rules.MOVES[action][0] == row.state
    ]


def _seat(seat: ProjectMembership, project: Project, viewer: Viewer, house: House) -> SeatView:
    seat.project = project
    mine = msgspec.structs.replace(viewer, is_admin=False)
    actions = [
        str(action)
        for action in project_search.allowed(mine, seat, house)
        if action in {"leave", "cancel"}
    ]
    return SeatView(seat.pk, WORDS[MembershipState(seat.state)], actions)


def _standing(project: Project, viewer: Viewer, seat: ProjectMembership | None) -> str:
    return rules.standing(
        is_admin=viewer.is_admin,
        is_owner=project.owner_id == viewer.user.pk,
        is_member=seat is not None and seat.state in ACCEPTED_STATES,
        is_open=True,
    )
