"""Weblogin: a program on the desktop gets a token through the browser. Spec: identity 12.1."""

from urllib.parse import urlsplit

from synnefo.astakos.api.ui import browser, cookies
from synnefo.astakos.domain import redirects
from synnefo.astakos.models import Token
from synnefo.astakos.settings import OAuthSettings
from synnefo.astakos.usecases import tokens, weblogins
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Forbidden
from synnefo.serve.http import Call, Reply


def log_in(call: Call) -> Reply:
    """Hand a token to the program that `next` names, once a person is signed in.

    `force` asks for another sign-in first, `renew` for a new token, with which all others end.
    """
    target = _target(call)
    session = browser.session_of(call)
    if "force" in call.query and session is not None:
        tokens.revoke(session)
        tokens.end_online(session.user)
        cookies.set_session(call, "", 0)
        session = None
    if session is None:
        return browser.to_sign_in(call, without="force")
    if not session.user.has_signed_terms:
        return browser.to_terms(call)
    return _hand_over(call, session, target)


def _hand_over(call: Call, session: Token, target: str) -> Reply:
    issued = weblogins.token_for(session, renew="renew" in call.query)
    browser.share_identity(call, session, cookies.session_of(call))
    query = {"uuid": session.user.uuid, "token": issued.id}
    return browser.moved(redirects.with_only_query(target, query))


def _target(call: Call) -> str:
    target = call.arg("next")
    if not target:
        raise BadRequest("Name in 'next' where the token should go.")
    try:
        scheme = urlsplit(target).scheme.lower()
    except ValueError as error:
        raise BadRequest("'next' is no address.") from error
    allowed = {name.lower() for name in conf.of(OAuthSettings).astakos_redirect_allowed_schemes}
    if scheme not in allowed or not target.isprintable():
        raise Forbidden("A token goes to the programs that the operators named, nowhere else.")
    return target
