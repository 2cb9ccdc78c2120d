"""The page `Security`: one's password, second factors and recovery codes."""

from datetime import timedelta

import msgspec

from synnefo.astakos.api.ui import cookies
from synnefo.astakos.api.ui.passkey_place import place_of
from synnefo.astakos.api.ui.session_steps import AppToSetUp, Code, app_to_set_up
from synnefo.astakos.models import Passkey, SessionCatalog, TotpDevice, User
from synnefo.astakos.settings import SecuritySettings
from synnefo.astakos.usecases import (
    callers,
    factor_changes,
    logins,
    passkeys,
    password_changes,
    passwords,
    recovery_codes,
    second_factors,
    sessions,
    tokens,
)
from synnefo.astakos.usecases.attempts import Knock
from synnefo.astakos.usecases.passkeys import Answer, Asked
from synnefo.kit import conf
from synnefo.kit.clock import stamp_micro
from synnefo.kit.faults import BadRequest, Unauthorized
from synnefo.serve.http import Call


class PasswordView(msgspec.Struct):
    """A password's state."""

    is_set: bool
    may_be_set: bool
    changed_at: str | None
    expires_at: str | None
    min_length: int
    ends_tokens: bool


class AppView(msgspec.Struct):
    """An authenticator app's state."""

    added_at: str
    used_at: str | None


class PasskeyView(msgspec.Struct):
    """A passkey's state."""

    id: int
    name: str
    domain: str
    added_at: str
    used_at: str | None


class Security(msgspec.Struct, kw_only=True):
    """All that guards an account."""

    password: PasswordView
    app: AppView | None
    passkeys: list[PasskeyView]
    recovery_codes_left: int
    is_factor_required: bool
    confirmed_until: str | None


class PasswordChange(msgspec.Struct):
    """A new password; the old one too, unless one confirmed oneself a moment ago."""

    password: str
    old: str = ""
    end_tokens: bool = True


class NewPasskey(msgspec.Struct):
    """A device's answer, and what to call the passkey."""

    answer: Answer
    name: str = ""


class PasskeyName(msgspec.Struct):
    """What to call a passkey."""

    name: str


class Codes(msgspec.Struct):
    """Recovery codes, shown this once; empty when those one has still count."""

    recovery_codes: list[str]


class PasskeyAdded(msgspec.Struct):
    """A new passkey, and the first recovery codes if there were none."""

    passkey: PasskeyView
    recovery_codes: list[str]


def show_security(call: Call) -> Security:
    """Show what guards one's account."""
    user = callers.user_of(call.who)
    app = TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).first()
    return Security(
        password=_password_view(user),
        app=_app_view(app) if app is not None else None,
        passkeys=[_passkey_view(row) for row in user.passkeys.order_by("pk")],
        recovery_codes_left=recovery_codes.left(user),
        is_factor_required=second_factors.is_required(user),
        confirmed_until=_confirmed_until(sessions.of_caller(call.who)),
    )


def change_password(call: Call, body: PasswordChange) -> None:
    """Change one's password, or set the first; other sessions end."""
    user = callers.user_of(call.who)
    if body.old:
        _check_old(call, user, body.old)
    else:
        sessions.check_confirmed(sessions.of_caller(call.who))
    keep = tokens.find(call.who.token)
    password_changes.change(user, body.password, keep=keep, end_tokens=body.end_tokens)


def begin_app(call: Call) -> AppToSetUp:
    """Begin to set up an authenticator app."""
    sessions.check_confirmed(sessions.of_caller(call.who))
    return app_to_set_up(callers.user_of(call.who))


def confirm_app(call: Call, body: Code) -> Codes:
    """Put the app in force by its first code."""
    sessions.check_confirmed(sessions.of_caller(call.who))
    user = callers.user_of(call.who)
    return Codes(factor_changes.turn_on_app(user, body.code, address=call.address))


def remove_app(call: Call) -> None:
    """Take the authenticator app out of use."""
    sessions.check_confirmed(sessions.of_caller(call.who))
    factor_changes.turn_off_app(callers.user_of(call.who))


def ask_new_passkey(call: Call) -> Asked:
    """Ask the browser to make a passkey."""
    sessions.check_confirmed(sessions.of_caller(call.who))
    return passkeys.ask_to_register(callers.user_of(call.who), place_of(call))


def add_passkey(call: Call, body: NewPasskey) -> PasskeyAdded:
    """Keep the passkey that the browser made."""
    sessions.check_confirmed(sessions.of_caller(call.who))
    user = callers.user_of(call.who)
    row, codes = factor_changes.add_passkey(user, place_of(call), body.answer, body.name)
    return PasskeyAdded(_passkey_view(row), codes)


def rename_passkey(call: Call, passkey_id: int, body: PasskeyName) -> PasskeyView:
    """Call a passkey something else."""
    return _passkey_view(passkeys.rename(callers.user_of(call.who), passkey_id, body.name))


def remove_passkey(call: Call, passkey_id: int) -> None:
    """Take a passkey out of use."""
    sessions.check_confirmed(sessions.of_caller(call.who))
    factor_changes.remove_passkey(callers.user_of(call.who), passkey_id)


def renew_recovery_codes(call: Call) -> Codes:
    """Make new recovery codes; those before end."""
    sessions.check_confirmed(sessions.of_caller(call.who))
    return Codes(factor_changes.renew_codes(callers.user_of(call.who)))


def _check_old(call: Call, user: User, old: str) -> None:
    knock = Knock(identifier=user.uuid, address=call.address, device=cookies.device_of(call))
    try:
        logins.confirm(user, old, knock)
    except Unauthorized as fault:
        raise BadRequest("The old password is wrong.") from fault


def _password_view(user: User) -> PasswordView:
    ends = passwords.expires_at(user)
    return PasswordView(
        is_set=bool(user.password),
        may_be_set=password_changes.may_have_password(user),
        changed_at=stamp_micro(user.password_changed_at) if user.password else None,
        expires_at=None if ends == passwords.NEVER else stamp_micro(ends),
        min_length=conf.of(SecuritySettings).astakos_password_min_length,
        ends_tokens=password_changes.ends_tokens(),
    )


def _app_view(app: TotpDevice) -> AppView:
    added = app.confirmed_at or app.created_at
    return AppView(stamp_micro(added), stamp_micro(app.used_at) if app.used_at else None)


def _passkey_view(row: Passkey) -> PasskeyView:
    used = stamp_micro(row.used_at) if row.used_at else None
    return PasskeyView(row.pk, row.name, row.domain, stamp_micro(row.created_at), used)


def _confirmed_until(session: SessionCatalog | None) -> str | None:
    if session is None:
        return None
    window = timedelta(seconds=conf.of(SecuritySettings).astakos_confirm_window)
    return stamp_micro(session.confirmed_at + window)
