"""Forget what has run out."""

from synnefo.astakos.usecases import oauth, tokens, trusts
from synnefo.serve.errands import sweep


@sweep("astakos.forget_expired", every=3600)
def forget_expired() -> None:
    """Delete expired tokens."""
    tokens.forget_expired()
    oauth.forget_expired()
    trusts.forget_expired()
