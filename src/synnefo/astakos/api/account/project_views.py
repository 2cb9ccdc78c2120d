"""Projects, applications and memberships as the project API shows them. Spec: identity 9."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import UNSET

from synnefo.astakos.api.account.project_schemas import (
    ApplicationView,
    CapacityBody,
    LegacyApplicationView,
    ProjectBody,
    ProjectView,
)
from synnefo.astakos.domain import applications as rules
from synnefo.astakos.domain.applications import ApplicationState, Capacity, Wish
from synnefo.astakos.domain.memberships import WORDS, MembershipState
from synnefo.astakos.domain.projects import (
    POLICIES,
    POLICY_WORDS,
    PROJECT_STATES,
    Policy,
    ProjectState,
)
from synnefo.astakos.models import Project, ProjectApplication, ProjectMembership
from synnefo.astakos.usecases import project_search
from synnefo.astakos.usecases.project_search import Viewer
from synnefo.kit.faults import BadRequest
from synnefo.wire.provisions import INF

UNLIMITED = {"inf", "infinite", "unlimited"}


def projects(rows: Sequence[Project], viewer: Viewer) -> list[ProjectView]:
    """Show projects to somebody, with few queries for all of them."""
    dates = project_search.deactivated_at([row for row in rows if viewer.owns(row)])
    return [_project(row, viewer, dates.get(row.pk)) for row in rows]


def _project(row: Project, viewer: Viewer, deactivated: datetime | None) -> ProjectView:
    last = row.last_application
    return ProjectView(
        id=row.uuid,
        state=PROJECT_STATES[ProjectState(row.state)],
        creation_date=row.creation_date,
        end_date=row.end_date,
        name=row.realname,
        owner=row.owner.uuid if row.owner else None,
        homepage=row.homepage,
        description=row.description,
        join_policy=POLICIES[Policy(row.member_join_policy)],
        leave_policy=POLICIES[Policy(row.member_leave_policy)],
        max_members=row.limit_on_members_number,
        private=row.private,
        system_project=row.is_base,
        resources={
            grant.resource.name: CapacityBody(grant.member_capacity, grant.project_capacity)
            for grant in row.grants.all()
            if grant.resource.api_visible
        },
        last_application=(
            application(last) if last is not None and viewer.sees_application(row) else UNSET
        ),
        deactivation_date=deactivated or UNSET,
    )


def application(row: ProjectApplication) -> ApplicationView:
    """Show an application."""
    return ApplicationView(
        id=row.pk,
        state=rules.WORDS[ApplicationState(row.state)],
        name=row.name,
        owner=row.owner.uuid if row.owner else None,
        applicant=row.applicant.uuid,
        homepage=row.homepage,
        description=row.description,
        start_date=row.start_date,
        end_date=row.end_date,
        comments=row.comments,
        join_policy=_policy_word(row.member_join_policy),
        leave_policy=_policy_word(row.member_leave_policy),
        max_members=row.limit_on_members_number,
        private=row.private,
        resources={
            grant.resource.name: CapacityBody(grant.member_capacity, grant.project_capacity)
            for grant in row.grants.all()
        },
    )


def legacy_application(row: ProjectApplication) -> LegacyApplicationView:
    """Show an application as version 0.15 did."""
    view = application(row)
    fields = {name: getattr(view, name) for name in view.__struct_fields__}
    return LegacyApplicationView(
        project=row.chain.uuid, issue_date=row.issue_date, response=row.response, **fields
    )


def memberships(rows: Sequence[ProjectMembership], viewer: Viewer) -> list[dict[str, object]]:
    """Show memberships, each with what the viewer may do and when its states began."""
    houses = project_search.houses_of({row.project_id: row.project for row in rows}.values())
    dates = project_search.dates_of(rows)
    return [
        {
            "id": row.pk,
            "user": row.person.uuid,
            "project": row.project.uuid,
            "state": WORDS[MembershipState(row.state)],
            "allowed_actions": [
                action.value
                for action in project_search.allowed(viewer, row, houses[row.project_id])
            ],
            **dates[row.pk],
        }
        for row in rows
    ]


def wish(body: ProjectBody) -> Wish:
    """Read what an application asks for; BadRequest for words that mean nothing."""
    return Wish(
        name=body.name,
        owner=body.owner,
        homepage=body.homepage,
        description=body.description,
        start_date=_moment(body.start_date, "start_date"),
        end_date=_moment(body.end_date, "end_date"),
        member_join_policy=_policy(body.join_policy, "join_policy"),
        member_leave_policy=_policy(body.leave_policy, "leave_policy"),
        limit_on_members_number=_most(body.max_members),
        private=body.private,
        comments=body.comments,
        resources={
            name: Capacity(_amount(one.member_capacity), _amount(one.project_capacity))
            for name, one in (body.resources or {}).items()
        },
    )


def _policy_word(number: int | None) -> str | None:
    return None if number is None else POLICIES[Policy(number)]


def _policy(word: str | None, field: str) -> Policy | None:
    if word is not None and word not in POLICY_WORDS:
        raise BadRequest(f"'{field}' must be one of {', '.join(POLICY_WORDS)}.")
    return None if word is None else POLICY_WORDS[word]


def _moment(text: str | None, field: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"'{field}' must be a time such as 2031-02-03T00:00:00Z.") from error


def _amount(value: int | str) -> int:
    if isinstance(value, int):
        return value
    if value.strip().lower() in UNLIMITED:
        return INF
    raise BadRequest("A capacity must be a whole number or 'inf'.")


def _most(value: int | str | None) -> int | None:
    if value is None or isinstance(value, int):
        return value
    if value.strip().lower() in UNLIMITED:
        return INF
    if not (value.strip().isascii() and value.strip().isdigit() and len(value) <= 20):
        raise BadRequest("'max_members' must be a whole number or 'inf'.")
    return int(value)
