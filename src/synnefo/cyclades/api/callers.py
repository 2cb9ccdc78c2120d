"""Who calls any API of Cyclades: the identity service says so, and is believed for a moment."""

from functools import cache

from msgspec.structs import replace

from synnefo.clients.astakos import AstakosClient
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf
from synnefo.serve.http import Caller
from synnefo.serve.http.remote_auth import RecentCallers, remote_authenticate

remembered = RecentCallers(lambda: conf.of(CycladesSettings).cyclades_token_cache)


@cache
def _client(url: str) -> AstakosClient:
    return AstakosClient(url)


_ask = remote_authenticate(lambda: _client(identity_url()), remembered)


def authenticate(token: str) -> Caller:
    """Tell who holds a token; one for no project at all means the user's own.

    Unauthorized when nobody holds it.
    """
    caller = _ask(token)
    if caller.project_id or caller.domain_id or caller.is_system:
        return caller
    return replace(caller, project_id=caller.user_id)


def identity_url() -> str:
    """Answer the address that a 401 names."""
    return conf.of(CycladesSettings).astakos_auth_url
