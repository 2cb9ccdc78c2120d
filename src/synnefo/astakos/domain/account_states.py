"""The states of an account and what may be done in each. Spec: identity 3.2."""

import re
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from synnefo.kit.faults import Conflict


class Action(StrEnum):
    """What an administrator, or the person, does to an account."""

    VERIFY = "verify"
    ACCEPT = "accept"
    REJECT = "reject"
    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    DELETE = "delete"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that make an account's state."""

    verified: bool = False
    moderated: bool = False
    rejected: bool = False
    active: bool = False
    policy: str = ""
    reason: str = ""

    @property
    def accepted(self) -> bool:
        """Tell whether somebody let this person in."""
        return self.moderated and not self.rejected


def check(action: Action, account: Account) -> None:
    """Refuse an action that the account is in no state to take."""
    problem = _problem(action, account)
    if problem:
        raise Conflict(f"Cannot {action} this user: {problem}.")


def _problem(action: Action, account: Account) -> str:
    if action is Action.DELETE:
        return "accepted users can only be deactivated" if account.accepted else ""
    if action is Action.VERIFY:
        return "the e-mail address is verified already" if account.verified else ""
    if not account.verified:
        return "the e-mail address is not verified yet"
    if action is Action.ACCEPT:
        return "the user is accepted already" if account.accepted else ""
    if action is Action.REJECT:
        return "the user was accepted or rejected already" if account.moderated else ""
    if not account.accepted:
        return "the user is not accepted"
    if action is Action.ACTIVATE and account.active:
        return "the user is active already"
    return ""


def show(account: Account) -> str:
    """Tell an account's state in words."""
    if not account.verified:
        return "Pending email verification"
    if not account.moderated:
        return "Pending moderation"
    reason = f" ({account.reason})" if account.reason else ""
    if account.rejected:
        return f"Rejected{reason}"
    manual = account.policy == "manual"
    policy = " (manually accepted)" if manual else f" (accepted policy: {account.policy})"
    return f"Accepted/Active{policy}" if account.active else f"Accepted/Inactive{reason}{policy}"


def acceptance_policy(email: str, *, moderation: bool, patterns: Sequence[str]) -> str | None:
    """Tell by which policy a verified person gets in at once; None: somebody decides.

    Spec: identity 3.2.2, rules 1 and 2.
    """
    if not moderation:
        return "auto_moderation"
    if any(re.match(pattern, email) for pattern in patterns):
        return "email"
    return None
