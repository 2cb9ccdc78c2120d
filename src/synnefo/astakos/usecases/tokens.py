"""Tokens: issued, checked, renewed, revoked. Spec: identity 3.1, openstack-api 4.

What is stored is the digest; the token itself is answered once, when it is made.
"""

from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from synnefo.astakos.domain.roles import Named
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import (
    DATABASE,
    ApplicationCredential,
    OAuthToken,
    Project,
    Token,
    Trust,
    User,
    held,
    rows,
)
from synnefo.astakos.models.held import Ties
from synnefo.astakos.models.oauth import ONLINE
from synnefo.astakos.models.projects import ProjectState
from synnefo.astakos.models.tokens import API, LOGIN
from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import assignments, audit, delegations, domains, seats
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import Unauthorized
from synnefo.kit.ids import new_token

GRACE = timedelta(hours=48)
"""How long an expired token is still shown to services that ask for it."""
HANDED_ON = (
    "This token was got by an application credential or a trust, so it leads nowhere else than "
    "to the project that it is for."
)
UNSIGNED = "Agree to the terms of use first: sign in on the pages of this cloud."
UNKNOWN = "The token is unknown or has expired. Sign in again."


class Issued(msgspec.Struct, frozen=True):
    """A fresh token: the secret, and the row that remembers it."""

    id: str
    row: Token


class Wish(msgspec.Struct, frozen=True):
    """What a new token should be: for what, how got, until when at most."""

    project: Project | None
    methods: tuple[str, ...] = ("password",)
    parent: Token | None = None
    domain_id: str = ""
    is_system: bool = False
    application_credential: ApplicationCredential | None = None
    trust: Trust | None = None
    ends_by: datetime | None = None
    lasts: timedelta | None = None
    ties: Ties | None = None


def issue(user: User, wish: Wish) -> Issued:
    """Make a login token; one got by a token keeps that token's expiry, ancestry and limits.

    Unauthorized when a token that was handed on should be for something else than it was for.
    """
    secret = new_token()
    parent = wish.parent
    if parent is not None:
        wish = _within(wish, parent)
    expires = _login_expiry(wish.lasts) if parent is None else parent.expires_at
    if wish.ends_by is not None:
        expires = wish.ends_by if expires is None else min(expires, wish.ends_by)
    row = Token(
        digest=digest_of(secret),
        user=user,
        kind=LOGIN,
        project=wish.project,
        domain_id=wish.domain_id,
        is_system=wish.is_system,
        application_credential=wish.application_credential,
        trust=wish.trust,
        parent=parent,
        methods=",".join(wish.methods),
        audit_id=new_token(16),
        parent_audit_id="" if parent is None else parent.parent_audit_id or parent.audit_id,
        expires_at=expires,
    )
    rows.insert(row)
    if wish.ties is not None:
        row.is_member, row.in_groups = wish.ties.is_member, wish.ties.in_groups
        row.has_grants = wish.ties.has_grants
    row.roles = _roles_of(row)
    if row.project is not None and row.trust_id is None and not row.is_member:
        seats.enter(user, row.project, row.roles)
    return Issued(secret, row)


def renew(user: User, *, keep: Token | None = None, end_others: bool = False) -> Issued:
    """Replace a user's personal API token; the old one is worth nothing from now on.

    What was got by the old one ends with it, and so do the tokens of OAuth clients. With
    `end_others` all other tokens end too, but for the one in use. Spec: identity 3.1.
    """
    secret, moment = new_token(), now()
    hours = conf.of(AstakosSettings).astakos_auth_token_duration
    with transaction.atomic(using=DATABASE):
        User.objects.select_for_update().get(pk=user.pk)
        if end_others:
            revoke_all(user, keep=keep)
        Token.objects.filter(user=user, kind=API).delete()
        end_online(user)
        row = Token.objects.create(
            digest=digest_of(secret),
            user=user,
            kind=API,
            project=user.default_project,
            methods="token",
            audit_id=new_token(16),
            created_at=moment,
            expires_at=moment + timedelta(hours=hours),
        )
        audit.record("token.renewed", subject=user, others_ended=end_others)
    return Issued(secret, row)


def end_online(user: User) -> None:
    """End the tokens that OAuth clients have as long as the user is signed in."""
    OAuthToken.objects.filter(user=user, access_token=ONLINE).delete()


def find(token: str, *, unsigned: bool = False, expired: bool = False) -> Token:
    """Answer a usable token with its holder and project, in one query.

    Unauthorized when it is unknown, expired, its holder or project is out of force, or its
    holder did not agree to the latest terms; `unsigned` asks past the last, `expired` takes one
    for some hours more, for a long job that began in time. Spec: identity 3.1, openstack-api 4.2.
    """
    row = held.find(digest_of(token))
    if row is None or not _is_usable(row, GRACE if expired else timedelta()):
        raise Unauthorized(UNKNOWN)
    if not unsigned:
        check_signed(row.user)
    return row


def check_signed(user: User) -> None:
    """Refuse who did not agree to the latest terms of use. Spec: identity 3.1."""
    if not user.has_signed_terms:
        raise Unauthorized(UNSIGNED, headers={"X-Terms": "unsigned"})


def revoke(row: Token) -> None:
    """Make a token worthless now, and what was got by it."""
    with transaction.atomic(using=DATABASE):
        Token.objects.filter(pk=row.pk).delete()
        audit.record("token.revoked", subject=row.user, audit_id=row.audit_id)


def revoke_all(user: User, *, keep: Token | None = None) -> None:
    """Make all tokens of a user worthless, but for the one in use and what it came from."""
    kept = _line(keep)
    with transaction.atomic(using=DATABASE):
        Token.objects.filter(user=user).exclude(pk__in=kept).delete()
        end_online(user)


def follow_default_project(user: User) -> None:
    """Let the personal API token stand for the user's default project. Spec: identity 3.10."""
    Token.objects.filter(user=user, kind=API).update(project=user.default_project)


def forget_expired(moment: datetime | None = None) -> int:
    """Delete tokens that expired; answer how many."""
    expired = Token.objects.filter(expires_at__lt=(moment or now()) - GRACE)
    with transaction.atomic(using=DATABASE):
        _, deleted = expired.delete()
    return deleted.get("astakos.Token", 0)


def _is_usable(row: Token, grace: timedelta = timedelta()) -> bool:
    if row.expires_at is not None and row.expires_at + grace <= now():
        return False
    if not row.user.is_active or domains.is_closed(row.user.domain_id):
        return False
    row.roles = _roles_of(row)
    if row.project is None:
        return bool(row.roles) or not (row.domain_id or row.is_system)
    normal = row.project.state == ProjectState.NORMAL
    return normal and bool(row.roles) and not domains.is_closed(row.project.domain_id)


def _roles_of(row: Token) -> tuple[Named, ...]:
    if row.trust_id is not None or row.application_credential_id is not None:
        return delegations.of_token(row)
    return assignments.of_token(row)


def _within(wish: Wish, parent: Token) -> Wish:
    """Keep what a token leads to within the trust or credential that it was got by itself."""
    if parent.trust_id is None and parent.application_credential_id is None:
        return wish
    project_id = wish.project.pk if wish.project is not None else None
    if project_id != parent.project_id or wish.domain_id or wish.is_system:
        raise Unauthorized(HANDED_ON)
    return msgspec.structs.replace(
        wish, application_credential=parent.application_credential, trust=parent.trust
    )


def _line(row: Token | None) -> list[int]:
    """List a token and those that it was got by."""
    found: list[int] = []
    while row is not None:
        found.append(row.pk)
        row = Token.objects.filter(pk=row.parent_id).first() if row.parent_id else None
    return found


def _login_expiry(lasts: timedelta | None) -> datetime:
    usual = timedelta(hours=conf.of(AstakosSettings).astakos_login_token_duration)
    return now() + (usual if lasts is None else lasts)
