"""The life of a project: its states, what moves it between them, who may. Spec: identity 3.3."""

from enum import IntEnum, StrEnum

import msgspec

from synnefo.astakos.domain.messages import fill
from synnefo.kit.faults import Conflict


class ProjectState(IntEnum):
    """Where a project is in its life. Spec: identity 3.3."""

    UNINITIALIZED = 0
    NORMAL = 1
    SUSPENDED = 10
    TERMINATED = 100
    DELETED = 1000


class Policy(IntEnum):
    """How people come into a project, and how they leave it."""

    AUTO = 1
    MODERATED = 2
    CLOSED = 3


class ProjectAction(StrEnum):
    """What administrators do to a project."""

    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"
    TERMINATE = "terminate"
    REINSTATE = "reinstate"


class Standing(StrEnum):
    """How somebody stands to a project, from the farthest to the nearest. Spec: identity 3.8."""

    STRANGER = "stranger"
    VIEWER = "viewer"
    MEMBER = "member"
    OWNER = "owner"
    ADMIN = "admin"


PROJECT_STATES = {
    ProjectState.UNINITIALIZED: "uninitialized",
    ProjectState.NORMAL: "active",
    ProjectState.SUSPENDED: "suspended",
    ProjectState.TERMINATED: "terminated",
    ProjectState.DELETED: "deleted",
}
POLICIES = {Policy.AUTO: "auto", Policy.MODERATED: "moderated", Policy.CLOSED: "closed"}
POLICY_WORDS = {word: number for number, word in POLICIES.items()}
INITIALISED = (ProjectState.NORMAL, ProjectState.SUSPENDED, ProjectState.TERMINATED)
ALIVE = (ProjectState.NORMAL, ProjectState.SUSPENDED)
DEACTIVATED = (ProjectState.SUSPENDED, ProjectState.TERMINATED)

MOVES: dict[ProjectAction, tuple[tuple[ProjectState, ...], ProjectState]] = {
    ProjectAction.SUSPEND: ((ProjectState.NORMAL,), ProjectState.SUSPENDED),
    ProjectAction.UNSUSPEND: ((ProjectState.SUSPENDED,), ProjectState.NORMAL),
    ProjectAction.TERMINATE: (ALIVE, ProjectState.TERMINATED),
    ProjectAction.REINSTATE: ((ProjectState.TERMINATED,), ProjectState.NORMAL),
}
"""Per action: the states in which it may be taken, and the one it leads to."""


class ProjectFacts(msgspec.Struct, frozen=True):
    """What decides whether a project may be moved."""

    state: ProjectState
    is_base: bool = False


def move(action: ProjectAction, facts: ProjectFacts) -> ProjectState:
    """Answer the state that an action leads to; Conflict when it cannot be taken now."""
    allowed, target = MOVES[action]
    if facts.is_base and action in {ProjectAction.TERMINATE, ProjectAction.REINSTATE}:
        raise Conflict(fill("BASE_NO_TERMINATE", done=_done(action)))
    if facts.state not in allowed:
        told = PROJECT_STATES[facts.state]
        raise Conflict(fill(_refusal(action, facts.state), state=told, done=_done(action)))
    return target


def allowed_moves(facts: ProjectFacts) -> list[ProjectAction]:
    """List the actions that an administrator could take now."""
    found = []
    for action, (allowed, _target) in MOVES.items():
        bound = facts.is_base and action in {ProjectAction.TERMINATE, ProjectAction.REINSTATE}
        if facts.state in allowed and not bound:
            found.append(action)
    return found


def _refusal(action: ProjectAction, state: ProjectState) -> str:
    """Name the sentence that says why an action cannot be taken in a state."""
    if action is ProjectAction.UNSUSPEND:
        return "NOT_SUSPENDED_PROJECT"
    if action is ProjectAction.REINSTATE:
        return "NOT_TERMINATED_PROJECT"
    if state is ProjectState.UNINITIALIZED:
        return "NOT_INITIALIZED_PROJECT"
    return "SUSPENDED_PROJECT" if state is ProjectState.SUSPENDED else "NOT_ALIVE_PROJECT"


def _done(action: ProjectAction) -> str:
    return {"suspend": "suspended", "unsuspend": "unsuspended"}.get(action, f"{action}d")


def check_initialised(state: int) -> None:
    """Refuse what only a project that was once approved can bear."""
    if state not in INITIALISED:
        raise Conflict(fill("UNINITIALIZED_NO_MODIFY"))


def check_alive(state: int) -> None:
    """Refuse what only a project in use can bear."""
    if state not in ALIVE:
        raise Conflict(fill("NOT_ALIVE_PROJECT", state=PROJECT_STATES[ProjectState(state)]))


def show(state: int, last_application: str | None) -> str:
    """Tell a project's state in a word, with its application's where it has none of its own.

    Spec: identity 3.5.
    """
    if state == ProjectState.UNINITIALIZED and last_application in {"pending", "denied"}:
        return last_application.capitalize()
    if state == ProjectState.DELETED and last_application in {"dismissed", "cancelled"}:
        return last_application.capitalize()
    return PROJECT_STATES[ProjectState(state)].capitalize()


def standing(*, is_admin: bool, is_owner: bool, is_member: bool, is_open: bool) -> Standing:
    """Answer the nearest way in which somebody stands to a project. Spec: identity 3.8."""
    if is_admin:
        return Standing.ADMIN
    if is_owner:
        return Standing.OWNER
    if is_member:
        return Standing.MEMBER
    return Standing.VIEWER if is_open else Standing.STRANGER
