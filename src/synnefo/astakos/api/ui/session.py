"""Sessions of the web interface: a cookie that only this address gets, never readable by scripts.

The cookie holds the token, so that a reload of the page can go on; pages keep the token in
memory only. A header that no form can send keeps other sites from signing people in or out.
"""

from contextlib import suppress
from urllib.parse import urlsplit

import msgspec

from synnefo.astakos.api.discovery import base_url, identity_url
from synnefo.astakos.api.identity_v3 import views
from synnefo.astakos.domain.catalogs import V3Service
from synnefo.astakos.models import Token
from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import callers, logins, projects, tokens
from synnefo.kit import conf
from synnefo.kit.clock import now, stamp_micro
from synnefo.kit.faults import Forbidden, Unauthorized
from synnefo.serve.http import IDENTITY, Api, Call, Reply, Route


class Credentials(msgspec.Struct):
    """A name and a password."""

    username: str
    password: str


class SessionUser(msgspec.Struct):
    """Who is signed in."""

    id: str
    name: str
    email: str
    is_admin: bool


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


class FreshToken(msgspec.Struct):
    """A personal API token, shown this once."""

    token: SessionToken


def sign_in(call: Call, body: Credentials) -> Reply:
    """Sign in a browser by name and password."""
    _check_own_page(call)
    user = logins.by_password(body.username, body.password, call.address)
    issued = tokens.issue(user, tokens.Wish(projects.default_of(user)))
    age = _seconds_left(issued.row)
    return Reply(headers=_cookie(call, issued.id, age), body=_session(issued.row, issued.id))


def show_session(call: Call) -> Reply:
    """Tell a reloaded page who is signed in."""
    token = _token_of(call)
    try:
        row = tokens.find(token)
    except Unauthorized as fault:
        raise Unauthorized(fault.message, headers=_cookie(call, "", 0)) from fault
    return Reply(headers={"Cache-Control": "no-store"}, body=_session(row, token))


def sign_out(call: Call) -> Reply:
    """End a browser's session and its token; harmless when there is none."""
    _check_own_page(call)
    with suppress(Unauthorized):
        tokens.revoke(tokens.find(_token_of(call)))
    return Reply(status=204, headers=_cookie(call, "", 0))


def renew_token(call: Call) -> FreshToken:
    """Make a new personal API token and show it this once; the one before ends."""
    issued = tokens.renew(callers.user_of(call.who))
    call.reply_headers["Cache-Control"] = "no-store"
    return FreshToken(_token_view(issued.row, issued.id))


def _session(row: Token, token: str) -> Session:
    user, project = row.user, row.project
    shown = SessionUser(user.uuid, user.realname or user.username, user.email, user.is_admin)
    place = None
    if project is not None:
        place = SessionProject(project.uuid, callers.project_name(project, user))
    catalog = views.catalog_for(project.uuid if project else "")
    return Session(shown, _token_view(row, token), place, catalog)


def _token_view(row: Token, token: str) -> SessionToken:
    return SessionToken(token, stamp_micro(row.expires_at) if row.expires_at else None)


def _seconds_left(row: Token) -> int:
    return int((row.expires_at - now()).total_seconds()) if row.expires_at else 86400


def _token_of(call: Call) -> str:
    token = call.request.COOKIES.get(conf.of(AstakosSettings).astakos_cookie_name)
    if not token:
        raise Unauthorized("Nobody is signed in here.")
    return str(token)


def _check_own_page(call: Call) -> None:
    if not call.headers.get("X-Requested-With"):
        raise Forbidden("Send the header X-Requested-With; browsers of other sites cannot.")


def _cookie(call: Call, token: str, age: int) -> dict[str, str]:
    settings = conf.of(AstakosSettings)
    path = urlsplit(base_url()).path.rstrip("/") + "/ui/session"
    secure = settings.astakos_cookie_secure or call.request.is_secure()
    parts = [
        f"{settings.astakos_cookie_name}={token}",
        f"Path={path}",
        f"Max-Age={max(age, 0)}",
        "HttpOnly",
        "SameSite=Strict",
        *(["Secure"] if secure else []),
    ]
    return {"Set-Cookie": "; ".join(parts), "Cache-Control": "no-store"}


API = Api(
    "astakos-ui",
    "ui",
    [
        Route("POST", "/session", sign_in, auth=False),
        Route("GET", "/session", show_session, auth=False),
        Route("DELETE", "/session", sign_out, auth=False),
        Route("POST", "/token", renew_token),
    ],
    fault_style=IDENTITY,
    authenticate=callers.authenticate,
    identity_url=identity_url,
)
