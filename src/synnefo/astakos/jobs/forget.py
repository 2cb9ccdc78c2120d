"""Forget what has run out."""

from synnefo.astakos.usecases import logins, tokens
from synnefo.serve.errands import sweep


@sweep("astakos.forget_expired", every=3600)
def forget_expired() -> None:
    """Delete expired tokens and old counts of wrong passwords."""
    tokens.forget_expired()
    logins.forget_old()
