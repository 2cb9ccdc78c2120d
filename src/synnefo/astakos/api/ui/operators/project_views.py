"""From rows to what operators are shown of projects and applications."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from synnefo.astakos.api.ui.operators.project_schemas import (
    ApplicationRow,
    Change,
    Grant,
    LimitChange,
    Member,
    Owner,
    ProjectDetail,
    ProjectOutcome,
    ProjectRow,
)
from synnefo.astakos.api.ui.operators.user_views import when
from synnefo.astakos.domain import projects as rules
from synnefo.astakos.domain.applications import ATTRIBUTES, WORDS, ApplicationState
from synnefo.astakos.domain.projects import POLICIES, PROJECT_STATES, Policy, ProjectState
from synnefo.astakos.models import (
    Holding,
    Project,
    ProjectApplication,
    ProjectMembership,
    Resource,
    User,
)
from synnefo.astakos.models.projects import MembershipState
from synnefo.astakos.usecases import operator_projects, project_states
from synnefo.astakos.usecases.project_deeds import Outcome
from synnefo.kit.clock import stamp
from synnefo.wire.provisions import project_holder

MOST = 200
"""Rows of one kind that a project's page shows at most."""


def rows(projects: Sequence[Project]) -> list[ProjectRow]:
    """Show some projects, with one query for all members."""
    members = operator_projects.member_counts(projects)
    return [_row(one, members.get(one.pk, 0)) for one in projects]


def detail(project: Project) -> ProjectDetail:
    """Show everything about one project."""
    return ProjectDetail(
        project=rows([project])[0],
        description=project.description,
        homepage=project.homepage,
        join_policy=POLICIES[Policy(project.member_join_policy)],
        leave_policy=POLICIES[Policy(project.member_leave_policy)],
        max_members=project.limit_on_members_number,
        is_private=project.private,
        grants=_grants(project),
        members=_members(project),
        log=_log(project),
        applications=[
            application(one)
            for one in ProjectApplication.objects.filter(chain=project)
            .whole()
            .order_by("-pk")[:MOST]
        ],
        actions=rules.allowed_moves(project_states.facts_of(project)),
    )


def application(one: ProjectApplication) -> ApplicationRow:
    """Show an application with the difference to what is in force."""
    project = one.chain
    return ApplicationRow(
        id=one.pk,
        project=project.uuid,
        project_name=one.name or project.realname,
        is_new=project.state == ProjectState.UNINITIALIZED,
        state=WORDS[ApplicationState(one.state)],
        applicant=owner(one.applicant),
        issued=stamp(one.issue_date),
        comments=one.comments or "",
        answered=when(one.response_date),
        answer=one.response or "",
        changes=_changes(one),
        limits=_limit_changes(one),
    )


def outcomes(found: Iterable[Outcome]) -> list[ProjectOutcome]:
    """Show what came of a deed."""
    return [
        ProjectOutcome(
            id=one.project.uuid,
            application=one.application,
            name=one.project.display_name,
            before=one.before,
            after=one.after,
            effects=one.effects,
            refused=one.refused,
        )
        for one in found
    ]


def owner(user: User) -> Owner:
    """Show the person behind something."""
    return Owner(user.uuid, user.email, user.realname)


def units() -> dict[str, str]:
    """Answer the unit of each resource; empty for what is counted."""
    return {name: unit or "" for name, unit in Resource.objects.values_list("name", "unit")}


def _row(one: Project, members: int) -> ProjectRow:
    system_user = getattr(one, "system_user", None) if one.is_base else None
    person = system_user or one.owner
    last = one.last_application
    waits = last is not None and last.state == ApplicationState.PENDING
    return ProjectRow(
        id=one.uuid,
        name=one.display_name,
        owner=owner(person) if person else None,
        state=PROJECT_STATES[ProjectState(one.state)],
        is_system=one.is_base,
        created=stamp(one.creation_date),
        ends=stamp(one.end_date),
        members=members,
        application=last.pk if last is not None and waits else None,
    )


def _grants(project: Project) -> list[Grant]:
    held = {
        one.resource: one
        for one in Holding.objects.filter(holder=project_holder(project.uuid), source="")
    }
    found = []
    for grant in project.grants.select_related("resource").order_by("resource__name"):
        one = held.get(grant.resource.name)
        found.append(
            Grant(
                resource=grant.resource.name,
                unit=grant.resource.unit or "",
                member_limit=grant.member_capacity,
                project_limit=grant.project_capacity,
                usage=one.usage_max if one else 0,
                pending=one.usage_max - one.usage_min if one else 0,
            )
        )
    return found


def _members(project: Project) -> list[Member]:
    seats = ProjectMembership.objects.filter(project=project).select_related("person")
    return [
        Member(
            one.person.uuid,
            one.person.email,
            one.person.realname,
            MembershipState(one.state).name.lower(),
        )
        for one in seats.order_by("state", "person__username")[:MOST]
    ]


def _log(project: Project) -> list[Change]:
    return [
        Change(
            at=stamp(one.date),
            before=PROJECT_STATES[ProjectState(one.from_state)]
            if one.from_state is not None
            else None,
            after=PROJECT_STATES[ProjectState(one.to_state)],
            actor=one.actor.email if one.actor else "",
            reason=one.reason,
        )
        for one in project.log.select_related("actor").order_by("-pk")[:MOST]
    ]


def _changes(one: ProjectApplication) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    is_new = one.chain.state == ProjectState.UNINITIALIZED
    for name in ATTRIBUTES:
        wanted = getattr(one, name)
        if wanted is None:
            continue
        now = getattr(one.chain, "realname" if name == "name" else name)
        if is_new or now != wanted:
            found[name] = ["" if is_new else _text(name, now), _text(name, wanted)]
    return found


def _text(name: str, value: object) -> str:
    if name.endswith("_policy"):
        return POLICIES[Policy(int(str(value)))]
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.email if isinstance(value, User) else str(value)


def _limit_changes(one: ProjectApplication) -> list[LimitChange]:
    now = {grant.resource.name: grant for grant in one.chain.grants.select_related("resource")}
    measured = units()
    found = []
    for name, wanted in sorted(one.wish.resources.items()):
        held = now.get(name)
        found.append(
            LimitChange(
                resource=name,
                unit=measured.get(name, ""),
                member_now=held.member_capacity if held else 0,
                member_wanted=wanted.member_capacity,
                project_now=held.project_capacity if held else 0,
                project_wanted=wanted.project_capacity,
            )
        )
    return found
