"""The cookie that ties a trip to a provider to the browser that began it.

It is sent with the redirect that brings the browser back from another site, hence Lax.
"""

from urllib.parse import unquote, urlsplit

from synnefo.astakos.api.discovery import base_url
from synnefo.astakos.settings import AstakosSettings, ProviderSettings
from synnefo.kit import conf
from synnefo.serve.http import Call, Cookie

NAME = "_provider_trip"


def put(call: Call, secret: str) -> None:
    """Give a browser that leaves its secret."""
    _set(call, secret, conf.of(ProviderSettings).astakos_provider_trip_minutes * 60)


def take(call: Call) -> str:
    """Read the secret of a browser that is back, and take the cookie away."""
    secret = unquote(str(call.request.COOKIES.get(NAME, "")))
    if secret:
        _set(call, "", 0)
    return secret


def _set(call: Call, value: str, age: int) -> None:
    secure = conf.of(AstakosSettings).astakos_cookie_secure or call.request.is_secure()
    path = urlsplit(base_url()).path.rstrip("/") + "/ui/login"
    call.reply_cookies.append(
        Cookie(name=NAME, value=value, path=path, max_age=age, secure=secure, same_site="Lax")
    )
