"""Browsers on their way to a provider and back.

What comes back counts once, within minutes, in the browser that left, for the module it left
for. So nobody can hand over a sign-in of their own to somebody else, or use one twice.
"""

import hmac
from collections.abc import Mapping
from datetime import timedelta

import msgspec
from django.db import transaction

from synnefo.astakos.domain.attempts import place_of
from synnefo.astakos.domain.identities import Identity
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.engines.directory import Arrival
from synnefo.astakos.models import DATABASE, ProviderTrip, User
from synnefo.astakos.settings import ProviderSettings
from synnefo.astakos.usecases import attempts, auth_methods, auth_policies, directories
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import Forbidden, TooManyRequests
from synnefo.kit.ids import new_token

LOST = "This sign-in took too long, was used already, or began in another browser. Begin anew."
OFTEN = "Too many sign-ins were begun from where you are. Wait a minute."
POSTED = "posted"
MINUTE = timedelta(minutes=1)
_LONGEST = 2000


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """Why a browser travels: to sign in, or to add a method to an account or exchange one."""

    user: User | None = None
    switch_from: int | None = None
    next: str = ""
    key: str = ""


class Begun(msgspec.Struct, frozen=True):
    """Where to send a browser, and the secret for its cookie."""

    url: str
    secret: str


def begin(module: str, purpose: Purpose, address: str = "") -> Begun:
    """Send a browser to a provider, or to where a web server's module asks for one.

    TooManyRequests for an address from which too many are begun.
    """
    check(module, purpose)
    limit = conf.of(ProviderSettings).astakos_provider_trips_per_minute
    if not attempts.count("trip-from", place_of(address), limit, MINUTE):
        raise TooManyRequests(OFTEN, headers={"Retry-After": "60"})
    if directories.kind_of(module) == "shibboleth":
        state = new_token()
        place = f"{directories.base_address()}/ui/login/{module}?state={state}"
        return Begun(place, _note(module, state, purpose, {}))
    departure = directories.remote(module).depart(new_token())
    return Begun(departure.url, _note(module, departure.state, purpose, departure.memory))


def park(module: str, form: Mapping[str, str]) -> str:
    """Keep what a provider let a browser post, until the browser shows its cookie.

    Browsers send no cookie with a form of another site; they do with the redirect that follows.
    """
    state = directories.remote(module).state_of(Arrival(form=form))
    with transaction.atomic(using=DATABASE):
        found = ProviderTrip.objects.select_for_update().filter(state=digest_of(state)).first()
        if found is None or found.module != module:
            raise Forbidden(LOST)
        found.memory = {**found.memory, POSTED: dict(form)}
        found.save(update_fields=["memory"])
    return state


def finish(module: str, arrival: Arrival, secret: str) -> tuple[Identity, ProviderTrip]:
    """Answer who came back, and from which trip; every fault means that nobody did."""
    directory = directories.remote(module)
    trip = take(module, directory.state_of(arrival), secret)
    form = trip.memory.get(POSTED, {})
    person = directory.arrive(msgspec.structs.replace(arrival, form=form), trip.memory)
    return directories.identity_of(module, person), trip


def finish_by_headers(
    module: str, arrival: Arrival, secret: str
) -> tuple[Identity, ProviderTrip | None]:
    """Answer whom a web server's headers name, and the trip if the browser is on one."""
    person = directories.by_headers(module).read(arrival)
    identity = directories.identity_of(module, person)
    state = arrival.query.get("state", "")
    return identity, take(module, state, secret) if state else None


def check(module: str, purpose: Purpose) -> None:
    """Refuse a trip that could only fail. Spec: identity 13.1, guard provider."""
    user = purpose.user
    if user is None:
        if not _may_come(module):
            raise Forbidden("Signing in this way is switched off here.")
    elif purpose.switch_from is not None:
        auth_methods.find(user, purpose.switch_from)
        if not auth_policies.allowed(module, "switch", user):
            raise Forbidden("This sign-in method cannot be exchanged.")
    elif not auth_policies.allowed(module, "add", user):
        raise Forbidden("This sign-in method cannot be added to your account.")


def take(module: str, state: str, secret: str) -> ProviderTrip:
    """Answer the trip of a browser that is back, which thereby is over; Forbidden otherwise."""
    minutes = conf.of(ProviderSettings).astakos_provider_trip_minutes
    with transaction.atomic(using=DATABASE):
        found = ProviderTrip.objects.select_for_update().filter(state=digest_of(state)).first()
        if found is None or not _fits(found, module, secret):
            raise Forbidden(LOST)
        deleted, _ = ProviderTrip.objects.filter(pk=found.pk).delete()
    if not deleted or found.created <= now() - timedelta(minutes=minutes):
        raise Forbidden(LOST)
    return found


def forget_old() -> int:
    """Delete trips nobody came back from; answer how many."""
    minutes = conf.of(ProviderSettings).astakos_provider_trip_minutes
    old = ProviderTrip.objects.filter(created__lte=now() - timedelta(minutes=minutes))
    deleted, _ = old.delete()
    return deleted


def _note(module: str, state: str, purpose: Purpose, memory: dict[str, str]) -> str:
    """Note that a browser leaves; answer the secret for its cookie."""
    secret = new_token()
    with transaction.atomic(using=DATABASE):
        ProviderTrip.objects.create(
            state=digest_of(state),
            browser=digest_of(secret),
            module=module,
            user=purpose.user,
            switch_from=purpose.switch_from,
            next=purpose.next[:_LONGEST],
            key=purpose.key[:64],
            memory=memory,
        )
    return secret


def _may_come(module: str) -> bool:
    allowed = auth_policies.allowed
    return allowed(module, "login") or allowed(module, "create")


def _fits(trip: ProviderTrip, module: str, secret: str) -> bool:
    same = hmac.compare_digest(trip.browser, digest_of(secret))
    return same and trip.module == module
