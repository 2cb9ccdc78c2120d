"""Keys with which a service of ours checks requests signed by an EC2 key, for one day and place.

The service gets what it needs to check signatures of that day, never the secret itself.
"""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from synnefo.astakos.domain import signatures
from synnefo.astakos.usecases import credentials, signed_sign_ins
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, ItemNotFound, Unauthorized

_SCOPE = re.compile(r"(\d{8})/[\w-]{1,64}/s3/aws4_request", re.ASCII)
_OLDEST = timedelta(days=8)
"""How old a signature's day may be: addresses are signed for a week at most."""
_NEWEST = timedelta(days=1)


class SigningKey(msgspec.Struct, frozen=True):
    """The key of one day and place, and a token of whom it belongs to."""

    key: bytes
    token: str


def make(access: str, scope: str) -> SigningKey:
    """Derive the key of an access key for a scope; Unauthorized for one not in force."""
    found = _SCOPE.fullmatch(scope)
    if found is None or not _is_near(found[1]):
        raise BadRequest("A scope is DAY/REGION/s3/aws4_request, its day of the last week.")
    try:
        row = credentials.of_access_key(access)
        secret = credentials.key_of(row).secret
    except ItemNotFound as fault:
        raise Unauthorized(credentials.REFUSED) from fault
    issued = signed_sign_ins.issue(row)
    return SigningKey(signatures.key_v4(secret, scope), issued.id)


def _is_near(day: str) -> bool:
    try:
        begins = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return False
    return -_NEWEST <= now() - begins <= _OLDEST
