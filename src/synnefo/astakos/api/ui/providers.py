"""Signing in at a provider: leaving, coming back, and what the sign-in page offers.

What a browser opens by itself is answered with a redirect to a page, never with a fault; the page
says what happened by a short code, so that no text of somebody else's shows up there.
Spec: identity 13.1, 14.3.
"""

from urllib.parse import parse_qs, urlencode

import msgspec

from synnefo.astakos.api.discovery import base_url
from synnefo.astakos.api.ui import cookies, methods, trip_cookie
from synnefo.astakos.api.ui.session import Session, Waiting, entered, entered_by_redirect, visit_of
from synnefo.astakos.engines.directory import Arrival
from synnefo.astakos.settings import SignUpSettings
from synnefo.astakos.usecases import (
    addresses,
    audit,
    auth_policies,
    captcha,
    directories,
    provider_messages,
    provider_trips,
    third_parties,
)
from synnefo.astakos.usecases.attempts import Knock
from synnefo.astakos.usecases.provider_trips import LOST, Purpose
from synnefo.astakos.usecases.third_parties import ABOUT_ACCOUNT, End, Outcome
from synnefo.kit import conf
from synnefo.kit.faults import (
    BadRequest,
    Fault,
    Forbidden,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
)
from synnefo.kit.logs import get_logger
from synnefo.serve.http import Call, Reply

log = get_logger(__name__)

LARGEST_FORM = 2 * 1024 * 1024
_HIDDEN = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Offer(msgspec.Struct):
    """One way to sign in or up: how it is done, and the texts that an operator replaced."""

    module: str
    kind: str
    title: str
    can_sign_in: bool
    can_sign_up: bool
    messages: dict[str, str]


class Offers(msgspec.Struct):
    """The ways to sign in, the primary one first."""

    providers: list[Offer]


class Leaving(msgspec.Struct):
    """Where to go after signing in, and what for."""

    next: str = ""
    key: str = ""
    switch_from: int | None = None


class Onward(msgspec.Struct):
    """Where the browser goes on."""

    url: str


class DirectoryPassword(msgspec.Struct):
    """A name and a password at the directory; after many attempts a puzzle's solution, too."""

    username: str
    password: str
    captcha: str = ""
    key: str = ""


def list_offers(call: Call) -> Offers:
    """List the ways to sign in and up; needs no token."""
    del call
    return Offers([_offer(module) for module in auth_policies.enabled()])


def show_login(call: Call) -> Reply:
    """Lead to the sign-in page of the web interface."""
    return _to_page("", next=call.arg("next") or "")


def leave(call: Call, module: str) -> Reply:
    """Send a browser to a provider, or read what a web server's module says of its user."""
    purpose = Purpose(next=call.arg("next") or "", key=call.arg("key") or "")
    try:
        if directories.kind_of(module) == "shibboleth":
            return _arrived_by_headers(call, module)
        if directories.kind_of(module) in {"local", "ldap"}:
            return _to_page("", provider=module, next=purpose.next)
        begun = provider_trips.begin(module, purpose, call.address)
    except Fault as fault:
        return _failed(call, module, fault)
    trip_cookie.put(call, begun.secret)
    return _sent(begun.url)


def leave_with_purpose(call: Call, module: str, body: Leaving) -> Onward:
    """Begin a sign-in, or the adding or exchange of a method when a token is sent."""
    cookies.check_own_page(call)
    user = methods.owner(call) if call.caller is not None else None
    if user is None and body.switch_from is not None:
        raise Unauthorized("Sign in first to exchange a sign-in method.")
    purpose = Purpose(user=user, switch_from=body.switch_from, next=body.next, key=body.key)
    begun = provider_trips.begin(module, purpose, call.address)
    trip_cookie.put(call, begun.secret)
    return Onward(begun.url)


def come_back(call: Call, module: str) -> Reply:
    """Take a browser back from a provider."""
    secret = trip_cookie.take(call)
    query = {name: values[0] for name, values in call.query.items()}
    try:
        identity, trip = provider_trips.finish(module, Arrival(query=query), secret)
        outcome = third_parties.arrive(identity, trip, visit_of(call))
        return _ended(call, outcome, trip.next)
    except Fault as fault:
        return _failed(call, module, fault)


def come_back_posted(call: Call, module: str) -> Reply:
    """Take what an identity provider posted, and have the browser show its cookie."""
    try:
        state = provider_trips.park(module, _form(call))
    except Fault as fault:
        return _failed(call, module, fault)
    here = f"{base_url().rstrip('/')}/ui/login/{module}/authenticated"
    return _sent(f"{here}?{urlencode({'RelayState': state})}")


def show_metadata(call: Call, module: str) -> Reply:
    """Answer what an identity provider must know of us."""
    del call
    text = directories.remote(module).describe()
    if not text:
        raise BadRequest(f"The provider {module} needs no description of us.")
    return Reply(headers={"Content-Type": "application/samlmetadata+xml"}, body=text)


def sign_in_by_directory(call: Call, body: DirectoryPassword) -> Session | Waiting | Onward:
    """Sign in by a name and a password at the directory server, or go on to sign up."""
    cookies.check_own_page(call)
    provider_trips.check("ldap", Purpose())
    identity = third_parties.by_password("ldap", _knock(call, body), body.password)
    outcome = third_parties.arrive(identity, None, visit_of(call))
    if outcome.entry is not None:
        return entered(call, outcome.entry)
    if outcome.end is End.SIGN_UP:
        return Onward(_sign_up_page(outcome.token))
    raise Forbidden(
        "This account cannot be used to sign in here.", headers={"X-Account-State": outcome.end}
    )


def add_by_directory(call: Call, body: DirectoryPassword) -> Onward:
    """Add an account of the directory server to the caller's sign-in methods."""
    cookies.check_own_page(call)
    purpose = Purpose(user=methods.owner(call))
    provider_trips.check("ldap", purpose)
    identity = third_parties.by_password("ldap", _knock(call, body), body.password)
    outcome = third_parties.add(purpose, identity)
    return Onward(_page_after(outcome, ""))


def _offer(module: str) -> Offer:
    allowed = auth_policies.allowed
    return Offer(
        module=module,
        kind=directories.shape_of(module),
        title=provider_messages.title_of(module),
        can_sign_in=allowed(module, "login"),
        can_sign_up=allowed(module, "create"),
        messages=provider_messages.overridden(module),
    )


def _knock(call: Call, body: DirectoryPassword) -> Knock:
    return Knock(
        identifier=body.username,
        address=call.address,
        device=cookies.device_of(call),
        puzzle_solved=_is_solved(body.captcha),
    )


def _is_solved(answer: str) -> bool:
    """Tell whether a puzzle's solution came along; BadRequest for a wrong one."""
    if answer:
        captcha.check(answer)
    return bool(answer)


def _arrived_by_headers(call: Call, module: str) -> Reply:
    arrival = Arrival(
        query={name: values[0] for name, values in call.query.items()},
        headers=dict(call.headers.items()),
        peer=str(call.meta.get("synnefo.peer") or call.address),
    )
    identity, trip = provider_trips.finish_by_headers(module, arrival, trip_cookie.take(call))
    outcome = third_parties.arrive(identity, trip, visit_of(call))
    return _ended(call, outcome, trip.next if trip else call.arg("next") or "")


def _ended(call: Call, outcome: Outcome, target: str) -> Reply:
    place = _page_after(outcome, target)
    if outcome.entry is None:
        return _sent(place)
    reply = entered_by_redirect(call, outcome.entry, place)
    reply.headers.update(_HIDDEN)
    return reply


def _page_after(outcome: Outcome, target: str) -> str:
    """Answer the page that goes on after an arrival."""
    if outcome.end is End.ENTERED:
        success = conf.of(SignUpSettings).astakos_login_success_url
        return addresses.next_or(target, success)
    if outcome.end is End.SIGN_UP:
        return _sign_up_page(outcome.token)
    page = "methods" if outcome.end in ABOUT_ACCOUNT else ""
    key = outcome.token if outcome.end is End.NO_ACCOUNT else ""
    return _page(page, notice=outcome.end, provider=outcome.module, key=key)


def _sign_up_page(token: str) -> str:
    return _page("signup", third_party_token=token)


def _failed(call: Call, module: str, fault: Fault) -> Reply:
    log.info("provider-sign-in-failed", module=module, reason=fault.message)
    if fault.status < 500:
        audit.record("session.refused", address=call.address, method=module, why=fault.message)
    return _to_page("", notice=_code_of(fault), provider=module)


def _code_of(fault: Fault) -> str:
    if isinstance(fault, ServiceUnavailable):
        return "unavailable"
    if isinstance(fault, TooManyRequests):
        return "often"
    if isinstance(fault, Unauthorized):
        return "cancelled"
    return "lost" if fault.message == LOST else "refused"


def _to_page(path: str, **query: str) -> Reply:
    return _sent(_page(path, **query))


def _page(path: str, **query: str) -> str:
    given = {name: value for name, value in query.items() if value}
    return addresses.page(path) + (f"?{urlencode(given)}" if given else "")


def _sent(place: str) -> Reply:
    return Reply(status=303, headers={"Location": place, **_HIDDEN})


def _form(call: Call) -> dict[str, str]:
    text = call.read_all(LARGEST_FORM).decode("ascii", "replace")
    try:
        found = parse_qs(text, keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise BadRequest("The form cannot be read.") from error
    return {name: values[0] for name, values in found.items()}
