"""Who calls, asked of the identity service over HTTP and remembered for a few seconds.

For the bricks that hold no users. Tokens are remembered by their hash only. On the host of the
identity service a token that ends is refused at once (`revocations`), elsewhere after at most
the settings' few seconds; an expired one is refused at once everywhere.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

from synnefo.clients.astakos import AstakosClient, Identity
from synnefo.kit import clock
from synnefo.kit.faults import Unauthorized
from synnefo.serve.http import revocations
from synnefo.serve.http.auth import Authenticate, Caller
from synnefo.serve.http.revocations import Mark


class RecentCallers:
    """The callers of the last seconds, at most `size` of them. Safe to share between threads."""

    def __init__(self, ttl: Callable[[], float], size: int = 10_000) -> None:
        self._ttl = ttl
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, tuple[float, Mark, Caller]] = OrderedDict()

    def get(self, token: str) -> Caller | None:
        """Answer the caller of a token seen lately, if no token ended since."""
        key, mark = _key(token), revocations.mark()
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            until, then, caller = found
            if until <= clock.monotonic() or then != mark or _has_expired(caller):
                del self._kept[key]
                return None
        return caller

    def put(
        self,
        token: str,
        caller: Caller,
        seconds: float | None = None,
        *,
        mark: Mark | None = None,
    ) -> None:
        """Remember a caller; `mark` is that of before the identity service was asked."""
        until = clock.monotonic() + (self._ttl() if seconds is None else seconds)
        with self._lock:
            self._kept[_key(token)] = (until, mark or revocations.mark(), caller)
            self._kept.move_to_end(_key(token))
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


def remote_authenticate(
    client: Callable[[], AstakosClient], recent: RecentCallers
) -> Authenticate:
    """Make the function that tells a token's holder, for an `Api` of another brick."""

    def authenticate(token: str) -> Caller:
        caller = recent.get(token)
        if caller is None:
            mark = revocations.mark()
            caller = _caller(token, client().authenticate(token))
            recent.put(token, caller, mark=mark)
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
        domain_id=identity.domain_id,
        is_system=identity.is_system,
        application_credential=identity.application_credential,
        is_restricted=identity.is_restricted,
        trust=identity.trust,
        access_rules=identity.access_rules,
    )


def _has_expired(caller: Caller) -> bool:
    return caller.expires is not None and caller.expires <= clock.now()


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
