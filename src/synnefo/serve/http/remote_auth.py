"""Who calls, asked of the identity service over HTTP and remembered for a few seconds.

For the bricks that hold no users. Tokens are remembered by their hash only; a revoked token is
taken for at most the settings' few seconds more, an expired one not at all.
"""

import hashlib
import threading
from collections import OrderedDict

from synnefo.clients.astakos import AstakosClient, Identity
from synnefo.kit import clock
from synnefo.kit.faults import Unauthorized
from synnefo.serve.http.auth import Authenticate, Caller


class RecentCallers:
    """The callers of the last seconds, at most `size` of them. Safe to share between threads."""

    def __init__(self, ttl: float, size: int = 10_000) -> None:
        self._ttl = ttl
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    def get(self, token: str) -> Caller | None:
        """Answer the caller of a token seen lately and still valid."""
        key = _key(token)
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            until, caller = found
            if until <= clock.monotonic() or _has_expired(caller):
                del self._kept[key]
                return None
        return caller

    def put(self, token: str, caller: Caller) -> None:
        """Remember a caller, forgetting the oldest when there are too many."""
        with self._lock:
            self._kept[_key(token)] = (clock.monotonic() + self._ttl, caller)
            self._kept.move_to_end(_key(token))
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)


def remote_authenticate(
    client: AstakosClient, *, ttl: float = 5.0, size: int = 10_000
) -> Authenticate:
    """Make the function that tells a token's holder, for an `Api` of another brick."""
    recent = RecentCallers(ttl, size)

    def authenticate(token: str) -> Caller:
        caller = recent.get(token)
        if caller is None:
            caller = _caller(token, client.authenticate(token))
            recent.put(token, caller)
        if _has_expired(caller):
            raise Unauthorized("The token has expired. Sign in again.")
        return caller

    return authenticate


def _caller(token: str, identity: Identity) -> Caller:
    return Caller(
        user_id=identity.user_id,
        user_name=identity.user_name,
        project_id=identity.project_id,
        project_name=identity.project_name,
        is_admin=identity.is_admin,
        is_service=identity.is_service,
        roles=identity.roles,
        groups=identity.groups,
        token=token,
        expires=identity.expires,
    )


def _has_expired(caller: Caller) -> bool:
    return caller.expires is not None and caller.expires <= clock.now()


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
