"""The person at the browser, for addresses that browsers come to from elsewhere.

The session's cookie goes with requests of our own site only. Who comes from another site is led
over the sign-in page, which is our own, and comes back with it.
"""

from urllib.parse import urlencode, urlsplit

from synnefo.astakos.api.discovery import base_url
from synnefo.astakos.api.ui import cookies
from synnefo.astakos.models import Token
from synnefo.astakos.settings import AstakosSettings, OAuthSettings, SignUpSettings
from synnefo.astakos.usecases import tokens
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import Unauthorized
from synnefo.serve.http import Call, Cookie, Reply


def session_of(call: Call) -> Token | None:
    """Answer the session of the browser; None when nobody is signed in.

    Its holder may not have agreed to the terms: ask `has_signed_terms`.
    """
    token = cookies.session_of(call)
    if not token:
        return None
    try:
        return tokens.find(token, unsigned=True)
    except Unauthorized:
        return None


def to_sign_in(call: Call, *, without: str = "") -> Reply:
    """Lead to the sign-in page, and back here from there. Spec: identity 13.0."""
    return moved(f"{base_url()}/ui/login?{urlencode({'next': here(call, without)})}")


def to_terms(call: Call) -> Reply:
    """Lead to the terms of use, and back here from there. Spec: identity 13.0."""
    back = urlencode({"next": here(call), "show_form": ""})
    return moved(f"{base_url()}/ui/approval_terms?{back}")


def here(call: Call, without: str = "") -> str:
    """Answer the public address of this request; from the settings, never from its host."""
    base = urlsplit(base_url())
    query = [
        (name, value) for name, values in call.query.items() for value in values if name != without
    ]
    path = call.request.path
    return base._replace(path=path, query=urlencode(query)).geturl()


def moved(location: str) -> Reply:
    """Lead a browser elsewhere; no address that it came from is told there."""
    headers = {
        "Location": location,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return Reply(status=302, headers=headers)


def share_identity(call: Call, row: Token, token: str) -> None:
    """Set the identity cookie for sibling services, where the settings name their domain.

    Scripts of that whole domain can read it, so without a domain there is none.
    Spec: identity 12.2.
    """
    domain = conf.of(SignUpSettings).astakos_cookie_domain
    if not domain:
        return
    translated = conf.of(OAuthSettings).astakos_translate_uuids
    name = row.user.username if translated else row.user.uuid
    age = int((row.expires_at - now()).total_seconds()) if row.expires_at is not None else 86400
    _set_identity(call, f"{name}|{token}", max(age, 0), domain)


def take_identity(call: Call) -> None:
    """Take the identity cookie back, if there is one."""
    domain = conf.of(SignUpSettings).astakos_cookie_domain
    if domain and conf.of(AstakosSettings).astakos_cookie_name in call.request.COOKIES:
        _set_identity(call, "", 0, domain)


def _set_identity(call: Call, value: str, age: int, domain: str) -> None:
    settings = conf.of(AstakosSettings)
    call.reply_cookies.append(
        Cookie(
            name=settings.astakos_cookie_name,
            value=value,
            domain=domain,
            max_age=age,
            secure=settings.astakos_cookie_secure or call.request.is_secure(),
            http_only=False,
            same_site="Lax",
        )
    )
