"""Tokens: issued, checked, renewed, revoked. Spec: identity 3.1, openstack-api 4.

What is stored is the digest; the token itself is answered once, when it is made.
"""

from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import DATABASE, Project, Token, User, held
from synnefo.astakos.models.projects import ProjectState
from synnefo.astakos.models.tokens import API, LOGIN
from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import assignments, domains
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import Unauthorized
from synnefo.kit.ids import new_token

UNSIGNED = "Agree to the terms of use first: sign in on the pages of this cloud."
UNKNOWN = "The token is unknown or has expired. Sign in again."


class Issued(msgspec.Struct, frozen=True):
    """A fresh token: the secret, and the row that remembers it."""

    id: str
    row: Token


class Wish(msgspec.Struct, frozen=True):
    """What a new token should be: for which project, how got, until when."""

    project: Project | None
    methods: tuple[str, ...] = ("password",)
    parent: Token | None = None


def issue(user: User, wish: Wish) -> Issued:
    """Make a login token; one got by a token keeps that token's expiry and ancestry."""
    secret = new_token()
    expires = _login_expiry() if wish.parent is None else wish.parent.expires_at
    parent = wish.parent
    row = Token.objects.create(
        digest=digest_of(secret),
        user=user,
        kind=LOGIN,
        project=wish.project,
        methods=",".join(wish.methods),
        audit_id=new_token(16),
        parent_audit_id="" if parent is None else parent.parent_audit_id or parent.audit_id,
        expires_at=expires,
    )
    row.roles = assignments.roles_of(
        user, project=wish.project, domain_id=row.domain_id, system=row.is_system
    )
    return Issued(secret, row)


def renew(user: User) -> Issued:
    """Replace a user's personal API token; the old one is worth nothing from now on."""
    secret, moment = new_token(), now()
    hours = conf.of(AstakosSettings).astakos_auth_token_duration
    row, _ = Token.objects.update_or_create(
        user=user,
        kind=API,
        defaults={
            "digest": digest_of(secret),
            "project": user.default_project,
            "methods": "token",
            "audit_id": new_token(16),
            "created_at": moment,
            "expires_at": moment + timedelta(hours=hours),
        },
    )
    return Issued(secret, row)


def find(token: str, *, unsigned: bool = False) -> Token:
    """Answer a usable token with its holder and project, in one query.

    Unauthorized when it is unknown, expired, its holder or project is out of force, or its
    holder did not agree to the latest terms; `unsigned` asks past the last. Spec: identity 3.1.
    """
    row = held.find(digest_of(token))
    if row is None or not _is_usable(row):
        raise Unauthorized(UNKNOWN)
    if not (unsigned or row.user.has_signed_terms):
        raise Unauthorized(UNSIGNED, headers={"X-Terms": "unsigned"})
    return row


def revoke(row: Token) -> None:
    """Make a token worthless now."""
    Token.objects.filter(pk=row.pk).delete()


def revoke_all(user: User, *, keep: Token | None = None) -> None:
    """Make all tokens of a user worthless, but for the one in use."""
    mine = Token.objects.filter(user=user)
    (mine if keep is None else mine.exclude(pk=keep.pk)).delete()


def follow_default_project(user: User) -> None:
    """Let the personal API token stand for the user's default project. Spec: identity 3.10."""
    Token.objects.filter(user=user, kind=API).update(project=user.default_project)


def forget_expired(moment: datetime | None = None) -> int:
    """Delete tokens that expired; answer how many."""
    expired = Token.objects.filter(expires_at__lt=moment or now())
    with transaction.atomic(using=DATABASE):
        deleted, _ = expired.delete()
    return deleted


def _is_usable(row: Token) -> bool:
    if row.expires_at is not None and row.expires_at <= now():
        return False
    if not row.user.is_active or domains.is_closed(row.user.domain_id):
        return False
    row.roles = assignments.of_token(row)
    if row.project is None:
        return bool(row.roles) or not (row.domain_id or row.is_system)
    normal = row.project.state == ProjectState.NORMAL
    return normal and bool(row.roles) and not domains.is_closed(row.project.domain_id)


def _login_expiry() -> datetime:
    return now() + timedelta(hours=conf.of(AstakosSettings).astakos_login_token_duration)
