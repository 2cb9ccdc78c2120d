"""Seal the audit log."""

from synnefo.astakos.usecases import audit
from synnefo.serve.errands import sweep


@sweep("astakos.seal_audit", every=10)
def seal_audit() -> None:
    """Give entries committed since the last time their places in the chain."""
    audit.seal_all()
