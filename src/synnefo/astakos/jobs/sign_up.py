"""Make the accounts that people asked for, send links again, forget who never came back."""

import msgspec

from synnefo.astakos.usecases import activations, captcha, email_changes, sign_ups
from synnefo.astakos.usecases.sign_ups import Asked
from synnefo.serve.errands import sweep


@sign_ups.REGISTER.runs
def register(**asked: object) -> None:
    """Make an account, or tell by mail that there is one."""
    sign_ups.carry_out(msgspec.convert(asked, Asked))


@sign_ups.REGISTER_KNOWN.runs
def register_known(pending: int, **asked: object) -> None:
    """Make the account of somebody whom a provider knows, or tell by mail that there is one."""
    sign_ups.carry_out_known(msgspec.convert(asked, Asked), pending)


@activations.RESEND.runs
def resend(email: str) -> None:
    """Mail a link again."""
    activations.resend(email)


@sweep("astakos.forget_sign_ups", every=3600)
def forget_sign_ups() -> None:
    """Forget people, puzzles and wishes that ran out."""
    activations.forget_unverified()
    captcha.forget_old()
    email_changes.forget_expired()
