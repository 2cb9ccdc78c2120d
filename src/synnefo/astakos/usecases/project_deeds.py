"""Operators' deeds on projects and applications, many at once, with a preview."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

import msgspec

from synnefo.astakos.domain import applications as application_rules
from synnefo.astakos.domain import projects as rules
from synnefo.astakos.domain.applications import ApplicationAction, ApplicationState
from synnefo.astakos.domain.projects import ProjectAction, ProjectState
from synnefo.astakos.models import Project, ProjectApplication, ProjectMembership, User
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED
from synnefo.astakos.usecases import applications, project_states
from synnefo.kit.faults import Fault


class Decision(StrEnum):
    """What an operator answers to an application."""

    APPROVE = "approve"
    DENY = "deny"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came, or will come, of a deed on one project; `refused` tells why nothing does."""

    project: Project
    application: int | None = None
    before: str
    after: str
    effects: dict[str, int] = {}
    refused: str = ""


def preview(action: ProjectAction, projects: Sequence[Project]) -> list[Outcome]:
    """Tell what an action would do to each of some projects; nothing changes."""
    return [_foresee(action, project) for project in projects]


def carry_out(
    action: ProjectAction, projects: Sequence[Project], *, actor: User, reason: str
) -> list[Outcome]:
    """Do an action to each of some projects, each in a transaction of its own."""

    found: list[Outcome] = []
    for project in projects:
        with _telling(_foresee(action, project), found) as seen:
            if not seen.refused:
                project_states.act(project, action, actor=actor, reason=reason)
    return found


def preview_decision(decision: Decision, waiting: Sequence[ProjectApplication]) -> list[Outcome]:
    """Tell what an answer to some applications would do; nothing changes."""
    return [_foresee_decision(decision, one) for one in waiting]


def decide(
    decision: Decision, waiting: Sequence[ProjectApplication], *, actor: User, reason: str
) -> list[Outcome]:
    """Answer some applications, each in a transaction of its own."""
    action = ApplicationAction(decision.value)
    found: list[Outcome] = []
    for one in waiting:
        with _telling(_foresee_decision(decision, one), found) as seen:
            if not seen.refused:
                applications.act(one, action, actor=actor, reason=reason)
    return found


@contextmanager
def _telling(seen: Outcome, found: list[Outcome]) -> Iterator[Outcome]:
    """Keep what came of a deed: what was foreseen, or why it was refused after all."""
    try:
        yield seen
    except Fault as fault:
        seen = msgspec.structs.replace(seen, after=seen.before, effects={}, refused=fault.message)
    found.append(seen)


def _foresee(action: ProjectAction, project: Project) -> Outcome:
    before = _word(project.state)
    try:
        target = rules.move(action, project_states.facts_of(project))
    except Fault as fault:
        return Outcome(project=project, before=before, after=before, refused=fault.message)
    members = ProjectMembership.objects.filter(project=project, state__in=ACTUALLY_ACCEPTED)
    found = {"members": members.count()}
    return Outcome(project=project, before=before, after=_word(target), effects=found)


def _foresee_decision(decision: Decision, one: ProjectApplication) -> Outcome:
    project = one.chain
    before = _word(project.state)
    try:
        application_rules.move(ApplicationAction(decision.value), ApplicationState(one.state))
    except Fault as fault:
        return Outcome(
            project=project, application=one.pk, before=before, after=before, refused=fault.message
        )
    approved = decision is Decision.APPROVE
    after = _word(ProjectState.NORMAL) if approved else before
    limits = {"limits": len(one.wish.resources)} if approved else {}
    return Outcome(project=project, application=one.pk, before=before, after=after, effects=limits)


def _word(state: int) -> str:
    return rules.PROJECT_STATES[ProjectState(state)]
