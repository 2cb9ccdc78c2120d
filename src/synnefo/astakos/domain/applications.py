"""Requests for projects: their states, what they may say, what they change.

Spec: identity 3.4, 9.3, 9.4.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum

import msgspec

from synnefo.astakos.domain.messages import fill
from synnefo.kit.faults import BadRequest, Conflict
from synnefo.wire.provisions import INF


class ApplicationState(IntEnum):
    """Where an application is in its life."""

    PENDING = 0
    APPROVED = 1
    REPLACED = 2
    DENIED = 3
    DISMISSED = 4
    CANCELLED = 5


class ApplicationAction(StrEnum):
    """What becomes of an application."""

    APPROVE = "approve"
    DENY = "deny"
    CANCEL = "cancel"
    DISMISS = "dismiss"


WORDS = {state: state.name.lower() for state in ApplicationState}
LABELS = {state: state.name.capitalize() for state in ApplicationState} | {
    ApplicationState.PENDING: "Pending review"
}
PENDING, DENIED = ApplicationState.PENDING, ApplicationState.DENIED

MOVES: dict[ApplicationAction, tuple[ApplicationState, ApplicationState]] = {
    ApplicationAction.APPROVE: (PENDING, ApplicationState.APPROVED),
    ApplicationAction.DENY: (PENDING, ApplicationState.DENIED),
    ApplicationAction.CANCEL: (PENDING, ApplicationState.CANCELLED),
    ApplicationAction.DISMISS: (DENIED, ApplicationState.DISMISSED),
}

MOST_NAME, MOST_ADDRESS, MOST_TEXT = 80, 255, 4096
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_NAME = re.compile(rf"^(?:{_LABEL}\.)+[a-zA-Z]{{2,6}}$")
_ADDRESS = re.compile(r"^https?://[^\s<>\"]+$", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Capacity(msgspec.Struct, frozen=True):
    """What each member may use of a resource, and all of them together."""

    member_capacity: int
    project_capacity: int


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What an application asks for; None: leave it as it is.

    `owner` is a uuid; policies are numbers; `resources` maps names to capacities.
    """

    name: str | None = None
    owner: str | None = None
    homepage: str | None = None
    description: str | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    member_join_policy: int | None = None
    member_leave_policy: int | None = None
    limit_on_members_number: int | None = None
    private: bool | None = None
    comments: str | None = None
    resources: Mapping[str, Capacity] = {}


ATTRIBUTES = (
    *("name", "owner", "homepage", "description", "end_date", "member_join_policy"),
    *("member_leave_policy", "limit_on_members_number", "private"),
)
"""What an application may set on its project."""
BOUND_TO_USER = ("name", "owner", "homepage", "description")
"""What a system project takes from its user. Spec: identity 3.9."""


def move(action: ApplicationAction, state: ApplicationState) -> ApplicationState:
    """Answer the state that an action leads to; Conflict when it cannot be taken now."""
    wanted, target = MOVES[action]
    if state is not wanted:
        raise Conflict(fill(f"APPLICATION_CANNOT_{action.upper()}", state=WORDS[state]))
    return target


def check_name(name: str) -> None:
    """Refuse a name that has not the form of a domain name. Spec: identity 9.3."""
    if len(name) > MOST_NAME:
        raise BadRequest(f"The name is longer than {MOST_NAME} characters.")
    if not _NAME.match(name):
        raise BadRequest(
            f"'{name}' is no name for a project. Write it like a domain name, such as "
            "physics.example.org."
        )


def check_new(wish: Wish, moment: datetime) -> None:
    """Refuse an application for a new project that lacks something or asks for nonsense."""
    if not wish.name:
        raise BadRequest("Give the project a name.")
    if wish.end_date is None:
        raise BadRequest("Say when the project ends, in 'end_date'.")
    check(wish, moment)


def check(wish: Wish, moment: datetime) -> None:
    """Refuse an application that asks for nonsense. Spec: identity 9.3."""
    if wish.name is not None:
        check_name(wish.name)
    if wish.end_date is not None and wish.end_date <= moment:
        raise BadRequest("The end date has passed already. Choose one in the future.")
    if wish.start_date and wish.end_date and wish.start_date >= wish.end_date:
        raise BadRequest("The project would end before it starts.")
    most = wish.limit_on_members_number
    if most is not None and not 0 <= most <= INF:
        raise BadRequest(f"The limit on members must be from 0 to {INF}.")
    _check_texts(wish)
    for name, capacity in wish.resources.items():
        check_capacity(name, capacity)


def check_capacity(name: str, capacity: Capacity) -> None:
    """Refuse limits that no pool can have."""
    if not 0 <= capacity.member_capacity <= capacity.project_capacity <= INF:
        raise BadRequest(
            f"{name}: what a member may use must be from 0 to what the whole project may use, "
            f"and that at most {INF}."
        )


def _check_texts(wish: Wish) -> None:
    for name, most in (
        ("homepage", MOST_ADDRESS),
        ("description", MOST_TEXT),
        ("comments", MOST_TEXT),
    ):
        text = getattr(wish, name)
        if text and (len(text) > most or _CONTROL.search(text)):
            raise BadRequest(f"The {name} is longer than {most} characters, or not plain text.")
    if wish.homepage and not _ADDRESS.match(wish.homepage):
        raise BadRequest("The homepage must be an address that begins with http:// or https://.")


def check_system(wish: Wish, *, is_base: bool) -> None:
    """Refuse changes of what a system project takes from its user."""
    bound = [name for name in BOUND_TO_USER if getattr(wish, name) is not None]
    if is_base and bound:
        raise Conflict(fill("BASE_NO_MODIFY_FIELDS", fields=", ".join(bound)))


def changes_of(wish: Wish) -> dict[str, object]:
    """Pick the attributes that an application sets on its project."""
    return {name: getattr(wish, name) for name in ATTRIBUTES if getattr(wish, name) is not None}
