"""Which step a sign-in takes next. Pure."""

from enum import StrEnum

import msgspec


class Step(StrEnum):
    """What a person who gave the right password, or the like, still has to do."""

    FACTOR = "second-factor"
    ENROL = "enrol"
    PASSWORD = "new-password"  # noqa: S105 - the name of a step


STRONG = frozenset({"passkey"})
"""Methods that prove possession and a person at once, so that no second factor is asked."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides about the next step."""

    method: str
    passed: str = ""
    has_factor: bool = False
    must_have_factor: bool = False
    password_is_due: bool = False


def next_step(facts: Facts) -> Step | None:
    """Answer what is still to be done; None when the person is in."""
    if not facts.passed and facts.method not in STRONG:
        if facts.has_factor:
            return Step.FACTOR
        if facts.must_have_factor:
            return Step.ENROL
    if facts.password_is_due and facts.method == "password":
        return Step.PASSWORD
    return None
