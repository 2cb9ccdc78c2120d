"""Receipts: half of a sign-in with several methods, remembered for a moment, as in Keystone."""

from datetime import timedelta

import msgspec

from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import AuthReceipt, User
from synnefo.astakos.settings import SecuritySettings
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import Unauthorized
from synnefo.kit.ids import new_token

HEADER = "Openstack-Auth-Receipt"
UNKNOWN = "The receipt is unknown or has expired. Sign in again."


class Receipt(msgspec.Struct, frozen=True):
    """A fresh receipt: the secret, and the row that remembers it."""

    id: str
    row: AuthReceipt


def issue(user: User, methods: tuple[str, ...]) -> Receipt:
    """Remember that a user passed some methods."""
    secret, moment = new_token(), now()
    lifetime = timedelta(seconds=conf.of(SecuritySettings).astakos_receipt_lifetime)
    row = AuthReceipt.objects.create(
        digest=digest_of(secret),
        user=user,
        methods=",".join(methods),
        issued_at=moment,
        expires_at=moment + lifetime,
    )
    return Receipt(secret, row)


def find(receipt: str) -> tuple[User, tuple[str, ...]]:
    """Answer who passed which methods; Unauthorized when the receipt is not good."""
    good = AuthReceipt.objects.filter(digest=digest_of(receipt), expires_at__gt=now())
    row = good.select_related("user__default_project", "user__base_project").first()
    if row is None or not row.user.is_active:
        raise Unauthorized(UNKNOWN)
    return row.user, tuple(row.methods.split(","))


def use(receipt: str) -> None:
    """End a receipt that led to a token."""
    AuthReceipt.objects.filter(digest=digest_of(receipt)).delete()


def forget_expired() -> int:
    """Delete receipts that ran out; answer how many."""
    deleted, _ = AuthReceipt.objects.filter(expires_at__lte=now()).delete()
    return deleted
