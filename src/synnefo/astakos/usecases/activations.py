"""From a sign-up to an account that works: links, decisions, and the mails about them.

Spec: identity 3.2, 13.4. A link confirms an address only for who signed up: in the browser that
did, or with the password chosen then, so that nobody confirms an account that another person
made with their address.
"""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from django.db import transaction

from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import DATABASE, SignUp, User
from synnefo.astakos.models.auth_providers import LOCAL
from synnefo.astakos.settings import SignUpSettings
from synnefo.astakos.usecases import attempts, audit, messages, notices, passwords, users
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import Conflict, Forbidden, Gone, TooManyRequests
from synnefo.kit.ids import new_token
from synnefo.serve.errands import Errand

RESEND = Errand("astakos.resend_activation")
HOUR = timedelta(hours=1)
TRIES = 10
"""Passwords that may be tried for one link in an hour."""
ELSEWHERE = "Open this link in the browser in which you signed up."
CHOSEN = "Enter the password that you chose when you signed up."
WRONG = "This is not the password that was chosen when somebody signed up with this address."


class Result(StrEnum):
    """Where an account stands. Spec: identity 3.2."""

    PENDING_VERIFICATION = "pending_verification"
    PENDING_MODERATION = "pending_moderation"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Proof(msgspec.Struct, frozen=True):
    """What who follows a link shows: the cookie of the sign-up, or the password."""

    browser: str = ""
    password: str = ""


class Verified(msgspec.Struct, frozen=True):
    """A confirmed account; `may_enter` when who confirmed it is who signed up."""

    user: User
    result: Result
    may_enter: bool


def send_link(user: User) -> None:
    """Mail a fresh link, which ends the one before. Conflict when the address is confirmed."""
    code = new_token()
    with transaction.atomic(using=DATABASE):
        fresh = User.objects.select_for_update().get(pk=user.pk)
        if fresh.email_verified:
            raise Conflict(messages.say("ACCOUNT_ALREADY_VERIFIED"))
        moment = now()
        User.objects.filter(pk=user.pk).update(
            verification_code=digest_of(code), activation_sent=moment
        )
        notices.confirm_address(fresh, code, _expiry(moment))
        audit.record("user.verification-sent", subject=fresh)
    user.refresh_from_db()


def ask_again(email: str) -> None:
    """Have a link mailed again, if an account waits for it; the asker cannot tell."""
    RESEND.later(email=email.strip()[:254])


def resend(email: str) -> None:
    """Mail a link again, not too often; who has an account already is told so by mail."""
    if not may_mail(email):
        return
    same = User.objects.filter(email__iexact=email)
    user = same.order_by("-email_verified", "-pk").first()
    if user is None:
        return
    with transaction.atomic(using=DATABASE):
        if user.email_verified:
            notices.exists_already(user)
        else:
            send_link(user)


def may_mail(email: str) -> bool:
    """Count a mail of sign-up to an address; tell whether it is not one too many."""
    limit = conf.of(SignUpSettings).astakos_mails_per_address
    return attempts.count("sign-up-mail", email.lower(), limit, HOUR)


def verify_by_link(code: str, proof: Proof) -> Verified:
    """Confirm an address by a mailed link, once.

    Raises Gone for a link that is not good, Forbidden (with `X-Password: required`) for who did
    not show to be the one who signed up.
    """
    user = _owner(code)
    signed_up = SignUp.objects.filter(user=user).first()
    if signed_up is not None:
        _check_proof(user, signed_up, proof)
    with transaction.atomic(using=DATABASE):
        _lock_address(user)
        if not User.objects.filter(pk=user.pk, verification_code=digest_of(code)).update(
            verification_code=None
        ):
            raise Gone(messages.say("INVALID_ACTIVATION_KEY"))
        result = verify(user)
    return Verified(user, result, signed_up is not None and user.is_active)


def verify(user: User) -> Result:
    """Take an address as confirmed, with the mails that follow. Spec: identity 3.2.2, 3.2.3."""
    with transaction.atomic(using=DATABASE):
        _lock_address(user)
        users.verify(user)
        _drop_namesakes(user)
        SignUp.objects.filter(user=user).delete()
        result = result_of(user)
        if result is Result.ACCEPTED:
            notices.welcome(user)
        elif result is Result.PENDING_MODERATION:
            notices.waits(user)
    return result


def accept(user: User, policy: str = "manual") -> None:
    """Let somebody in, and greet them."""
    with transaction.atomic(using=DATABASE):
        users.accept(user, policy)
        notices.welcome(user)


def result_of(user: User) -> Result:
    """Tell where an account stands."""
    if not user.email_verified:
        return Result.PENDING_VERIFICATION
    if not user.moderated:
        return Result.PENDING_MODERATION
    return Result.REJECTED if user.is_rejected else Result.ACCEPTED


def forget_unverified() -> int:
    """Delete those who signed up and never confirmed their address; answer how many."""
    days = conf.of(SignUpSettings).astakos_unverified_days
    if not days:
        return 0
    old = now() - timedelta(days=days)
    stale = User.objects.filter(email_verified=False, sign_up__created__lt=old)
    fresh_link = stale.filter(activation_sent__gt=now() - _lifetime())
    gone = stale.exclude(pk__in=fresh_link.values("pk"))
    count = gone.count()
    for user in gone:
        users.delete(user)
    return count


def _lock_address(user: User) -> None:
    """Line up all who want an address; Gone for one who lost theirs meanwhile."""
    same = User.objects.select_for_update().filter(email__iexact=user.email).order_by("pk")
    if user.pk not in list(same.values_list("pk", flat=True)):
        raise Gone(messages.say("INVALID_ACTIVATION_KEY"))


def _drop_namesakes(user: User) -> None:
    """Delete others who asked for an account with an address that is somebody's now."""
    same = User.objects.filter(email__iexact=user.email, email_verified=False)
    same.exclude(pk=user.pk).delete()


def _owner(code: str) -> User:
    user = User.objects.filter(verification_code=digest_of(code)).first() if code else None
    sent = user.activation_sent if user is not None else None
    if user is None or user.email_verified or sent is None or _expiry(sent) <= now():
        raise Gone(messages.say("INVALID_ACTIVATION_KEY"))
    return user


def _check_proof(user: User, signed_up: SignUp, proof: Proof) -> None:
    if proof.browser and hmac.compare_digest(digest_of(proof.browser), signed_up.browser):
        return
    if signed_up.module != LOCAL:
        raise Forbidden(ELSEWHERE)
    if not proof.password:
        raise Forbidden(CHOSEN, headers={"X-Password": "required"})
    if not attempts.count("activation", user.uuid, TRIES, HOUR):
        raise TooManyRequests("Too many wrong passwords. Try again in an hour.")
    if not passwords.is_right(user.password, proof.password):
        raise Forbidden(WRONG, headers={"X-Password": "wrong"})


def _lifetime() -> timedelta:
    return timedelta(hours=conf.of(SignUpSettings).astakos_verification_hours)


def _expiry(sent: datetime) -> datetime:
    return sent + _lifetime()
