"""The identity service as OAuth 2.0 knows it: whose browser stands at the door.

Spec: object-storage 11.2, identity 11.
"""

import base64
import re
from functools import cache
from urllib.parse import urlencode

import msgspec

from synnefo.clients.astakos import base_of
from synnefo.clients.http import Http
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Fault, ItemNotFound, ServiceUnavailable
from synnefo.pithos.settings import PithosSettings

_TOKEN = re.compile(r"[\w-]{1,200}", re.ASCII)


class _Token(msgspec.Struct):
    access_token: str


class _User(msgspec.Struct):
    id: str


class _Access(msgspec.Struct):
    user: _User


class _Shown(msgspec.Struct):
    access: _Access


def authorization_url(redirect_uri: str, state: str, scope: str) -> str:
    """Write the address at which the identity service lets somebody in."""
    query = urlencode({
        "response_type": "code",
        "client_id": _credentials()[0],
        "redirect_uri": redirect_uri,
        "state": state,
        "scope": scope,
    })  # fmt: skip
    return f"{_base()}/oauth2/auth?{query}"


def token_for(code: str, redirect_uri: str, scope: str) -> str:
    """Trade a code for a token; BadRequest when it is not good, or no more."""
    basic = base64.b64encode(":".join(_credentials()).encode()).decode()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "scope": scope,
    }
    answer = _http(_base()).call(
        "POST",
        "/oauth2/token",
        body=urlencode(form).encode(),
        headers={
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    if answer.status != 200:
        raise BadRequest("The identity service did not take the code.")
    return answer.read(_Token).access_token


def user_of(token: str, scope: str) -> str:
    """Tell whose token it is; ItemNotFound for one that is over or for something else."""
    path = f"/identity/v2.0/tokens/{token}"
    if not _TOKEN.fullmatch(token):
        raise ItemNotFound("There is no such token.")
    try:
        shown = _http(_base()).read("GET", path, _Shown, query={"belongsTo": scope})
    except ServiceUnavailable:
        raise
    except Fault as fault:
        raise ItemNotFound("There is no such token.") from fault
    return shown.access.user.id


def _credentials() -> tuple[str, str]:
    name, secret = conf.of(PithosSettings).pithos_oauth2_client_credentials
    if not name or not secret:
        raise ServiceUnavailable(
            "Files cannot be shown here yet: the operators must register the view service "
            "and set PITHOS_OAUTH2_CLIENT_CREDENTIALS."
        )
    return name, secret


def _base() -> str:
    return base_of(conf.of(PithosSettings).astakos_auth_url)


@cache
def _http(url: str) -> Http:
    return Http(url)
