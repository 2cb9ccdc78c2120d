"""The table of sessions, of what guards an account, and of forgotten passwords."""

from collections.abc import Callable

from synnefo.astakos.api.discovery import identity_url
from synnefo.astakos.api.faults import PAGES
from synnefo.astakos.api.ui import (
    account_routes,
    old_pages,
    password_reset,
    security,
    session,
    session_steps,
    sessions,
)
from synnefo.astakos.usecases import callers
from synnefo.serve.http import Answer, Api, Call, Route

ROUTES = [
    Route("POST", "/session", session.sign_in, auth=False),
    Route("GET", "/session", session.show_session, auth=False),
    Route("DELETE", "/session", session.sign_out, status=204, auth=False),
    Route("POST", "/session/code", session_steps.give_code, auth=False),
    Route("POST", "/session/passkey/question", session_steps.ask_passkey, auth=False),
    Route("POST", "/session/passkey", session_steps.sign_in_by_passkey, auth=False),
    Route("POST", "/session/passkey/factor", session_steps.give_passkey, auth=False),
    Route("POST", "/session/app", session_steps.begin_app, auth=False),
    Route("POST", "/session/app/confirm", session_steps.confirm_app, auth=False),
    Route("POST", "/session/password", session_steps.give_password, auth=False),
    Route("POST", "/session/confirm", sessions.confirm),
    Route("POST", "/session/confirm/question", sessions.ask_to_confirm),
    Route("GET", "/sessions", sessions.list_sessions),
    Route("DELETE", "/sessions", sessions.end_others),
    Route("DELETE", "/sessions/{session_id}", sessions.end_session, status=204),
    Route("GET", "/security", security.show_security),
    Route("POST", "/security/password", security.change_password, status=204),
    Route("POST", "/security/app", security.begin_app),
    Route("POST", "/security/app/confirm", security.confirm_app),
    Route("DELETE", "/security/app", security.remove_app, status=204),
    Route("POST", "/security/passkeys/question", security.ask_new_passkey),
    Route("POST", "/security/passkeys", security.add_passkey, status=201),
    Route("PATCH", "/security/passkeys/{passkey_id}", security.rename_passkey),
    Route("DELETE", "/security/passkeys/{passkey_id}", security.remove_passkey, status=204),
    Route("POST", "/security/recovery-codes", security.renew_recovery_codes),
    Route("POST", "/password-reset", password_reset.ask_for_link, status=202, auth=False),
    Route("POST", "/password-reset/owner", password_reset.show_owner, auth=False),
    Route("POST", "/password-reset/password", password_reset.set_password, status=204, auth=False),
    Route("POST", "/token", session.renew_token),
]


def kept_by_nobody(call: Call, answer: Callable[[Call], Answer]) -> Answer:
    """Let no cache keep what these calls answer: secrets, and who is signed in."""
    found = answer(call)
    found.headers.setdefault("Cache-Control", "no-store")
    return found


API = Api(
    "astakos-ui",
    "ui",
    [*ROUTES, *account_routes.ROUTES, *old_pages.ROUTES],
    fault_style=PAGES,
    authenticate=callers.authenticate,
    identity_url=identity_url,
).wrapped(kept_by_nobody)
