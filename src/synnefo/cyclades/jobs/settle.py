"""Sweeps that trust nothing: servers, free room and quota receipts are looked at anew."""

from datetime import timedelta

from synnefo.cyclades.engines.compute import EngineError, EngineUnreachable
from synnefo.cyclades.models import Cluster
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import clusters, commissions, reconcile
from synnefo.kit import conf
from synnefo.kit.faults import ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.serve.errands import sweep

log = get_logger(__name__)
PROMISE_SECONDS = 90.0
"""How long a promise may wait for its verdict."""


@sweep("cyclades.settle_servers", every=20)
def settle_servers() -> None:
    """Compare every online cluster with the database, and put right what differs."""
    for cluster in Cluster.objects.filter(offline=False):
        try:
            reconcile.settle(cluster)
            clusters.heard(cluster)
        except EngineUnreachable as error:
            clusters.silent(cluster)
            log.warning("cluster-silent", cluster=cluster.clustername, why=str(error))
        except (EngineError, ServiceUnavailable) as error:
            log.warning("cluster-not-settled", cluster=cluster.clustername, why=str(error))
    patience = timedelta(seconds=conf.of(CycladesSettings).submit_patience * 2)
    for server in reconcile.abandoned(patience=patience):
        reconcile.give_up(server)


@sweep("cyclades.refresh_clusters", every=60)
def refresh_clusters() -> None:
    """Read the free room of clusters whose numbers are old."""
    for cluster in clusters.outdated():
        try:
            clusters.refresh(cluster)
        except (EngineError, ServiceUnavailable) as error:
            log.warning("cluster-not-refreshed", cluster=cluster.clustername, why=str(error))


@sweep("cyclades.settle_quota", every=30)
def settle_quota() -> None:
    """Tell the quota service what a crash left untold.

    A promise that is rejected here while its job still runs is made anew when the job ends.
    """
    commissions.ledger().settle(patience=PROMISE_SECONDS)
