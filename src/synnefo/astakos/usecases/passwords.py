"""Passwords: hashed with argon2, checked in the same time whoever is asked for.

Spec: house rules, section 11.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from synnefo.astakos.models import User
from synnefo.astakos.settings import AstakosSettings, SecuritySettings
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest
from synnefo.kit.ids import new_token

SHORTEST = 8
LONGEST = 1024
NEVER = datetime.max.replace(tzinfo=UTC)


def hash_password(password: str) -> str:
    """Make what is stored of a password; BadRequest for one too short or absurdly long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadRequest(f"A password has {SHORTEST} to {LONGEST} characters.")
    return _hasher().hash(password.encode("utf-8", "surrogatepass"))


def new_password() -> str:
    """Make a password that is good enough to keep."""
    return new_token(12)


def is_right(stored: str, password: str) -> bool:
    """Tell whether a password is the stored one; takes as long when nothing is stored."""
    given = password[: LONGEST + 1].encode("utf-8", "surrogatepass")
    try:
        _hasher().verify(stored or _nobodys(_hasher()), given)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


def is_outdated(stored: str) -> bool:
    """Tell whether a stored password was hashed with other settings than today's."""
    return _hasher().check_needs_rehash(stored)


def is_due(user: User) -> bool:
    """Tell whether a user has to set a new password before going on."""
    if user.password_must_change:
        return True
    days = conf.of(SecuritySettings).astakos_password_expires_days
    return bool(days and user.password and expires_at(user) <= now())


def expires_at(user: User) -> datetime:
    """Tell when a user's password runs out; the end of time where none does."""
    days = conf.of(SecuritySettings).astakos_password_expires_days
    return user.password_changed_at + timedelta(days=days) if days else NEVER


def _hasher() -> PasswordHasher:
    settings = conf.of(AstakosSettings)
    return _made(
        settings.astakos_argon2_time_cost,
        settings.astakos_argon2_memory_cost,
        settings.astakos_argon2_parallelism,
    )


@lru_cache(maxsize=4)
def _made(time_cost: int, memory_cost: int, parallelism: int) -> PasswordHasher:
    return PasswordHasher(time_cost, memory_cost, parallelism)


@lru_cache(maxsize=4)
def _nobodys(hasher: PasswordHasher) -> str:
    """Make a hash that fits no password, so that unknown users cost as much as known ones."""
    return hasher.hash(new_token())
