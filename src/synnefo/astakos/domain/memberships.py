"""The life of a membership: its states, and what each action needs. Spec: identity 3.6."""

from enum import IntEnum, StrEnum

import msgspec

from synnefo.astakos.domain.messages import fill
from synnefo.astakos.domain.projects import Policy, check_alive, check_initialised
from synnefo.kit.faults import Conflict


class MembershipState(IntEnum):
    """Where a membership is in its life. Spec: identity 3.6."""

    REQUESTED = 0
    ACCEPTED = 1
    LEAVE_REQUESTED = 5
    SUSPENDED = 10
    REJECTED = 100
    CANCELLED = 101
    REMOVED = 200


class MembershipAction(StrEnum):
    """What a member, the owner or an administrator does to a membership."""

    JOIN = "join"
    ACCEPT = "accept"
    REJECT = "reject"
    CANCEL = "cancel"
    ENROLL = "enroll"
    LEAVE = "leave"
    REMOVE = "remove"
    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"
    DENY_LEAVE = "deny_leave"
    CANCEL_LEAVE = "cancel_leave"


REQUESTED, ACCEPTED = MembershipState.REQUESTED, MembershipState.ACCEPTED
LEAVE_REQUESTED, SUSPENDED = MembershipState.LEAVE_REQUESTED, MembershipState.SUSPENDED
ASSOCIATED = (REQUESTED, ACCEPTED, LEAVE_REQUESTED, SUSPENDED)
ACCEPTED_STATES = (ACCEPTED, LEAVE_REQUESTED, SUSPENDED)
ACTUALLY_ACCEPTED = (ACCEPTED, LEAVE_REQUESTED)
WORDS = {state: state.name.lower() for state in MembershipState}

ADMIN_LABELS = {state: state.name.replace("_", " ").title() for state in MembershipState}
LABELS = {
    MembershipState.REQUESTED: "Join requested",
    MembershipState.ACCEPTED: "Accepted member",
    MembershipState.LEAVE_REQUESTED: "Requested to leave",
    MembershipState.SUSPENDED: "Suspended member",
    MembershipState.REJECTED: "Join request rejected",
    MembershipState.CANCELLED: "Join request cancelled",
    MembershipState.REMOVED: "Removed member",
}
NO_MEMBER = "Not a member"

GONE = tuple(state for state in MembershipState if state not in ASSOCIATED)
FROM: dict[MembershipAction, tuple[MembershipState, ...]] = {
    MembershipAction.JOIN: GONE,
    MembershipAction.ACCEPT: (REQUESTED,),
    MembershipAction.REJECT: (REQUESTED,),
    MembershipAction.CANCEL: (REQUESTED,),
    MembershipAction.ENROLL: (REQUESTED, *GONE),
    MembershipAction.LEAVE: ACCEPTED_STATES,
    MembershipAction.REMOVE: ACCEPTED_STATES,
    MembershipAction.SUSPEND: ACTUALLY_ACCEPTED,
    MembershipAction.UNSUSPEND: (SUSPENDED,),
    MembershipAction.DENY_LEAVE: (LEAVE_REQUESTED,),
    MembershipAction.CANCEL_LEAVE: (LEAVE_REQUESTED,),
}
"""The states from which each action may be taken."""

_TO = {
    MembershipAction.ACCEPT: ACCEPTED,
    MembershipAction.REJECT: MembershipState.REJECTED,
    MembershipAction.CANCEL: MembershipState.CANCELLED,
    MembershipAction.ENROLL: ACCEPTED,
    MembershipAction.REMOVE: MembershipState.REMOVED,
    MembershipAction.SUSPEND: SUSPENDED,
    MembershipAction.UNSUSPEND: ACCEPTED,
    MembershipAction.DENY_LEAVE: ACCEPTED,
    MembershipAction.CANCEL_LEAVE: ACCEPTED,
}
_FREE_OF_POLICIES = {MembershipAction.SUSPEND, MembershipAction.UNSUSPEND}
_ENTERING = {MembershipAction.JOIN, MembershipAction.ACCEPT, MembershipAction.ENROLL}
_LEAVING = {MembershipAction.LEAVE, MembershipAction.REMOVE}
_MEMBERS_OWN = (MembershipAction.LEAVE, MembershipAction.CANCEL)
_OWNERS_OWN = (MembershipAction.ACCEPT, MembershipAction.REJECT, MembershipAction.REMOVE)
_STATES_TOLD = {
    None: "not a member yet",
    REQUESTED: "waiting for an answer to a request to join",
    ACCEPTED: "a member already",
    LEAVE_REQUESTED: "a member who asked to leave",
    SUSPENDED: "a suspended member",
}


class House(msgspec.Struct, frozen=True, kw_only=True):
    """What a project says to whoever comes or goes."""

    state: int
    join_policy: int
    leave_policy: int
    accepted: int
    limit: int

    @property
    def has_room(self) -> bool:
        """Tell whether one more member fits."""
        return self.accepted + 1 <= self.limit


def move(action: MembershipAction, state: MembershipState | None, house: House) -> MembershipState:
    """Answer the state that an action leads to; Conflict says why it cannot be taken.

    `state` None: there is no membership yet.
    """
    _check_project(action, house)
    _check_state(action, state)
    if action in _ENTERING and house.join_policy == Policy.CLOSED:
        raise Conflict(fill("MEMBER_JOIN_POLICY_CLOSED"))
    if action in _LEAVING and house.leave_policy == Policy.CLOSED:
        raise Conflict(fill("MEMBER_LEAVE_POLICY_CLOSED"))
    if action is MembershipAction.JOIN:
        return ACCEPTED if house.join_policy == Policy.AUTO and house.has_room else REQUESTED
    if action is MembershipAction.LEAVE:
        auto = house.leave_policy == Policy.AUTO
        return MembershipState.REMOVED if auto else LEAVE_REQUESTED
    if action in _ENTERING and not house.has_room:
        raise Conflict(fill("MEMBER_NUMBER_LIMIT_REACHED", limit=house.limit))
    return _TO[action]


def _check_project(action: MembershipAction, house: House) -> None:
    if action in _FREE_OF_POLICIES:
        check_initialised(house.state)
    else:
        check_alive(house.state)


def _check_state(action: MembershipAction, state: MembershipState | None) -> None:
    if state is None and action in {MembershipAction.JOIN, MembershipAction.ENROLL}:
        return
    if state is None or state not in FROM[action]:
        told = _STATES_TOLD.get(state, "not a member any more")
        done = action.replace("_", " ")
        raise Conflict(fill(_refusal(action, state), action=done, state=told))


def _refusal(action: MembershipAction, state: MembershipState | None) -> str:
    """Name the sentence that says why an action cannot be taken in a state."""
    if action in {MembershipAction.JOIN, MembershipAction.ENROLL}:
        return "MEMBERSHIP_ASSOCIATED"
    if action is MembershipAction.ACCEPT and state == ACCEPTED:
        return "MEMBERSHIP_ACCEPTED"
    return "NOT_MEMBERSHIP_REQUEST" if FROM[action] == (REQUESTED,) else "NOT_ACCEPTED_MEMBERSHIP"


def allowed(
    state: MembershipState, house: House, *, is_member: bool, is_owner: bool, is_admin: bool
) -> list[MembershipAction]:
    """List what somebody may do to a membership now. Spec: identity 9.6."""
    mine = _MEMBERS_OWN if is_member or is_admin else ()
    theirs = _OWNERS_OWN if is_owner or is_admin else ()
    return [action for action in (*mine, *theirs) if _can(action, state, house)]


def _can(action: MembershipAction, state: MembershipState, house: House) -> bool:
    try:
        move(action, state, house)
    except Conflict:
        return False
    return True
