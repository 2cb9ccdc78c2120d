"""Second factors turned on and off; the owner is told by mail, recovery codes follow."""

from django.db import transaction

from synnefo.astakos.engines.webauthn import Place
from synnefo.astakos.models import DATABASE, Passkey, User
from synnefo.astakos.usecases import (
    attempts,
    audit,
    passkeys,
    recovery_codes,
    second_factors,
    totp,
)
from synnefo.astakos.usecases.passkeys import Answer
from synnefo.kit import conf
from synnefo.kit.faults import Conflict, ItemNotFound
from synnefo.serve import mail
from synnefo.serve.mail_settings import BrandingSettings

LETTER = "registration/security_changed_email.txt"
LAST = "Your account must have a second factor. Add another before you remove this one."


def service_name() -> str:
    """Answer what apps and devices call this cloud."""
    return conf.of(BrandingSettings).branding_service_name


def turn_on_app(user: User, code: str, *, address: str) -> list[str]:
    """Put a new app in force by its first code; answers fresh recovery codes if there were none.

    Raises BadRequest for a wrong code, TooManyRequests for many.
    """
    attempts.count_code(user, address)
    with transaction.atomic(using=DATABASE):
        totp.confirm(user, code)
        audit.record("totp.added", actor=user, subject=user)
        _tell(user, "an authenticator app was set up as a second factor")
        codes = _first_codes(user)
    attempts.forget_codes(user, address)
    return codes


def turn_off_app(user: User) -> None:
    """Take the app out of use; Conflict when it is the only factor of who must have one."""
    with transaction.atomic(using=DATABASE):
        if not totp.remove(user):
            raise ItemNotFound("No authenticator app is set up.")
        _check_left(user)
        audit.record("totp.removed", actor=user, subject=user)
        _tell(user, "the authenticator app was removed")


def add_passkey(user: User, place: Place, answer: Answer, name: str) -> tuple[Passkey, list[str]]:
    """Keep a new passkey; answers fresh recovery codes if there were none."""
    with transaction.atomic(using=DATABASE):
        row = passkeys.register(user, place, answer, name)
        _tell(user, f"the passkey '{row.name}' was added")
        return row, _first_codes(user)


def remove_passkey(user: User, number: int) -> None:
    """Take a passkey out of use; Conflict when it is the only factor of who must have one."""
    with transaction.atomic(using=DATABASE):
        passkeys.remove(user, number)
        _check_left(user)
        _tell(user, "a passkey was removed")


def renew_codes(user: User) -> list[str]:
    """Make new recovery codes; those before end."""
    if not second_factors.is_on(user):
        raise Conflict("Recovery codes stand in for a second factor. Set one up first.")
    with transaction.atomic(using=DATABASE):
        audit.record("recovery-codes.renewed", actor=user, subject=user)
        _tell(user, "new recovery codes were made")
        return recovery_codes.renew(user)


def reset(user: User, reason: str = "") -> int:
    """Take all factors of a user away, as operators do for who lost them; answer how many."""
    with transaction.atomic(using=DATABASE):
        count = second_factors.reset(user)
        audit.record("second-factor.reset", subject=user, factors=count, reason=reason)
        if count:
            _tell(user, "all second factors were removed by an operator")
    return count


def tell_of_recovery(user: User) -> None:
    """Tell a user by mail that a recovery code let somebody in."""
    left = recovery_codes.left(user)
    with transaction.atomic(using=DATABASE):
        audit.record("recovery-code.used", actor=user, subject=user, left=left)
        _tell(user, f"a recovery code was used to sign in; {left} are left")


def _first_codes(user: User) -> list[str]:
    return [] if recovery_codes.left(user) else recovery_codes.renew(user)


def _check_left(user: User) -> None:
    """Look after what remains, in the transaction that removes a factor."""
    if second_factors.is_on(user):
        return
    if second_factors.is_required(user):
        raise Conflict(LAST)
    recovery_codes.forget(user)


def _tell(user: User, what: str) -> None:
    mail.later(LETTER, [user.email], user=user, what=what)
