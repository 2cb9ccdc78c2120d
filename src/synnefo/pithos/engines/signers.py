"""Who signed a request by an EC2 key, as the identity service tells."""

import threading
from collections import OrderedDict

from synnefo.clients.astakos import SigningKey
from synnefo.kit import clock
from synnefo.pithos.engines import identity, quota
from synnefo.serve.http import revocations
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.revocations import Mark

_SECONDS = 300.0
"""How long a key is believed on other hosts; on the identity service's own, until a token ends."""
_MOST = 10_000
_kept: OrderedDict[tuple[str, str], tuple[float, Mark, SigningKey]] = OrderedDict()
_lock = threading.Lock()


def signing_key(access: str, scope: str) -> SigningKey:
    """Answer the key that an access key signs with on one day; Unauthorized for an unknown one."""
    mark = revocations.mark()
    with _lock:
        found = _kept.get((access, scope))
    if found is not None and found[0] > clock.monotonic() and found[1] == mark:
        return found[2]
    made = quota.identity_service().service_signing_key(access, scope)
    with _lock:
        _kept[access, scope] = (clock.monotonic() + _SECONDS, mark, made)
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return made


def holder(key: SigningKey) -> Caller:
    """Answer whose key it is; Unauthorized when they may come in no more."""
    return identity.authenticate(key.token)


def forget() -> None:
    """Ask for every key anew."""
    with _lock:
        _kept.clear()
