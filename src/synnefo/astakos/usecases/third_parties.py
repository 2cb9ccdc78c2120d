"""What follows when a provider tells who somebody is. Spec: identity 14.3."""

from enum import StrEnum

import msgspec

from synnefo.astakos.domain.identities import FIELDS, Identity
from synnefo.astakos.models import AuthProvider, ProviderTrip, User
from synnefo.astakos.usecases import (
    attempts,
    audit,
    auth_methods,
    auth_policies,
    directories,
    entrances,
    pending_third_parties,
    sign_ups,
    terms,
)
from synnefo.astakos.usecases.activations import Result
from synnefo.astakos.usecases.attempts import Knock
from synnefo.astakos.usecases.entrances import Entry
from synnefo.astakos.usecases.provider_trips import Purpose
from synnefo.astakos.usecases.sessions import Visit
from synnefo.astakos.usecases.sign_ups import KnownForm
from synnefo.kit.faults import Fault, Unauthorized
from synnefo.kit.logs import get_logger

log = get_logger(__name__)

NAMES = FIELDS[1:]
"""What an account needs besides its identifier."""


class End(StrEnum):
    """How an arrival ends; pages say it in words."""

    ENTERED = "entered"
    SIGN_UP = "sign-up"
    ADDED = "added"
    SWITCHED = "switched"
    OWN = "own"
    IN_USE = "in-use"
    FAILED = "failed"
    UNVERIFIED = "unverified"
    PENDING = "pending"
    REJECTED = "rejected"
    INACTIVE = "inactive"
    LOGIN_DISABLED = "login-disabled"
    SIGNED_UP = "signed-up"
    CREATE_DISABLED = "create-disabled"
    NO_ACCOUNT = "no-account"


ABOUT_ACCOUNT = frozenset({End.ADDED, End.SWITCHED, End.OWN, End.IN_USE, End.FAILED})
"""Ends that are shown on the page of sign-in methods."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: an entry, a token to sign up with, or only words."""

    end: End
    module: str
    entry: Entry | None = None
    token: str = ""
    reason: str = ""


def arrive(identity: Identity, trip: ProviderTrip | None, visit: Visit) -> Outcome:
    """Go on with somebody whom a provider vouched for."""
    if trip is not None and trip.user is not None:
        return add(Purpose(user=trip.user, switch_from=trip.switch_from), identity)
    held = _holder(identity)
    if held is not None:
        return _come_in(held, identity, visit, trip.key if trip else "")
    outcome = _unknown(identity, trip.key if trip else "")
    if outcome.end is End.SIGN_UP and _needs_no_form(identity):
        return _sign_up(outcome, identity, visit)
    return outcome


def by_password(module: str, knock: Knock, password: str) -> Identity:
    """Answer who has a name and a password at a directory; guesses are counted as for our own.

    Raises Unauthorized, TooManyRequests, ServiceUnavailable.
    """
    directory = directories.by_password(module)
    counted = msgspec.structs.replace(knock, identifier=f"{module}:{knock.identifier}")
    attempt = attempts.begin(counted, None)
    try:
        person = directory.check(knock.identifier.strip(), password)
    except Unauthorized:
        audit.record("session.refused", address=knock.address, method=module)
        raise
    attempts.succeeded(attempt)
    return directories.identity_of(module, person)


def attach_carried(user: User, token: str) -> AuthProvider:
    """Give a user who just signed in the identity that they came with (FIX-10).

    ItemNotFound for a token that has run out, Conflict and Forbidden as attaching has them.
    """
    return pending_third_parties.complete(user, pending_third_parties.find(token))


def add(purpose: Purpose, identity: Identity) -> Outcome:
    """Add an identity to an account that is signed in, or put it in another one's place."""
    user, module = purpose.user, identity.module
    held = auth_methods.holder_of(module, identity.identifier)
    if user is None or held is not None:
        own = held is not None and user is not None and held.user_id == user.pk
        return Outcome(end=End.OWN if own else End.IN_USE, module=module)
    try:
        if purpose.switch_from is not None:
            auth_methods.switch(user, purpose.switch_from, identity)
            return Outcome(end=End.SWITCHED, module=module)
        auth_methods.attach(user, identity)
    except Fault as fault:
        return Outcome(end=End.FAILED, module=module, reason=fault.message)
    return Outcome(end=End.ADDED, module=module)


def _holder(identity: Identity) -> AuthProvider | None:
    """Find whose identity this is, also by the identifier that it had before."""
    held = auth_methods.holder_of(identity.module, identity.identifier)
    if held is None and identity.former:
        held = auth_methods.holder_of(identity.module, identity.former)
        if held is not None:
            auth_methods.rename(held, identity.identifier)
    return held


def _come_in(held: AuthProvider, identity: Identity, visit: Visit, key: str) -> Outcome:
    user, module = held.user, identity.module
    if not user.is_active:
        return Outcome(end=_why_not(user), module=module)
    if not auth_policies.allowed(module, "login", user):
        return Outcome(end=End.LOGIN_DISABLED, module=module)
    auth_methods.used(held, identity)
    user.refresh_from_db()
    entry = entrances.enter(user, method=module, address=visit.address, agent=visit.agent)
    if key and entry.issued is not None:
        _carry(user, key)
    return Outcome(end=End.ENTERED, module=module, entry=entry)


def _carry(user: User, key: str) -> None:
    try:
        attach_carried(user, key)
    except Fault as fault:
        log.info("carried-identity-not-added", user=user.uuid, reason=fault.message)


def _unknown(identity: Identity, key: str) -> Outcome:
    module = identity.module
    if key:
        return Outcome(end=End.NO_ACCOUNT, module=module, token=key)
    if not auth_policies.allowed(module, "create"):
        return Outcome(end=End.CREATE_DISABLED, module=module)
    token = pending_third_parties.keep(identity)
    return Outcome(end=End.SIGN_UP, module=module, token=token)


def _needs_no_form(identity: Identity) -> bool:
    """Tell whether there is nothing left to ask: all is forced, and no terms are to be read."""
    return set(NAMES) <= set(identity.forced) and terms.latest() is None


def _sign_up(outcome: Outcome, identity: Identity, visit: Visit) -> Outcome:
    """Make the account at once; where that fails, the form says why. Spec: identity 14.3, 5."""
    try:
        done = sign_ups.register_known(KnownForm(token=outcome.token), visit.address)
    except Fault as fault:
        log.info("direct-sign-up-refused", module=outcome.module, reason=fault.message)
        return outcome
    if done.user is not None:
        held = auth_methods.holder_of(identity.module, identity.identifier)
        if held is not None:
            return _come_in(held, identity, visit, "")
    pending = done.result == Result.PENDING_MODERATION
    return Outcome(end=End.PENDING if pending else End.SIGNED_UP, module=outcome.module)


def _why_not(user: User) -> End:
    if not user.email_verified:
        return End.UNVERIFIED
    if not user.moderated:
        return End.PENDING
    return End.REJECTED if user.is_rejected else End.INACTIVE
