"""What is told about a token, written once and kept for a few seconds.

Services ask about the same tokens again and again. Whatever changes makes all processes of this
host forget at once.
"""

import msgspec

from synnefo.astakos.api.identity_v3 import token_views
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import Token
from synnefo.astakos.usecases import delegations
from synnefo.astakos.usecases.remembered import Kept
from synnefo.serve.http.revocations import Mark

MOST = 2000
"""With a catalogue each takes a few KiB, so a few MiB in all."""


class Shown(msgspec.Struct, frozen=True):
    """The body that tells about a token, whose it is, and whether rules limit its calls."""

    owner: str
    is_limited: bool
    body: msgspec.Raw


_kept: Kept[Shown] = Kept(lambda settings: settings.astakos_token_cache_timeout, size=MOST)


def recall(token: str, *, with_catalog: bool) -> Shown | None:
    """Answer what was told about a token lately, if it is true now; None otherwise."""
    return _kept.get((digest_of(token), with_catalog))


def of_token(token: str, row: Token, *, with_catalog: bool, mark: Mark) -> Shown:
    """Describe a user's token, and keep that; `mark` is that of before it was looked up."""
    view = token_views.of_token(row, with_catalog=with_catalog)
    limited = delegations.rules_of(row) is not None
    shown = Shown(row.user.uuid, limited, msgspec.Raw(msgspec.json.encode(view)))
    _kept.put((digest_of(token), with_catalog), shown, mark, row.expires_at)
    return shown


def of_component(name: str) -> Shown:
    """Describe a component's token."""
    body = msgspec.json.encode(token_views.of_component(name))
    return Shown(f"component:{name}", is_limited=False, body=msgspec.Raw(body))
