"""Sessions of the web interface: signing in step by step, taking up, signing out.

The cookie holds the session's token, so that a reload of the page can go on; pages keep the token
in memory only. A header that no form can send keeps other sites from signing people in or out.
"""

from contextlib import suppress

import msgspec

from synnefo.astakos.api.identity_v3 import views
from synnefo.astakos.api.ui import browser, cookies
from synnefo.astakos.domain.catalogs import V3Service
from synnefo.astakos.models import Token, User
from synnefo.astakos.usecases import (
    application_credentials,
    callers,
    captcha,
    entrances,
    known_devices,
    logins,
    roles,
    sessions,
    tokens,
)
from synnefo.astakos.usecases.attempts import Knock
from synnefo.astakos.usecases.entrances import Challenge, Entry
from synnefo.astakos.usecases.sessions import Visit
from synnefo.kit.clock import now, stamp_micro
from synnefo.kit.faults import Unauthorized
from synnefo.kit.ids import new_token
from synnefo.serve.http import Call, Reply


class Credentials(msgspec.Struct):
    """A name and a password; after many attempts the solution of a puzzle too."""

    username: str
    password: str
    captcha: str = ""


class SessionUser(msgspec.Struct):
    """Who is signed in."""

    id: str
    name: str
    email: str
    is_admin: bool
    has_signed_terms: bool


class SessionToken(msgspec.Struct):
    """The token for calls to the APIs."""

    id: str
    expires_at: str | None


class SessionProject(msgspec.Struct):
    """The project that calls are for."""

    id: str
    name: str


class Session(msgspec.Struct):
    """All that a page needs to begin."""

    user: SessionUser
    token: SessionToken
    project: SessionProject | None
    catalog: list[V3Service]


class Waiting(msgspec.Struct):
    """A sign-in that waits: for what, and by which kinds of second factor it may go on."""

    step: str
    kinds: tuple[str, ...]


class FreshToken(msgspec.Struct):
    """A personal API token, shown this once."""

    token: SessionToken


def sign_in(call: Call, body: Credentials) -> Session | Waiting:
    """Sign in a browser by name and password; it may have to take more steps."""
    cookies.check_own_page(call)
    knock = Knock(
        identifier=body.username,
        address=call.address,
        device=cookies.device_of(call),
        puzzle_solved=is_solved(body.captcha),
    )
    user = logins.knocked(knock, body.password)
    return entered(call, entrances.enter(user, method="password", **_visitor(call)))


def show_session(call: Call) -> Session | Waiting:
    """Tell a reloaded page who is signed in, or which step a sign-in waits for."""
    call.reply_headers["Cache-Control"] = "no-store"
    token = cookies.session_of(call)
    try:
        row = _row_of(token)
    except Unauthorized:
        if token:
            cookies.set_session(call, "", 0)
        return _waiting(_challenge_of(call))
    session = sessions.of_token(row)
    if session is not None:
        sessions.touch(session, call.address)
    browser.share_identity(call, row, token)
    return _session(row, token)


def sign_out(call: Call) -> None:
    """End a browser's session and its token; harmless when there is none."""
    cookies.check_own_page(call)
    _end_former(call)
    cookies.set_session(call, "", 0)
    cookies.set_step(call, "", 0)
    browser.take_identity(call)


def renew_token(call: Call) -> FreshToken:
    """Make a new personal API token and show it this once; the one before ends.

    With `end_others` in the query all other tokens end too, but for the session in use.
    """
    application_credentials.check_unrestricted(is_restricted=call.who.is_restricted)
    sessions.check_person(call.who)
    user = callers.user_of(call.who)
    keep = tokens.find(call.who.token)
    issued = tokens.renew(user, keep=keep, end_others="end_others" in call.query)
    call.reply_headers["Cache-Control"] = "no-store"
    return FreshToken(_token_view(issued.row, issued.id))


def entered(call: Call, entry: Entry) -> Session | Waiting:
    """Give a page the session that somebody came in to, or the step to take; sets cookies.

    A session that the browser had before ends, so that none is ever taken over.
    """
    if entry.challenge is not None:
        cookies.set_step(call, entry.challenge.secret, int(entrances.LASTS.total_seconds()))
        return _waiting(entry.challenge)
    if entry.issued is None:
        raise Unauthorized(entrances.OVER)
    _end_former(call)
    _know_browser(call, entry.user)
    cookies.set_step(call, "", 0)
    cookies.set_session(call, entry.issued.id, _seconds_left(entry.issued.row))
    browser.share_identity(call, entry.issued.row, entry.issued.id)
    return _session(entry.issued.row, entry.issued.id)


def entered_by_redirect(call: Call, entry: Entry, location: str) -> Reply:
    """Send a browser that came back from elsewhere on to a page, with its session's cookies."""
    entered(call, entry)
    return Reply(status=303, headers={"Location": location})


def is_solved(solution: str) -> bool:
    """Tell whether a puzzle was solved; BadRequest for a solution that is wrong or used."""
    if not solution or captcha.kind() is captcha.Kind.NONE:
        return False
    captcha.check(solution)
    return True


def _visitor(call: Call) -> dict[str, str]:
    return {"address": call.address, "agent": call.headers.get("User-Agent") or ""}


def visit_of(call: Call) -> Visit:
    """Tell from where, and with which browser, a call comes."""
    return Visit(**_visitor(call))


def _challenge_of(call: Call) -> Challenge:
    secret = cookies.step_of(call)
    if not secret:
        raise Unauthorized("Nobody is signed in here.")
    try:
        return entrances.step_of(entrances.find(secret), secret)
    except Unauthorized:
        cookies.set_step(call, "", 0)
        raise


def _waiting(challenge: Challenge) -> Waiting:
    return Waiting(challenge.step, challenge.kinds)


def _know_browser(call: Call, user: User) -> None:
    device = cookies.device_of(call) or new_token()
    cookies.set_device(call, device)
    known_devices.remember(user, device, call.address)


def _end_former(call: Call) -> None:
    with suppress(Unauthorized):
        row = _row_of(cookies.session_of(call))
        tokens.end_online(row.user)
        session = sessions.of_token(row)
        if session is not None:
            sessions.leave(session)
        else:
            tokens.revoke(row)


def _row_of(token: str) -> Token:
    if not token:
        raise Unauthorized("Nobody is signed in here.")
    return tokens.find(token, unsigned=True)


def _session(row: Token, token: str) -> Session:
    user, project = row.user, row.project
    shown = SessionUser(
        id=user.uuid,
        name=user.realname or user.username,
        email=user.email,
        is_admin=roles.is_operator(user),
        has_signed_terms=user.has_signed_terms,
    )
    place = None
    if project is not None:
        place = SessionProject(project.uuid, callers.project_name(project, user))
    catalog = views.catalog_for(project.uuid if project else "")
    return Session(shown, _token_view(row, token), place, catalog)


def _token_view(row: Token, token: str) -> SessionToken:
    return SessionToken(token, stamp_micro(row.expires_at) if row.expires_at else None)


def _seconds_left(row: Token) -> int:
    return int((row.expires_at - now()).total_seconds()) if row.expires_at else 86400
