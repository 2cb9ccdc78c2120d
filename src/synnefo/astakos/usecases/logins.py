"""Signing in by password; the same work and the same refusal whatever is wrong."""

from datetime import timedelta

from django.db import transaction

from synnefo.astakos.domain import account_states, messages
from synnefo.astakos.models import DATABASE, LoginFailures, User, rows
from synnefo.astakos.usecases import (
    attempts,
    audit,
    auth_policies,
    known_devices,
    passwords,
    second_factors,
)
from synnefo.astakos.usecases.attempts import PUZZLE, Attempt, Knock
from synnefo.kit.clock import now
from synnefo.kit.faults import Forbidden, Unauthorized
from synnefo.serve.statements import fetch

_MEANT = "(r.username = %s OR r.uuid = %s) ORDER BY r.email_verified DESC, r.id DESC LIMIT 1"
_CAME_IN = "UPDATE astakos_user SET last_login = %s WHERE id = %s"
_BY_LOCAL = """
UPDATE astakos_authprovider SET last_login_at = %s WHERE user_id = %s AND module = 'local'
"""
REFUSED = "The user name or the password is wrong, or the account is not active."
NOT_LOCAL = messages.DEFAULTS["NO_LOCAL_AUTH"]
FACTOR_DUE = "The account must have a second factor. Sign in on the pages to set one up."
PASSWORD_DUE = "The password has to be changed first. Sign in on the pages to do so."  # noqa: S105


def by_password(identifier: str, password: str, address: str, *, may_be_due: bool = False) -> User:
    """Answer the active user who knows a password; the same refusal whatever is wrong.

    `identifier` is the e-mail address or the uuid; `may_be_due` takes a password that has to be
    changed. Raises Unauthorized, TooManyRequests.
    """
    knock = Knock(identifier=identifier, address=address)
    user, attempt = _proven(knock, password)
    if not user.is_active or not auth_policies.allowed("local", "login", user):
        raise Unauthorized(REFUSED)
    if passwords.is_due(user) and not may_be_due:
        raise Unauthorized(PASSWORD_DUE)
    if second_factors.is_required(user) and not second_factors.is_on(user):
        raise Unauthorized(FACTOR_DUE)
    _welcome(user, password, attempt)
    known_devices.remember(user, "", address)
    return user


def knocked(knock: Knock, password: str) -> User:
    """Answer the user who knows a password, for a page that tells them why they may not in.

    Raises Forbidden with the reason, which only who knows the password learns.
    Spec: identity 13.3.
    """
    user, attempt = _proven(knock, password)
    if not user.is_active:
        raise Forbidden(
            f"You cannot sign in: {account_states.show(user.account)}.",
            headers={"X-Account-State": _state(user)},
        )
    if not auth_policies.allowed("local", "login", user):
        raise Forbidden(NOT_LOCAL, headers={"X-Account-State": "not-local"})
    _welcome(user, password, attempt)
    return user


def confirm(user: User, password: str, knock: Knock) -> None:
    """Check again the password of somebody who is in; counted like any attempt."""
    attempt = attempts.begin(knock, user)
    if not passwords.is_right(user.password, password):
        attempts.failed(attempt)
        raise Unauthorized("The password is wrong.")
    attempts.succeeded(attempt)


def forget_old(seconds: float = 86400.0) -> int:
    """Delete counts of failures that hold nobody up any more; answer how many."""
    old = LoginFailures.objects.filter(since__lt=now() - timedelta(seconds=seconds))
    return old.delete()[0]


def _proven(knock: Knock, password: str) -> tuple[User, Attempt]:
    """Count, then check; nobody's password takes as long as somebody's."""
    user = _find(knock.identifier)
    attempt = attempts.begin(knock, user)
    right = passwords.is_right(user.password if user else "", password)
    if user is None or not right:
        with transaction.atomic(using=DATABASE):
            attempts.failed(attempt)
            audit.record("session.refused", subject=user, address=knock.address, method="password")
        raise Unauthorized(REFUSED, headers=PUZZLE if attempt.last else None)
    return user, attempt


def _find(identifier: str) -> User | None:
    """Find by address or uuid, in one query: a verified user, else one who is not yet."""
    found = rows.find(User, _MEANT, (identifier.strip().lower(), identifier))
    return found[0] if found else None


def _welcome(user: User, password: str, attempt: Attempt) -> None:
    moment, fresh = rows.stamp(User, now()), ""
    if passwords.is_outdated(user.password):
        fresh = passwords.hash_password(password)
    with transaction.atomic(using=DATABASE):
        fetch(DATABASE, _CAME_IN, (moment, user.pk))
        if fresh:
            User.objects.filter(pk=user.pk).update(password=fresh)
        fetch(DATABASE, _BY_LOCAL, (moment, user.pk))
        attempts.succeeded(attempt)


def _state(user: User) -> str:
    if not user.email_verified:
        return "unverified"
    if not user.moderated:
        return "pending"
    return "rejected" if user.is_rejected else "disabled"
