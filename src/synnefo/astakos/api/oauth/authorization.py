"""Where people let clients act for them. Spec: identity 11.1."""

import msgspec

from synnefo.astakos.api.discovery import base_url
from synnefo.astakos.api.oauth import forms
from synnefo.astakos.api.ui import browser
from synnefo.astakos.models import Token
from synnefo.astakos.usecases import addresses, oauth
from synnefo.kit.faults import Unauthorized
from synnefo.serve.http import Call, Reply


class Consent(msgspec.Struct, kw_only=True):
    """What a page needs to ask a person whether a client may act for them."""

    client: str
    client_name: str
    redirect_uri: str
    scope: str
    state: str
    csrf_token: str


class Onward(msgspec.Struct):
    """Where a page goes after the answer."""

    location: str


def ask(call: Call) -> Reply:
    """Lead a client's code back to it; of a client that is not ours a person is asked first.

    Pages get what they show as JSON, browsers are led to the page.
    """
    forms.check_secure(call)
    wish = msgspec.convert(forms.only_once(call.query), oauth.Wish)
    request = oauth.check(wish, forms.basic_of(call))
    session = browser.session_of(call)
    if session is None:
        return browser.to_sign_in(call)
    if not session.user.has_signed_terms:
        return browser.to_terms(call)
    if request.client.is_trusted:
        return browser.moved(oauth.issue_code(request, session, base_url()))
    if "text/html" in (call.headers.get("Accept") or ""):
        query = str(call.meta.get("QUERY_STRING", ""))
        return browser.moved(f"{addresses.page('consent')}?{query}")
    shown = Consent(
        client=request.client.identifier,
        client_name=request.client.name,
        redirect_uri=request.redirect_uri,
        scope=request.scope,
        state=request.state,
        csrf_token=oauth.consent_seal(request, session),
    )
    return Reply(headers={"Cache-Control": "no-store"}, body=shown)


def answer(call: Call) -> Reply:
    """Take a person's answer, consent unless `decision` is `deny`, and lead back to the client."""
    forms.check_secure(call)
    form = forms.read(call)
    wish = msgspec.convert(form, oauth.Wish)
    request = oauth.check(wish, forms.basic_of(call))
    session = _signed_in(call)
    oauth.check_consent(request, session, form.get("csrf_token", ""))
    if form.get("decision") == "deny":
        location = oauth.deny(request, base_url())
    else:
        location = oauth.issue_code(request, session, base_url())
    if "application/json" in (call.headers.get("Accept") or ""):
        return Reply(headers={"Cache-Control": "no-store"}, body=Onward(location))
    return browser.moved(location)


def _signed_in(call: Call) -> Token:
    session = browser.session_of(call)
    if session is None or not session.user.has_signed_terms:
        raise Unauthorized("Nobody is signed in here.")
    return session
