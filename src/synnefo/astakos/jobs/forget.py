"""Forget what has run out."""

from synnefo.astakos.usecases import tokens
from synnefo.serve.errands import sweep


@sweep("astakos.forget_expired", every=3600)
def forget_expired() -> None:
    """Delete expired tokens."""
    tokens.forget_expired()
