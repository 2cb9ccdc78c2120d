"""People: added, verified, accepted, changed, put to rest. Spec: identity 3.2."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from synnefo.astakos.domain import account_states
from synnefo.astakos.domain.account_states import Action
from synnefo.astakos.domain.messages import fill
from synnefo.astakos.models import DATABASE, AuthProvider, User
from synnefo.astakos.models.auth_providers import LOCAL
from synnefo.astakos.settings import AstakosSettings, SignUpSettings
from synnefo.astakos.usecases import (
    acceptance,
    audit,
    deactivations,
    groups,
    passwords,
    projects,
    terms,
    tokens,
)
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound

SECRET_FIELDS = {"password", "verification_code", "moderated_data"}
_EMAIL = re.compile(r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$")


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """A person to add."""

    email: str
    first_name: str = ""
    last_name: str = ""
    password: str = ""
    is_admin: bool = False
    groups: tuple[str, ...] = ()
    language: str = ""
    password_hash: str = ""
    has_signed_terms: bool = False
    level: int | None = None


def add(person: NewUser) -> User:
    """Add a person, not verified and not active yet; drops unverified namesakes.

    Conflict when a verified user has the address already, in any case of letters.
    """
    email = check_email(person.email)
    if person.password:
        passwords.check_policy(person.password, email, person.first_name, person.last_name)
    stored = person.password_hash
    if person.password:
        stored = passwords.hash_password(person.password)
    with transaction.atomic(using=DATABASE):
        _free_address(email)
        user = User.objects.create(
            username=email.lower(),
            email=email,
            first_name=person.first_name,
            last_name=person.last_name,
            password=stored,
            is_admin=person.is_admin,
            **_beginnings(person),
        )
        if stored:
            AuthProvider.objects.create(user=user, module=LOCAL)
        groups.change(user, person.groups, ())
        return user


def _beginnings(person: NewUser) -> dict[str, Any]:
    """Tell what a new user starts with: language, invitations, whether the terms are signed."""
    settings = conf.of(SignUpSettings)
    level = settings.astakos_default_user_level if person.level is None else person.level
    return {
        "language": person.language,
        "level": level,
        "invitations": settings.astakos_invitations_per_level.get(level, 0),
        "has_signed_terms": person.has_signed_terms or terms.latest() is None,
        "date_signed_terms": now() if person.has_signed_terms else None,
    }


def find(identifier: str) -> User:
    """Answer a user by uuid, number or e-mail address, a verified one if there are several."""
    found = User.objects.named(identifier).select_related("base_project", "default_project")
    user = found.order_by("-email_verified", "pk").first()
    if user is None:
        raise ItemNotFound(fill("UNKNOWN_USER_ID", id=identifier))
    return user


def verify(user: User) -> None:
    """Take the e-mail address as the user's, and let them in where a rule says so."""
    with one_address(user.email), transaction.atomic(using=DATABASE):
        fresh = _locked(user, Action.VERIFY)
        _write(fresh, email_verified=True, verified_at=now(), verification_code=None)
        audit.record("user.verified", subject=fresh)
        policy = acceptance.policy_of(fresh)
        if policy is not None:
            accept(fresh, policy)
    user.refresh_from_db()


def accept(user: User, policy: str = "manual") -> None:
    """Let a person in: active, with a system project and its holdings."""
    with transaction.atomic(using=DATABASE):
        fresh = _locked(user, Action.ACCEPT)
        project = projects.create_system(fresh)
        _write(
            fresh,
            accepted_email=fresh.accepted_email or fresh.email,
            accepted_policy=policy,
            moderated=True,
            moderated_at=now(),
            moderated_data=_snapshot(fresh),
            is_rejected=False,
            rejected_reason="",
            is_active=True,
            base_project=project,
            default_project=project,
        )
        tokens.follow_default_project(fresh)
        audit.record("user.accepted", subject=fresh, policy=policy)
    user.refresh_from_db()


def reject(user: User, reason: str = "") -> None:
    """Refuse a person who waits to be let in."""
    with transaction.atomic(using=DATABASE):
        fresh = _locked(user, Action.REJECT)
        _write(
            fresh,
            moderated=True,
            moderated_at=now(),
            moderated_data=_snapshot(fresh),
            is_rejected=True,
            rejected_reason=reason,
        )
        audit.record("user.rejected", subject=fresh, reason=reason)
    user.refresh_from_db()


def activate(user: User) -> None:
    """Let a deactivated person work again, with the system project. Spec: identity 3.7."""
    with transaction.atomic(using=DATABASE):
        deactivations.lock_all(user)
        fresh = _locked(user, Action.ACTIVATE)
        _write(fresh, is_active=True, deactivated_at=None, deactivated_reason="", deleted_at=None)
        deactivations.resume_all(fresh)
        audit.record("user.activated", subject=fresh)
    user.refresh_from_db()


def deactivate(user: User, reason: str = "") -> None:
    """Stop a person from working: tokens end, limits drop to zero, usage stays."""
    with transaction.atomic(using=DATABASE):
        deactivations.lock_all(user)
        fresh = _locked(user, Action.DEACTIVATE)
        since = now() if fresh.is_active else fresh.deactivated_at
        _write(fresh, is_active=False, deactivated_at=since, deactivated_reason=reason)
        tokens.revoke_all(fresh)
        deactivations.suspend_all(fresh)
        audit.record("user.deactivated", subject=fresh, reason=reason)
    user.refresh_from_db()


def delete(user: User) -> None:
    """Delete a person who was never let in."""
    with transaction.atomic(using=DATABASE):
        fresh = _locked(user, Action.DELETE)
        audit.record("user.deleted", subject=fresh)
        fresh.delete()


def set_email(user: User, address: str) -> None:
    """Give a user another address, which becomes the user name too. Spec: identity 2.9."""
    email = check_email(address)
    with one_address(email), transaction.atomic(using=DATABASE):
        former = user.email
        _write(user, email=email, username=email.lower())
        audit.record("user.email-changed", subject=user, former=former)


def set_password(user: User, password: str) -> None:
    """Set a password; the tokens got before end where the settings say so."""
    with transaction.atomic(using=DATABASE):
        write_password(user, password)
        if conf.of(AstakosSettings).astakos_newpasswd_invalidate_token:
            tokens.revoke_all(user)
        audit.record("user.password-set", subject=user)


def write_password(user: User, password: str, *, must_change: bool = False) -> None:
    """Set a password that keeps the rules, and end no token; BadRequest for one that does not."""
    passwords.check_policy(password, *passwords.about(user))
    _write(
        user,
        password=passwords.hash_password(password),
        password_changed_at=now(),
        password_must_change=must_change,
    )


def set_flags(user: User, *, is_admin: bool) -> None:
    """Make a user an administrator, or an ordinary user again."""
    with transaction.atomic(using=DATABASE):
        _write(user, is_admin=is_admin)
        audit.record("user.made-admin" if is_admin else "user.unmade-admin", subject=user)


def change_groups(user: User, add_names: list[str], drop_names: list[str]) -> None:
    """Put a user into groups and out of others."""
    groups.change(user, add_names, drop_names)


def check_email(text: str) -> str:
    """Answer an address that could be one; BadRequest otherwise."""
    email = text.strip()
    if len(email) > 254 or not _EMAIL.match(email):
        raise BadRequest(f"'{text}' is not an e-mail address.")
    return email


@contextmanager
def one_address(email: str) -> Iterator[None]:
    """Tell a clash of verified addresses, which the table itself refuses, as a conflict."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(f"Another user has the name or address {email}.") from error


def _free_address(email: str) -> None:
    same = User.objects.filter(email__iexact=email)
    if same.filter(email_verified=True).exists():
        raise Conflict(f"A user with the address {email} exists already.")
    same.filter(email_verified=False).delete()


def _locked(user: User, action: Action) -> User:
    """Lock a user's row, read it anew and check that the action fits its state."""
    fresh = User.objects.select_for_update().get(pk=user.pk)
    account_states.check(action, fresh.account)
    return fresh


def _snapshot(user: User) -> str:
    """Write down an account as it is now, without its secrets. Spec: identity 2.2."""
    told = {
        field.attname: getattr(user, field.attname)
        for field in user._meta.concrete_fields
        if field.attname not in SECRET_FIELDS
    }
    return msgspec.json.encode(told).decode()


def _write(user: User, **changes: object) -> None:
    for name, value in changes.items():
        setattr(user, name, value)
    user.save(update_fields=[*changes, "updated"])
