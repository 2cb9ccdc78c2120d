"""Who calls any API of Cyclades: the identity service says so, and is believed for a moment."""

import threading
from functools import cache

from synnefo.clients.astakos import AstakosClient, Identity
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import clock, conf
from synnefo.kit.faults import Unauthorized
from synnefo.serve.http import Caller

_MOST = 10_000


class _Remembered:
    """Callers by token, each believed for a few seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callers: dict[str, tuple[float, Caller]] = {}

    def get(self, token: str) -> Caller | None:
        """Answer who held a token a moment ago."""
        found = self._callers.get(token)
        if found is None or found[0] < clock.monotonic():
            return None
        expires = found[1].expires
        return None if expires is not None and expires <= clock.now() else found[1]

    def put(self, token: str, caller: Caller, seconds: float) -> None:
        """Remember who holds a token."""
        with self._lock:
            if len(self._callers) >= _MOST:
                self._callers.clear()
            self._callers[token] = (clock.monotonic() + seconds, caller)

    def clear(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._callers.clear()


remembered = _Remembered()


@cache
def _client(url: str) -> AstakosClient:
    return AstakosClient(url)


def authenticate(token: str) -> Caller:
    """Tell who holds a token; Unauthorized when nobody does."""
    caller = remembered.get(token)
    if caller is not None:
        return caller
    settings = conf.of(CycladesSettings)
    caller = _caller(token, _client(settings.astakos_auth_url).authenticate(token))
    if caller.expires is not None and caller.expires <= clock.now():
        raise Unauthorized("The token has expired. Sign in again.")
    remembered.put(token, caller, settings.cyclades_token_cache)
    return caller


def _caller(token: str, found: Identity) -> Caller:
    return Caller(
        user_id=found.user_id,
        user_name=found.user_name,
        project_id=found.project_id or found.user_id,
        project_name=found.project_name,
        is_admin=found.is_admin,
        is_service=found.is_service,
        roles=found.roles,
        groups=found.groups,
        token=token,
        expires=found.expires,
    )


def identity_url() -> str:
    """Answer the address that a 401 names."""
    return conf.of(CycladesSettings).astakos_auth_url
