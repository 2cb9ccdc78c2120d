"""Application credentials: made, shown, ended, signed in with. Spec: openstack-api 4.3."""

import hmac
from datetime import datetime

import msgspec
from django.db import IntegrityError, transaction

from synnefo.astakos.domain.roles import Named
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import DATABASE, AccessRule, ApplicationCredential, Token, User
from synnefo.astakos.usecases import access_rules, assignments, attempts, audit, passwords
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, ItemNotFound, Unauthorized
from synnefo.kit.ids import new_token

REFUSED = "The application credential or its secret is wrong, or it is not in force any more."
RESTRICTED = (
    "This token was got by an application credential or a trust, so it cannot do this. "
    "Sign in otherwise, or use an unrestricted application credential."
)


class NewApplicationCredential(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants a program to have."""

    name: str
    description: str = ""
    secret: str = ""
    expires_at: datetime | None = None
    roles: tuple[tuple[str, str], ...] = ()
    """Pairs of an id and a name, one of which may be empty; none: all of the token's roles."""
    unrestricted: bool = False
    rules: tuple[access_rules.NewRule, ...] = ()


class Made(msgspec.Struct, frozen=True):
    """A fresh application credential with its secret, told this once."""

    row: ApplicationCredential
    secret: str


def create(holder: Token, wanted: NewApplicationCredential) -> Made:
    """Make a credential for the project of a token, with some of its roles."""
    if holder.project is None:
        raise BadRequest("Use a token for a project: the credential will stand for that one.")
    if wanted.expires_at is not None and wanted.expires_at <= now():
        raise BadRequest("The time at which it should expire has passed already.")
    secret = wanted.secret or new_token(48)
    made = ApplicationCredential(
        user=holder.user,
        project=holder.project,
        name=wanted.name,
        description=wanted.description,
        secret_hash=passwords.hash_password(secret) if wanted.secret else digest_of(secret),
        role_ids=[role.id for role in chosen_roles(holder.roles, wanted.roles)],
        unrestricted=wanted.unrestricted,
        expires_at=wanted.expires_at,
        is_limited=bool(wanted.rules),
    )
    _save(made, wanted.rules)
    return Made(made, secret)


def chosen_roles(
    held: tuple[Named, ...], wanted: tuple[tuple[str, str], ...]
) -> tuple[Named, ...]:
    """Answer those of the roles held that are named; BadRequest for one that is not held."""
    if not wanted:
        return held
    found = []
    for uuid, name in wanted:
        match = [r for r in held if (uuid and r.id == uuid) or (name and r.name == name)]
        if not match:
            raise BadRequest(f"You do not have the role '{uuid or name}' here, so nor can it.")
        found.append(match[0])
    return tuple(dict.fromkeys(found))


def find(user: User, uuid: str) -> ApplicationCredential:
    """Answer one of a user's credentials."""
    mine = ApplicationCredential.objects.filter(user=user, uuid=uuid)
    row = mine.select_related("project", "user").first()
    if row is None:
        raise ItemNotFound(f"There is no application credential with the id {uuid}.")
    return row


def rules_of(row: ApplicationCredential) -> list[AccessRule]:
    """List the access rules of a credential."""
    return list(row.access_rules.order_by("pk"))


def delete(row: ApplicationCredential) -> None:
    """End a credential, with every token got by it."""
    with transaction.atomic(using=DATABASE):
        row.delete()
        audit.record("application-credential.deleted", subject=row.user, name=row.name)


class Claim(msgspec.Struct, frozen=True):
    """A credential that somebody says is theirs: by id, or by name and owner."""

    secret: str
    uuid: str = ""
    name: str = ""
    owner: User | None = None


def prove(claim: Claim, address: str) -> ApplicationCredential:
    """Answer the credential whose secret this is; the same refusal whatever is wrong."""
    row = _named(claim)
    if row is None or not _is_right(row, claim.secret, address):
        audit.record("session.refused", subject=claim.owner, method="application_credential")
        raise Unauthorized(REFUSED)
    if not (row.user.is_active and allows(row)):
        raise Unauthorized(REFUSED)
    return row


def allows(row: ApplicationCredential) -> bool:
    """Tell whether a credential is in force: not expired, and its owner has the roles still."""
    if row.expires_at is not None and row.expires_at <= now():
        return False
    held = {role.id for role in assignments.roles_of(row.user, project=row.project)}
    return bool(held) and held.issuperset(row.role_ids)


def check_unrestricted(*, is_restricted: bool) -> None:
    """Refuse to let a token hand on more that was itself handed on. Spec: openstack-api 4.3."""
    if is_restricted:
        raise Forbidden(RESTRICTED)


def _save(made: ApplicationCredential, rules: tuple[access_rules.NewRule, ...]) -> None:
    try:
        with transaction.atomic(using=DATABASE):
            made.save()
            made.access_rules.set([access_rules.ensure(made.user, rule) for rule in rules])
            audit.record(
                "application-credential.created",
                subject=made.user,
                name=made.name,
                project=made.project.uuid,
                unrestricted=made.unrestricted,
            )
    except IntegrityError as error:
        raise Conflict(f"You have an application credential named {made.name}.") from error


def _named(claim: Claim) -> ApplicationCredential | None:
    known = ApplicationCredential.objects.select_related("user", "project")
    if claim.uuid:
        return known.filter(uuid=claim.uuid).first()
    if claim.owner is None:
        return None
    return known.filter(name=claim.name, user=claim.owner).first()


def _is_right(row: ApplicationCredential, secret: str, address: str) -> bool:
    """Tell whether a secret is the credential's. One that somebody chose is like a password.

    Secrets made here cannot be guessed, so their attempts need not be counted.
    """
    if not row.secret_hash.startswith("$"):
        return hmac.compare_digest(row.secret_hash, digest_of(secret))
    knock = attempts.Knock(identifier=f"application-credential {row.uuid}", address=address)
    attempt = attempts.begin(knock, row.user)
    right = passwords.is_right(row.secret_hash, secret)
    if right:
        attempts.succeeded(attempt)
    return right
