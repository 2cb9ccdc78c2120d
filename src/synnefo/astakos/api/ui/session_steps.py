"""The steps after a password or a provider: second factor, its first set-up, a new password.

The entrance's secret is in a cookie; no step's answer carries it.
"""

from typing import Any

import msgspec
from django.db import transaction

from synnefo.astakos.api.ui import cookies
from synnefo.astakos.api.ui.passkey_place import place_of
from synnefo.astakos.api.ui.session import Session, Waiting, entered, visit_of
from synnefo.astakos.domain.entrances import Step
from synnefo.astakos.models import DATABASE, Entrance, User
from synnefo.astakos.usecases import (
    entrances,
    factor_changes,
    passkeys,
    password_changes,
    second_factors,
    totp,
)
from synnefo.astakos.usecases.passkeys import Answer, Asked, Purpose
from synnefo.kit.faults import BadRequest, Unauthorized
from synnefo.serve.http import Call

WRONG = "The code is wrong, or was used already."


class Code(msgspec.Struct):
    """A code of an app, or a recovery code."""

    code: str


class NewPassword(msgspec.Struct):
    """The password to have from now on."""

    password: str


class QuestionWish(msgspec.Struct):
    """What a passkey shall be asked for: `sign-in` without a password, or `factor` after one."""

    purpose: str = "sign-in"


class AppToSetUp(msgspec.Struct):
    """What an authenticator app needs: as text, as a link, as a picture to scan."""

    secret: str
    link: str
    picture: str


class Enrolled(msgspec.Struct):
    """The session after the first second factor, and the recovery codes, shown this once."""

    entered: Session | Waiting
    recovery_codes: list[str]


def give_code(call: Call, body: Code) -> Session | Waiting:
    """Answer the second factor's step with a code."""
    row, secret, user = _open(call, Step.FACTOR)
    entrances.count_try(row)
    if not second_factors.check(user, body.code, address=call.address):
        raise Unauthorized(WRONG)
    kind = second_factors.kind_of(body.code)
    if kind == second_factors.RECOVERY:
        factor_changes.tell_of_recovery(user)
    return entered(call, entrances.go_on(row, secret, visit_of(call), factor=kind))


def ask_passkey(call: Call, body: QuestionWish) -> Asked:
    """Ask the browser for a passkey, to sign in by or as the second factor."""
    cookies.check_own_page(call)
    if body.purpose == Purpose.SIGN_IN:
        return passkeys.ask_anybody(place_of(call), call.address)
    if body.purpose != Purpose.FACTOR:
        raise BadRequest("The purpose is sign-in or factor.")
    _, _, user = _open(call, Step.FACTOR)
    return passkeys.ask_to_sign(Purpose.FACTOR, place_of(call), user)


def give_passkey(call: Call, body: Answer) -> Session | Waiting:
    """Answer the second factor's step with a passkey."""
    row, secret, user = _open(call, Step.FACTOR)
    entrances.count_try(row)
    passkeys.check(Purpose.FACTOR, place_of(call), body, user)
    factor = second_factors.PASSKEY
    return entered(call, entrances.go_on(row, secret, visit_of(call), factor=factor))


def sign_in_by_passkey(call: Call, body: Answer) -> Session | Waiting:
    """Sign in by a passkey alone, which verified its holder."""
    cookies.check_own_page(call)
    user = passkeys.check(Purpose.SIGN_IN, place_of(call), body)
    visit: dict[str, Any] = msgspec.structs.asdict(visit_of(call))
    return entered(call, entrances.enter(user, method="passkey", **visit))


def begin_app(call: Call) -> AppToSetUp:
    """Begin to set up the authenticator app that the account must have."""
    _, _, user = _open(call, Step.ENROL)
    return app_to_set_up(user)


def confirm_app(call: Call, body: Code) -> Enrolled:
    """Put the app in force by its first code, and go on."""
    row, secret, user = _open(call, Step.ENROL)
    entrances.count_try(row)
    with transaction.atomic(using=DATABASE):
        codes = factor_changes.turn_on_app(user, body.code, address=call.address)
        entry = entrances.go_on(row, secret, visit_of(call), factor=second_factors.TOTP)
    return Enrolled(entered(call, entry), codes)


def give_password(call: Call, body: NewPassword) -> Session | Waiting:
    """Set the password that the account must change before going on."""
    row, secret, user = _open(call, Step.PASSWORD)
    with transaction.atomic(using=DATABASE):
        password_changes.change(user, body.password, keep=None, end_tokens=True)
        user.refresh_from_db()
        row.user = user
        entry = entrances.go_on(row, secret, visit_of(call))
    return entered(call, entry)


def app_to_set_up(user: User) -> AppToSetUp:
    """Make a new app's secret and show it in all forms."""
    secret = totp.begin(user)
    link = totp.link(secret, user, factor_changes.service_name())
    return AppToSetUp(secret, link, totp.picture(link))


def _open(call: Call, step: Step) -> tuple[Entrance, str, User]:
    cookies.check_own_page(call)
    secret = cookies.step_of(call)
    row = entrances.find(secret)
    return row, secret, entrances.check_step(row, step)
