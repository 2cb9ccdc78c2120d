"""Passwords: hashed with argon2, checked in the same time whoever is asked for.

Spec: identity 13.8; house rules, section 11.
"""

import hashlib
import os
import threading
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from django.contrib.auth.password_validation import CommonPasswordValidator

from synnefo.astakos.domain.password_rules import LONGEST, Rules, problem
from synnefo.astakos.models import User
from synnefo.astakos.settings import AstakosSettings, SecuritySettings
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest
from synnefo.kit.ids import new_token
from synnefo.serve.mail_settings import BrandingSettings

_TURNS = threading.BoundedSemaphore(max(1, (os.cpu_count() or 2) // 2))
"""A hash fills the processor's caches: many at once take twice as long and more memory each."""
NEVER = datetime.max.replace(tzinfo=UTC)
BREACHED = "This password was in a leak, so it is among those tried first. Choose another."


def hash_password(password: str) -> str:
    """Make what is stored of a password; BadRequest for an empty or absurdly long one."""
    if not 0 < len(password) <= LONGEST:
        raise BadRequest(f"A password has 1 to {LONGEST} characters.")
    with _TURNS:
        return _hasher().hash(password.encode("utf-8", "surrogatepass"))


def check_policy(password: str, *about: str) -> None:
    """Refuse a new password that breaks a rule; `about` tells names and addresses of its user.

    Raises BadRequest with what to do.
    """
    found = problem(password, _rules(about))
    if not found and _is_breached(password):
        found = BREACHED
    if found:
        raise BadRequest(found)


def about(user: User) -> tuple[str, ...]:
    """Tell what a user's password must not be like."""
    return (user.email, user.first_name, user.last_name)


def new_password() -> str:
    """Make a password that is good enough to keep."""
    return new_token(12)


def is_right(stored: str, password: str) -> bool:
    """Tell whether a password is the stored one; takes as long when nothing is stored."""
    given = password[: LONGEST + 1].encode("utf-8", "surrogatepass")
    try:
        with _TURNS:
            _hasher().verify(stored or _nobodys(_hasher()), given)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


def is_outdated(stored: str) -> bool:
    """Tell whether a stored password was hashed with other settings than today's."""
    return _hasher().check_needs_rehash(stored)


def is_due(user: User) -> bool:
    """Tell whether a user has to set a new password before going on."""
    return user.password_must_change or bool(user.password and expires_at(user) <= now())


def expires_at(user: User) -> datetime:
    """Tell when a user's password runs out; the end of time where none does."""
    days = conf.of(SecuritySettings).astakos_password_expires_days
    return user.password_changed_at + timedelta(days=days) if days else NEVER


def _rules(about: tuple[str, ...]) -> Rules:
    settings = conf.of(SecuritySettings)
    service = conf.of(BrandingSettings).branding_service_name
    return Rules(
        shortest=settings.astakos_password_min_length,
        common=_common() if settings.astakos_password_refuse_common else (),
        about=(*about, service) if settings.astakos_password_refuse_similar else (),
    )


@cache
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def _is_breached(password: str) -> bool:
    """Search the operator's sorted file of digests by halves, without reading it whole."""
    name = conf.of(SecuritySettings).astakos_password_breached_file
    if not name:
        return False
    data = password.encode("utf-8", "surrogatepass")
    wanted = hashlib.sha1(data, usedforsecurity=False).hexdigest().upper().encode()
    with Path(name).open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            file.seek(middle)
            if middle:
                file.readline()
            found = file.readline().strip().upper()[: len(wanted)]
            if found == wanted:
                return True
            if found and found < wanted:
                low = middle + 1
            else:
                high = middle
        file.seek(0)
        return file.readline().strip().upper()[: len(wanted)] == wanted


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
