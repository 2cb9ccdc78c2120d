"""Who signs in to Identity v3, proven by one or more methods. Spec: openstack-api 4.1."""

from collections.abc import Callable

import msgspec

from synnefo.astakos.models import ApplicationCredential, Token, User, rows
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.usecases import (
    application_credentials,
    logins,
    receipts,
    scopes,
    second_factors,
    tokens,
)
from synnefo.astakos.usecases.application_credentials import Claim
from synnefo.astakos.usecases.scopes import Place
from synnefo.kit.faults import BadRequest, Forbidden, Unauthorized

PASSWORD, TOKEN, TOTP, APPLICATION = "password", "token", "totp", "application_credential"
KNOWN = (PASSWORD, TOKEN, TOTP, APPLICATION)
UNKNOWN_METHOD = f"Sign in by one of the methods {', '.join(KNOWN)}."
LACKING = "The method {name} needs 'identity.{name}'."
_KNOWN = "r.email_verified AND r.deleted_at IS NULL"
_BY_NAME = f"r.name = %s AND r.domain_id = %s AND r.name <> '' AND {_KNOWN}"
_BY_ADDRESS = f"r.username = %s AND r.domain_id = %s AND {_KNOWN}"
NOT_ENROLLED = (
    "This account must have a second factor, and has none. Sign in on the pages to set one up."
)
NOT_AGAIN = "A token got by a trust leads to no other token."


class Person(msgspec.Struct, frozen=True):
    """A user as a client names them: by id, or by name within a domain, and what they know."""

    uuid: str = ""
    name: str = ""
    domain: Place | None = None
    secret: str = ""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that a client shows to sign in."""

    methods: tuple[str, ...]
    password: Person | None = None
    totp: Person | None = None
    token: str | None = None
    application: Claim | None = None
    receipt: str = ""
    address: str = ""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is and how that was shown; `lacking`: which methods are still asked for."""

    user: User
    methods: tuple[str, ...]
    parent: Token | None = None
    credential: ApplicationCredential | None = None
    lacking: tuple[str, ...] = ()


def prove(evidence: Evidence) -> Proof:
    """Check every method that a client shows; all must be of one user.

    Raises BadRequest, Unauthorized, Forbidden, TooManyRequests.
    """
    if not evidence.methods or set(evidence.methods) - set(KNOWN):
        raise Unauthorized(UNKNOWN_METHOD)
    if APPLICATION in evidence.methods:
        return _by_application(evidence)
    users, done, parent = _carried(evidence)
    for method in (TOKEN, PASSWORD, TOTP):
        if method not in evidence.methods:
            continue
        if method == TOKEN:
            parent = _by_token(evidence)
            users.append(parent.user)
        else:
            users.append(_BY_SECRET[method](evidence))
    if not users or len({user.pk for user in users}) > 1:
        raise Unauthorized(logins.REFUSED)
    methods = tuple(dict.fromkeys((*done, *evidence.methods)))
    proof = Proof(user=users[0], methods=methods, parent=parent)
    return msgspec.structs.replace(proof, lacking=_lacking(proof))


def user_of(person: Person) -> User | None:
    """Answer the user whom a client names; None when there is none such."""
    if person.uuid:
        return _first(f"r.uuid = %s AND {_KNOWN}", (person.uuid,))
    domain = _domain_of(person)
    named = _first(_BY_NAME, (person.name, domain)) if person.name else None
    return named or _first(_BY_ADDRESS, (person.name.lower(), domain))


def _first(where: str, values: tuple[str, ...]) -> User | None:
    found = rows.find(User, where, values)
    return found[0] if found else None


def _carried(evidence: Evidence) -> tuple[list[User], tuple[str, ...], Token | None]:
    """Begin with what a receipt says was shown already."""
    if not evidence.receipt:
        return [], (), None
    user, methods = receipts.find(evidence.receipt)
    return [user], methods, None


def _by_token(evidence: Evidence) -> Token:
    if evidence.token is None:
        raise BadRequest("The method token needs 'identity.token.id'.")
    parent = tokens.find(evidence.token)
    if parent.trust_id is not None:
        raise Forbidden(NOT_AGAIN)
    return parent


def _by_password(evidence: Evidence) -> User:
    person = _needed(evidence.password, PASSWORD)
    return logins.by_password(_identifier(person), person.secret, evidence.address)


def _by_totp(evidence: Evidence) -> User:
    person = _needed(evidence.totp, TOTP)
    user = user_of(person)
    if user is None or not user.is_active or not second_factors.is_on(user):
        raise Unauthorized(logins.REFUSED)
    if not second_factors.check(user, person.secret, address=evidence.address):
        raise Unauthorized(logins.REFUSED)
    return user


_BY_SECRET: dict[str, Callable[[Evidence], User]] = {PASSWORD: _by_password, TOTP: _by_totp}


def _by_application(evidence: Evidence) -> Proof:
    if evidence.methods != (APPLICATION,):
        raise Unauthorized("An application credential is shown alone.")
    if evidence.application is None:
        raise BadRequest(LACKING.format(name=APPLICATION))
    row = application_credentials.prove(evidence.application, evidence.address)
    return Proof(user=row.user, methods=(APPLICATION,), credential=row)


def _needed(person: Person | None, method: str) -> Person:
    if person is None:
        raise BadRequest(LACKING.format(name=method) + " Name the user in it.")
    if not (person.uuid or person.name):
        raise BadRequest("Name the user by 'id', or by 'name' and 'domain'.")
    return person


def _identifier(person: Person) -> str:
    """Answer under what a user signs in: those of other domains go by their uuids.

    Asks as much for nobody as for somebody.
    """
    if person.uuid:
        return person.uuid
    domain, found = _domain_of(person), user_of(person)
    if found is not None:
        return found.uuid if found.name else found.username
    if domain != DEFAULT:
        return f"nobody {person.name}"
    return person.name


def _domain_of(person: Person) -> str:
    place = person.domain
    if place is None or not (place.uuid or place.name) or place.uuid == DEFAULT:
        return DEFAULT
    found = scopes.domain_of(place.uuid, place.name)
    return found.pk if found is not None else "none"


def _lacking(proof: Proof) -> tuple[str, ...]:
    """Tell what is still asked for: a second factor where the account has one."""
    shown = set(proof.methods)
    if TOKEN in shown or {PASSWORD, TOTP} <= shown:
        return ()
    if TOTP in shown or second_factors.is_on(proof.user):
        return (PASSWORD, TOTP)
    if second_factors.is_required(proof.user):
        raise Unauthorized(NOT_ENROLLED)
    return ()
