"""Forget what people left half done at providers."""

from synnefo.astakos.usecases import pending_third_parties, provider_trips
from synnefo.serve.errands import sweep


@sweep("astakos.forget_provider_trips", every=600)
def forget_trips() -> None:
    """Delete trips nobody came back from, and sign-ups nobody finished."""
    provider_trips.forget_old()
    pending_third_parties.forget_old()
