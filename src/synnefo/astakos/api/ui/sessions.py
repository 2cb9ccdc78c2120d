"""One's own sessions: listed, ended, confirmed before sensitive changes."""

import msgspec

from synnefo.astakos.api.ui import cookies
from synnefo.astakos.api.ui.passkey_place import place_of
from synnefo.astakos.models import SessionCatalog, User
from synnefo.astakos.settings import SecuritySettings
from synnefo.astakos.usecases import (
    audit,
    callers,
    logins,
    passkeys,
    second_factors,
    sessions,
)
from synnefo.astakos.usecases.attempts import Knock
from synnefo.astakos.usecases.passkeys import Answer, Asked, Purpose
from synnefo.kit import conf
from synnefo.kit.clock import stamp_micro
from synnefo.kit.faults import BadRequest, Unauthorized
from synnefo.serve.http import Call


class SessionView(msgspec.Struct, kw_only=True):
    """A session as its owner sees it."""

    id: str
    method: str
    address: str
    last_address: str
    agent: str
    began_at: str
    seen_at: str
    expires_at: str
    is_current: bool


class SessionList(msgspec.Struct):
    """All sessions that are open."""

    sessions: list[SessionView]


class Ended(msgspec.Struct):
    """How many sessions were ended."""

    ended: int


class Confirmation(msgspec.Struct):
    """A proof of who one is: the password, a code, or a passkey's answer."""

    password: str = ""
    code: str = ""
    passkey: Answer | None = None


class Confirmed(msgspec.Struct):
    """For how many seconds the proof holds."""

    seconds: int


def list_sessions(call: Call) -> SessionList:
    """List one's sessions, the one used last first."""
    current = sessions.of_caller(call.who)
    return SessionList([_view(row, current) for row in sessions.listed(callers.user_of(call.who))])


def end_session(call: Call, session_id: str) -> None:
    """End one of one's sessions; whoever uses it is out at once."""
    sessions.end(callers.user_of(call.who), session_id)


def end_others(call: Call) -> Ended:
    """End all of one's sessions but the one in use."""
    user = callers.user_of(call.who)
    return Ended(sessions.end_others(user, sessions.of_caller(call.who)))


def ask_to_confirm(call: Call) -> Asked:
    """Ask the browser for a passkey that confirms who is there."""
    return passkeys.ask_to_sign(Purpose.CONFIRM, place_of(call), callers.user_of(call.who))


def confirm(call: Call, body: Confirmation) -> Confirmed:
    """Prove again who one is; sensitive changes are open for a while.

    A wrong proof is answered with 400, so that no page takes its session for ended.
    """
    session = sessions.of_caller(call.who)
    if session is None:
        raise BadRequest(sessions.NO_SESSION)
    user = callers.user_of(call.who)
    _check(call, user, body)
    sessions.confirmed(session)
    audit.record("session.confirmed", actor=user, subject=user)
    return Confirmed(conf.of(SecuritySettings).astakos_confirm_window)


def _check(call: Call, user: User, body: Confirmation) -> None:
    try:
        if body.passkey is not None:
            passkeys.check(Purpose.CONFIRM, place_of(call), body.passkey, user)
        elif body.code:
            _check_code(call, user, body.code)
        else:
            _check_password(call, user, body.password)
    except Unauthorized as fault:
        raise BadRequest(fault.message) from fault


def _check_code(call: Call, user: User, code: str) -> None:
    if not second_factors.check(user, code, address=call.address):
        raise Unauthorized("The code is wrong, or was used already.")


def _check_password(call: Call, user: User, password: str) -> None:
    knock = Knock(identifier=user.uuid, address=call.address, device=cookies.device_of(call))
    logins.confirm(user, password, knock)


def _view(row: SessionCatalog, current: SessionCatalog | None) -> SessionView:
    ends = row.token.expires_at
    return SessionView(
        id=row.session_key,
        method=row.method,
        address=row.address,
        last_address=row.seen_from,
        agent=row.agent,
        began_at=stamp_micro(row.created_at),
        seen_at=stamp_micro(row.seen_at),
        expires_at=stamp_micro(ends) if ends else "",
        is_current=current is not None and row.pk == current.pk,
    )
