"""Passkeys: made, used once per question, taken away.

A question is good once, for one purpose, for a few minutes. Used for signing in without a
password they must verify their holder; as a second factor their presence is enough.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from synnefo.astakos.domain.attempts import place_of
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.engines import webauthn
from synnefo.astakos.engines.webauthn import BadPasskey, Holder, Place
from synnefo.astakos.models import DATABASE, Passkey, PasskeyQuestion, User
from synnefo.astakos.usecases import attempts, audit
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound, TooManyRequests, Unauthorized
from synnefo.kit.ids import new_token

LASTS = timedelta(minutes=5)
MOST = 20
MOST_ASKED, ASKING = 200, timedelta(minutes=15)
"""Questions that an address may ask for before anybody is known."""
REFUSED = "The passkey was not accepted. Try again, or sign in another way."
COPIED = (
    "This passkey seems to have been copied, so it is not accepted. Remove it and add it anew."
)


class Purpose(StrEnum):
    """What an answer will be used for."""

    REGISTER = "register"
    SIGN_IN = "sign-in"
    FACTOR = "factor"
    CONFIRM = "confirm"


class Asked(msgspec.Struct, frozen=True):
    """A question: the key that its answer carries, and the options for the browser."""

    key: str
    options: dict[str, Any]


class Answer(msgspec.Struct, frozen=True):
    """What a browser answers to a question."""

    key: str
    response: dict[str, Any]


def ask_to_register(user: User, place: Place) -> Asked:
    """Begin to make a passkey for somebody who is in; Conflict when they have very many."""
    mine = list(user.passkeys.all())
    if len(mine) >= MOST:
        raise Conflict(f"You have {MOST} passkeys already. Remove one first.")
    holder = Holder(user.uuid, user.username, user.realname or user.username)
    known = [each.data for each in mine if each.domain == place.domain]
    question = webauthn.ask_to_make(place, holder, known)
    return _keep(Purpose.REGISTER, user, question)


def register(user: User, place: Place, answer: Answer, name: str) -> Passkey:
    """Keep the passkey that a device made; BadRequest when its answer does not hold."""
    state = _take(Purpose.REGISTER, user, answer.key)
    try:
        made = webauthn.check_made(place, state, answer.response)
    except BadPasskey as error:
        raise BadRequest("The device's answer is not valid. Begin anew.") from error
    try:
        with transaction.atomic(using=DATABASE):
            audit.record("passkey.added", actor=user, subject=user, name=_named(name))
            return Passkey.objects.create(
                user=user,
                credential_id=made.credential_id,
                data=made.data,
                domain=place.domain,
                sign_count=made.sign_count,
                name=_named(name),
            )
    except IntegrityError as error:
        raise Conflict("This passkey is registered already.") from error


def ask_to_sign(purpose: Purpose, place: Place, user: User | None) -> Asked:
    """Ask for a passkey: any that the device offers, or one of a user's."""
    known = [] if user is None else _data_of(user, place)
    if user is not None and not known:
        raise BadRequest("There is no passkey for this address. Use another way.")
    question = webauthn.ask_to_sign(place, known, verify=purpose is not Purpose.FACTOR)
    return _keep(purpose, user, question)


def ask_anybody(place: Place, address: str) -> Asked:
    """Ask whoever is there for a passkey to sign in by; TooManyRequests for who asks on and on."""
    if not attempts.count("passkey-question", place_of(address), MOST_ASKED, ASKING):
        raise TooManyRequests(
            "Too many attempts from here. Wait a few minutes before you try again.",
            headers={"Retry-After": str(int(ASKING.total_seconds()))},
        )
    return ask_to_sign(Purpose.SIGN_IN, place, None)


def check(purpose: Purpose, place: Place, answer: Answer, user: User | None = None) -> User:
    """Answer whose passkey signed the answer to a question; Unauthorized otherwise."""
    state = _take(purpose, user, answer.key)
    meant = webauthn.credential_of(answer.response)
    rows = Passkey.objects.filter(credential_id=meant, domain=place.domain)
    row = rows.select_related("user__default_project", "user__base_project").first()
    if row is None or (user is not None and row.user_id != user.pk):
        raise Unauthorized(REFUSED)
    if user is None and webauthn.handle_of(answer.response) != row.user.uuid:
        raise Unauthorized(REFUSED)
    try:
        used = webauthn.check_signed(place, state, [row.data], answer.response)
    except BadPasskey as error:
        raise Unauthorized(REFUSED) from error
    _count(row, used.sign_count)
    return row.user


def rename(user: User, number: int, name: str) -> Passkey:
    """Give one of a user's passkeys another name."""
    row = _mine(user, number)
    row.name = _named(name)
    row.save(update_fields=["name"])
    return row


def remove(user: User, number: int) -> None:
    """Take one of a user's passkeys out of use."""
    row = _mine(user, number)
    with transaction.atomic(using=DATABASE):
        row.delete()
        audit.record("passkey.removed", actor=user, subject=user, name=row.name)


def _count(row: Passkey, count: int) -> None:
    """Move the counter on; one that does not grow means that the key was copied."""
    usable = Passkey.objects.filter(pk=row.pk)
    if count or row.sign_count:
        usable = usable.filter(sign_count__lt=count)
    if not usable.update(sign_count=count, used_at=now()):
        audit.record("passkey.copied", subject=row.user, name=row.name)
        raise Unauthorized(COPIED)


def _keep(purpose: Purpose, user: User | None, question: webauthn.Question) -> Asked:
    key = new_token()
    PasskeyQuestion.objects.create(
        digest=digest_of(key),
        purpose=purpose,
        user=user,
        state=question.state,
        expires_at=now() + LASTS,
    )
    return Asked(key, question.options)


def _take(purpose: Purpose, user: User | None, key: str) -> Mapping[str, str]:
    """Take a question out, so that it is answered once."""
    asked = PasskeyQuestion.objects.filter(digest=digest_of(key), purpose=purpose, user=user)
    row = asked.filter(expires_at__gt=now()).first()
    if row is None or not asked.filter(pk=row.pk).delete()[0]:
        raise Unauthorized("This took too long. Try again.")
    state: dict[str, str] = row.state
    return state


def _data_of(user: User, place: Place) -> list[str]:
    return [each.data for each in user.passkeys.filter(domain=place.domain)]


def _mine(user: User, number: int) -> Passkey:
    row = user.passkeys.filter(pk=number).first()
    if row is None:
        raise ItemNotFound("You have no such passkey.")
    return row


def _named(name: str) -> str:
    return " ".join(name.split())[:100] or "Passkey"
