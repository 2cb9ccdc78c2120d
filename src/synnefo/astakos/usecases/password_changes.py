"""Passwords changed by their owners: by the old one, by a mailed link, or because they must.

A request for a link costs the same for every address: all that differs is done by an errand.
Spec: identity 13.8.
"""

from datetime import timedelta

from django.db import transaction

from synnefo.astakos.domain.attempts import place_of
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import (
    DATABASE,
    AuthProvider,
    PasswordReset,
    Token,
    User,
)
from synnefo.astakos.settings import AstakosSettings, SecuritySettings
from synnefo.astakos.usecases import (
    addresses,
    attempts,
    audit,
    auth_policies,
    known_devices,
    passwords,
    sessions,
    tokens,
    users,
)
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import Conflict, Forbidden, Gone, TooManyRequests
from synnefo.kit.ids import new_token
from synnefo.serve import mail
from synnefo.serve.errands import Errand

SEND_RESET = Errand("astakos.send_password_reset")
PER_ACCOUNT, PER_ADDRESS = 3, 20
"""Links that an account and an address may ask for in the window."""
WINDOW = timedelta(hours=1)
BAD_LINK = "This link was used already or is too old. Ask for a new one."
LOCAL = "local"


def ask_for_link(identifier: str, address: str, *, puzzle_solved: bool = False) -> None:
    """Have a link mailed, if there is such an account; the asker cannot tell.

    Raises TooManyRequests for an address that asks too often without solving puzzles.
    """
    fits = attempts.count("reset-from", place_of(address), PER_ADDRESS, WINDOW)
    if not (fits or puzzle_solved):
        raise TooManyRequests(
            "Too many links were asked for from here. Try again in an hour.",
            headers={"Retry-After": str(int(WINDOW.total_seconds())), **attempts.PUZZLE},
        )
    SEND_RESET.later(identifier=identifier.strip()[:254], address=address)


def send_link(identifier: str, address: str) -> None:
    """Mail a link to who may have one; too many for one account are not sent."""
    user = User.objects.verified().filter(username=identifier.lower()).first()
    if user is None or not user.is_active or not may_have_password(user):
        return
    if not attempts.count("reset-of", user.uuid, PER_ACCOUNT, WINDOW):
        return
    with transaction.atomic(using=DATABASE):
        key = new_link(user)
        audit.record("user.password-link-asked", subject=user, address=address)
        mail.later(
            "registration/password_email.txt",
            [user.email],
            user=user,
            email=user.email,
            url=link_of(key),
            minutes=conf.of(SecuritySettings).astakos_password_reset_minutes,
        )


def new_link(user: User) -> str:
    """Make the key of a link for setting a password; links made before end."""
    key = new_token()
    lifetime = timedelta(minutes=conf.of(SecuritySettings).astakos_password_reset_minutes)
    with transaction.atomic(using=DATABASE):
        PasswordReset.objects.filter(user=user).delete()
        PasswordReset.objects.create(digest=digest_of(key), user=user, expires_at=now() + lifetime)
    return key


def link_of(key: str) -> str:
    """Answer the address of the page for a key; what follows # never leaves the browser."""
    return addresses.page("reset", key)


def owner_of(key: str) -> User:
    """Answer whose password a link sets; Gone when the link is not good any more."""
    good = PasswordReset.objects.filter(digest=digest_of(key), expires_at__gt=now())
    row = good.select_related("user").first()
    if row is None or not row.user.is_active:
        raise Gone(BAD_LINK)
    return row.user


def set_by_link(key: str, password: str) -> User:
    """Set a new password by a mailed link, once; every session and token ends.

    Raises Gone, and BadRequest for a password that breaks a rule, which leaves the link good.
    """
    user = owner_of(key)
    passwords.check_policy(password, *passwords.about(user))
    with transaction.atomic(using=DATABASE):
        used, _ = PasswordReset.objects.filter(digest=digest_of(key)).delete()
        if not used:
            raise Gone(BAD_LINK)
        _set(user, password)
        tokens.revoke_all(user)
        known_devices.forget(user)
        audit.record("user.password-reset", actor=user, subject=user)
    return user


def change(user: User, password: str, *, keep: Token | None, end_tokens: bool) -> None:
    """Set a new password for somebody just proven; all sessions but theirs end.

    API tokens end too, where the settings or the owner say so.
    """
    if not may_have_password(user):
        raise Forbidden("This account may not have a password.")
    if user.password and passwords.is_right(user.password, password):
        raise Conflict("The new password is the old one. Choose another.")
    session = sessions.of_token(keep) if keep is not None else None
    with transaction.atomic(using=DATABASE):
        _set(user, password)
        sessions.end_others(user, session)
        if end_tokens or ends_tokens():
            tokens.revoke_all(user, keep=keep)
        PasswordReset.objects.filter(user=user).delete()
        audit.record("user.password-changed", actor=user, subject=user)


def ends_tokens() -> bool:
    """Tell whether a new password always ends the API tokens got before. Spec: identity 13.8."""
    return conf.of(AstakosSettings).astakos_newpasswd_invalidate_token


def expire(user: User) -> None:
    """Make a user choose a new password at the next sign-in; open sessions stay."""
    with transaction.atomic(using=DATABASE):
        User.objects.filter(pk=user.pk).update(password_must_change=True)
        audit.record("user.password-expired", subject=user)
    user.refresh_from_db()


def may_have_password(user: User) -> bool:
    """Tell whether a user signs in by password, or may begin to."""
    held = user.auth_providers.filter(module=LOCAL)
    if user.password and held.exists():
        return held.filter(active=True).exists() or auth_policies.allowed(LOCAL, "add", user)
    return auth_policies.allowed(LOCAL, "add", user)


def forget_expired() -> int:
    """Delete links that ran out; answer how many."""
    deleted, _ = PasswordReset.objects.filter(expires_at__lte=now()).delete()
    return deleted


def _set(user: User, password: str) -> None:
    """Set the password, note the method `local`, tell the owner by mail."""
    users.write_password(user, password)
    AuthProvider.objects.update_or_create(
        user=user, module=LOCAL, identifier="", defaults={"active": True}
    )
    mail.later("registration/password_changed_email.txt", [user.email], user=user)
