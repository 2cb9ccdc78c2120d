"""Files shown to a browser by their address, without a token in it: the view service.

The identity service tells who sits at the browser, by an OAuth 2.0 code; so the login's own
cookie never reaches the host at which people's files are shown. Spec: object-storage 11.2.
"""

import hashlib
import secrets
from urllib.parse import quote, urlencode, urlsplit

from synnefo.kit import conf
from synnefo.kit.faults import Fault, Forbidden, ItemNotFound, ServiceUnavailable
from synnefo.kit.ids import new_token
from synnefo.pithos.api import reading
from synnefo.pithos.engines import oauth
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call, Reply
from synnefo.serve.http.cookies import Cookie

PREFIX = "ui/view"
_KEPT = ("version", "disposition-type")
_PATIENCE = 600
"""Seconds within which somebody who was sent to sign in must be back."""


def view_file(call: Call, account: str, container: str, name: str) -> Reply:
    """Show a file to whoever may read it, and find out first who that is."""
    scope = _scope(account, container, name)
    token, code = call.arg("access_token"), call.arg("code")
    if token:
        return _shown(call, (account, container, name), token)
    if code:
        return _traded(call, scope, code)
    state = new_token(16)
    call.reply_cookies.append(_cookie(scope, state))
    return _away(oauth.authorization_url(_own_url(call, scope), state, scope))


def _scope(*path: str) -> str:
    """Write a path as what a token is good for: encoded, for a scope has no spaces."""
    return quote("/" + "/".join(path))


def _traded(call: Call, scope: str, code: str) -> Reply:
    """Trade a code for a token, where it was us who sent this browser for one."""
    told, kept = call.arg("state") or "", call.request.COOKIES.get(_cookie(scope).name, "")
    call.reply_cookies.append(_cookie(scope))
    if not told or not secrets.compare_digest(told.encode(), kept.encode()):
        return _away(_own_url(call, scope))
    try:
        token = oauth.token_for(code, _own_url(call, scope), scope)
    except ServiceUnavailable:
        raise
    except Fault as fault:
        raise Forbidden("The identity service does not know this code.") from fault
    return _away(_own_url(call, scope, access_token=token))


def _shown(call: Call, path: tuple[str, str, str], token: str) -> Reply:
    scope = _scope(*path)
    try:
        user_id = oauth.user_of(token, scope)
    except ItemNotFound:
        return _away(_own_url(call, scope))
    call.caller = Caller(user_id=user_id, user_name=user_id, project_id=user_id)
    call.query = {key: values for key, values in call.query.items() if key in _KEPT}
    if call.arg("version") == "list":
        raise ItemNotFound("There is no version 'list' of this object.")
    if call.method == "HEAD":
        return reading.head_object(call, *path)
    return reading.get_object(call, *path)


def _own_url(call: Call, scope: str, **more: str) -> str:
    """Write this address as the identity service knows it, with what the reader asked for."""
    settings = conf.of(PithosSettings)
    base = urlsplit(settings.pithos_base_url)
    host = settings.pithos_unsafe_domain or base.netloc
    asked = {name: call.arg(name) or "" for name in _KEPT if call.arg(name)}
    query = urlencode({**asked, **more})
    url = f"{base.scheme}://{host}{base.path.rstrip('/')}/{PREFIX}{scope}"
    return f"{url}?{query}" if query else url


def _cookie(scope: str, state: str = "") -> Cookie:
    """Remember for a file with which state a browser was sent away; without one, forget."""
    base = urlsplit(conf.of(PithosSettings).pithos_base_url)
    return Cookie(
        name=f"view_{hashlib.sha256(scope.encode()).hexdigest()[:16]}",
        value=state,
        path=f"{base.path.rstrip('/')}/{PREFIX}",
        max_age=_PATIENCE if state else 0,
        secure=base.scheme == "https",
        same_site="Lax",
    )


def _away(url: str) -> Reply:
    return Reply(302, {"Location": url, "Cache-Control": "no-store"}, None)
