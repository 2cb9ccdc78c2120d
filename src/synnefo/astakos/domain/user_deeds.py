"""What operators do to accounts, and what would come of it. Spec: identity 3.2, 3.7."""

from enum import StrEnum

from synnefo.astakos.domain import account_states
from synnefo.astakos.domain.account_states import Account, Action
from synnefo.kit.faults import Conflict


class State(StrEnum):
    """Where an account is in its life, in one word."""

    UNVERIFIED = "unverified"
    PENDING = "pending"
    REJECTED = "rejected"
    ACTIVE = "active"
    INACTIVE = "inactive"


class Deed(StrEnum):
    """What an operator may do to one account or to many."""

    VERIFY = "verify"
    ACCEPT = "accept"
    REJECT = "reject"
    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    DELETE = "delete"
    SEND_VERIFICATION = "send_verification"
    SEND_PASSWORD_RESET = "send_password_reset"  # noqa: S105 - a word, no password
    END_SESSIONS = "end_sessions"
    RESET_SECOND_FACTOR = "reset_second_factor"
    ADD_TO_GROUP = "add_to_group"
    TAKE_FROM_GROUP = "take_from_group"


FINAL = {Deed.DELETE, Deed.RESET_SECOND_FACTOR, Deed.END_SESSIONS}
"""Deeds that no other deed takes back."""
REVERSE = {
    Deed.ACTIVATE: Deed.DEACTIVATE,
    Deed.DEACTIVATE: Deed.ACTIVATE,
    Deed.REJECT: Deed.ACCEPT,
    Deed.ADD_TO_GROUP: Deed.TAKE_FROM_GROUP,
    Deed.TAKE_FROM_GROUP: Deed.ADD_TO_GROUP,
}
"""Deeds, and those that take them back."""


_ACTIONS = {
    Deed.VERIFY: Action.VERIFY,
    Deed.ACCEPT: Action.ACCEPT,
    Deed.REJECT: Action.REJECT,
    Deed.ACTIVATE: Action.ACTIVATE,
    Deed.DEACTIVATE: Action.DEACTIVATE,
    Deed.DELETE: Action.DELETE,
}


def state_of(account: Account) -> State:
    """Tell an account's state in one word; first match as in the specification."""
    if not account.verified:
        return State.UNVERIFIED
    if not account.moderated:
        return State.PENDING
    if account.rejected:
        return State.REJECTED
    return State.ACTIVE if account.active else State.INACTIVE


def problem(deed: Deed, account: Account) -> str:
    """Tell why a deed cannot be done to an account; empty when it can."""
    if deed in _ACTIONS:
        try:
            account_states.check(_ACTIONS[deed], account)
        except Conflict as fault:
            return fault.message
        return _idle(deed, account)
    if deed is Deed.SEND_VERIFICATION and account.verified:
        return "The e-mail address is verified already."
    if deed is Deed.SEND_PASSWORD_RESET and not account.active:
        return "The account is not active, so a new password would lead nowhere."
    return ""


def _idle(deed: Deed, account: Account) -> str:
    if deed is Deed.DEACTIVATE and not account.active:
        return "The account is not active."
    return ""


def after(deed: Deed, account: Account, *, gets_in: bool = False) -> State | None:
    """Tell the state that a deed leads to; None when the account is gone then.

    `gets_in` tells whether a rule accepts the person as soon as the address is verified.
    """
    if deed is Deed.DELETE:
        return None
    if deed is Deed.VERIFY:
        return State.ACTIVE if gets_in or account.accepted else State.PENDING
    leads = {
        Deed.ACCEPT: State.ACTIVE,
        Deed.ACTIVATE: State.ACTIVE,
        Deed.REJECT: State.REJECTED,
        Deed.DEACTIVATE: State.INACTIVE,
    }
    return leads.get(deed, state_of(account))
