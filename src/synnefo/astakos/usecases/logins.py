"""Signing in by password, and slowing down those who guess.

Failures are counted per account and address together: whoever guesses is held up, and the owner,
who comes from elsewhere, is not.
"""

import hashlib
from datetime import timedelta

from django.db import transaction
from django.db.models import F

from synnefo.astakos.models import DATABASE, LoginFailures, User
from synnefo.astakos.settings import AstakosSettings
from synnefo.astakos.usecases import passwords
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import TooManyRequests, Unauthorized

REFUSED = "The user name or the password is wrong, or the account is not active."


def by_password(identifier: str, password: str, address: str) -> User:
    """Answer the user who knows a password; the same refusal whatever is wrong.

    `identifier` is the e-mail address or the uuid. Raises Unauthorized, TooManyRequests.
    """
    key = _key(identifier, address)
    _check_patience(key)
    user = _find(identifier)
    right = passwords.is_right(user.password if user else "", password)
    if user is None or not right or not user.is_active:
        _count_failure(key)
        raise Unauthorized(REFUSED)
    _remember_success(user, password, key)
    return user


def forget_old(seconds: float = 86400.0) -> None:
    """Delete counts of failures that hold nobody up any more."""
    LoginFailures.objects.filter(since__lt=now() - timedelta(seconds=seconds)).delete()


def _find(identifier: str) -> User | None:
    verified = User.objects.verified()
    return (
        verified.filter(username=identifier.lower()).first()
        or verified.filter(uuid=identifier).first()
    )


def _key(identifier: str, address: str) -> str:
    text = f"{identifier.strip().lower()}\0{address}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _check_patience(key: str) -> None:
    settings = conf.of(AstakosSettings)
    found = LoginFailures.objects.filter(pk=key).first()
    if found is None or found.count < settings.astakos_ratelimit_retries_allowed:
        return
    end = found.since + timedelta(seconds=settings.astakos_ratelimit_window)
    left = int((end - now()).total_seconds()) + 1
    if left > 0:
        raise TooManyRequests(
            f"Too many wrong passwords. Wait {left} seconds before you try again.",
            headers={"Retry-After": str(left)},
        )


def _count_failure(key: str) -> None:
    """Count one more within the window, which begins anew with a failure after its end."""
    window = timedelta(seconds=conf.of(AstakosSettings).astakos_ratelimit_window)
    moment = now()
    with transaction.atomic(using=DATABASE):
        LoginFailures.objects.filter(pk=key, since__lt=moment - window).delete()
        _, fresh = LoginFailures.objects.get_or_create(
            pk=key, defaults={"count": 1, "since": moment}
        )
        if not fresh:
            LoginFailures.objects.filter(pk=key).update(count=F("count") + 1, since=moment)


def _remember_success(user: User, password: str, key: str) -> None:
    changes: dict[str, object] = {"last_login": now()}
    if passwords.is_outdated(user.password):
        changes["password"] = passwords.hash_password(password)
    with transaction.atomic(using=DATABASE):
        User.objects.filter(pk=user.pk).update(**changes)
        LoginFailures.objects.filter(pk=key).delete()
