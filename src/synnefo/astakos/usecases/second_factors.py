"""Second factors: which a person has, who must have one, whether a code is right."""

from synnefo.astakos.models import DATABASE, Passkey, RecoveryCode, TotpDevice, User
from synnefo.astakos.settings import SecuritySettings
from synnefo.astakos.usecases import attempts, recovery_codes, roles, totp
from synnefo.kit import conf
from synnefo.serve.statements import fetch

_KINDS = """
SELECT EXISTS(SELECT 1 FROM astakos_totpdevice WHERE user_id = %s AND confirmed_at IS NOT NULL),
  EXISTS(SELECT 1 FROM astakos_passkey WHERE user_id = %s)
"""
TOTP, PASSKEY, RECOVERY = "totp", "passkey", "recovery"


def kinds(user: User) -> tuple[str, ...]:
    """List the second factors that a user can answer with; none: sign-in takes one step."""
    has_totp, has_key = map(bool, fetch(DATABASE, _KINDS, (user.pk, user.pk))[0])
    if not (has_totp or has_key):
        return ()
    spare = RecoveryCode.objects.filter(user=user, used_at=None).exists()
    present = ((TOTP, has_totp), (PASSKEY, has_key), (RECOVERY, spare))
    return tuple(kind for kind, there in present if there)


def is_on(user: User) -> bool:
    """Tell whether a user has a second factor, so that a password alone does not do."""
    return bool(kinds(user))


def is_required(user: User) -> bool:
    """Tell whether the settings make a user have a second factor."""
    who = conf.of(SecuritySettings).astakos_second_factor_required
    return who == "everybody" or (who == "operators" and roles.is_operator(user))


def check(user: User, code: str, *, address: str = "") -> bool:
    """Tell whether a code of the app, or a recovery code, is right, and use it up.

    Counted before it is checked; TooManyRequests for who guesses.
    """
    attempts.count_code(user, address)
    right = totp.use(user, code) or recovery_codes.use(user, code)
    if right:
        attempts.forget_codes(user, address)
    return right


def kind_of(code: str) -> str:
    """Tell by its form whether a code is the app's or a recovery code."""
    return TOTP if len("".join(code.split())) <= totp.DIGITS else RECOVERY


def reset(user: User) -> int:
    """Take all of a user's second factors away; answer how many there were."""
    rows = [
        TotpDevice.objects.filter(user=user).delete()[0],
        Passkey.objects.filter(user=user).delete()[0],
    ]
    RecoveryCode.objects.filter(user=user).delete()
    return sum(rows)
