"""What Pithos looks after by itself."""

from synnefo.pithos.usecases import block_uses, claims, garbage, lifecycles, settlements
from synnefo.serve.errands import sweep


@sweep("pithos.settle", every=5)
def settle_quota() -> None:
    """Tell the quota service what was used since the last time."""
    settlements.settle_all()


@sweep("pithos.reconcile", every=300)
def reconcile_commissions() -> None:
    """Give back promises that a crash left behind."""
    garbage.reject_lost()


@sweep("pithos.collect", every=6 * 3600)
def collect_garbage() -> None:
    """Remove blocks that nothing has needed for a day, and what cut-off writers left."""
    garbage.collect_blocks(dry_run=False)


@sweep("pithos.index", every=60)
def index_blocks() -> None:
    """Index lists of blocks that are older than the index; forget who sent what long ago."""
    block_uses.index_some()
    claims.forget_sent()


@sweep("pithos.expire", every=60)
def expire_objects() -> None:
    """Delete the objects whose time is over."""
    garbage.expire()


@sweep("pithos.lifecycle", every=3600)
def apply_lifecycles() -> None:
    """Delete what the rules of containers say is over."""
    lifecycles.apply_all()
