"""Who calls, as the identity service tells."""

from collections.abc import Collection
from functools import cache

from synnefo.kit import conf
from synnefo.pithos.engines import quota
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.http.auth import Authenticate, Caller
from synnefo.serve.http.remote_auth import RecentCallers, remote_authenticate

_SECONDS = 5.0
"""How long a caller is believed; on the identity service's own host, until a token ends."""


def authenticate(token: str) -> Caller:
    """Tell who holds a token; Unauthorized when nobody does."""
    return _remote(conf.of(PithosSettings).astakos_auth_url)(token)


@cache
def _remote(_url: str) -> Authenticate:
    return remote_authenticate(quota.identity_service, RecentCallers(lambda: _SECONDS))


def unknown_users(names: Collection[str]) -> list[str]:
    """List the names that are no user's uuid."""
    known = quota.identity_service().usernames(names) if names else {}
    return [name for name in names if name not in known]


def identity_url() -> str:
    """Answer the public address at which tokens are given out."""
    return conf.of(PithosSettings).astakos_auth_url
