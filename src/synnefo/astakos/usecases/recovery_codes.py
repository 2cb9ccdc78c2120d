"""Recovery codes: shown once, kept as digests, each good once."""

import secrets as random_source

from django.db import transaction

from synnefo.astakos.domain import secrets
from synnefo.astakos.models import DATABASE, RecoveryCode, User
from synnefo.astakos.settings import SecuritySettings
from synnefo.kit import conf
from synnefo.kit.clock import now

COUNT = 10
LENGTH = 12
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without those that are mistaken for each other; 12 of 31 are 59 bits."""


def renew(user: User) -> list[str]:
    """Make new codes, which end the ones before; this is the only time they are seen."""
    codes = [_code() for _ in range(COUNT)]
    with transaction.atomic(using=DATABASE):
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(
            [RecoveryCode(user=user, digest=_digest(user, code)) for code in codes]
        )
    return codes


def use(user: User, code: str) -> bool:
    """Tell whether a code is one of a user's and unused, and use it up."""
    unused = RecoveryCode.objects.filter(user=user, digest=_digest(user, code), used_at=None)
    return bool(unused.update(used_at=now()))


def left(user: User) -> int:
    """Count the codes that a user can still use."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def forget(user: User) -> None:
    """Delete a user's codes."""
    RecoveryCode.objects.filter(user=user).delete()


def _code() -> str:
    text = "".join(random_source.choice(LETTERS) for _ in range(LENGTH))
    return "-".join(text[start : start + 4] for start in range(0, LENGTH, 4))


def _digest(user: User, code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())[:64]
    return secrets.keyed_digest(plain, conf.of(SecuritySettings).secret_encryption_key, user.uuid)
