"""Errands and sweeps of networks."""

from datetime import timedelta

from synnefo.cyclades.engines.compute import EngineUnreachable
from synnefo.cyclades.models import Cluster, Network
from synnefo.cyclades.usecases import cluster_networks, network_outcomes, networks
from synnefo.kit import clock
from synnefo.kit.faults import ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.serve.errands import sweep

log = get_logger(__name__)

STALE = timedelta(seconds=60)


@cluster_networks.REMOVE.runs
def remove_network(network_id: int) -> None:
    """Take a deleted network off its clusters; safe to run twice."""
    if Network.objects.filter(id=network_id, deleted=False).exists():
        network_outcomes.remove(network_id)


@networks.RELEASE_QUOTA.runs
def release_network_quota(network_id: int) -> None:
    """Give back the quota of a network that its clusters let go of."""
    networks.release_quota(network_id)


@sweep("cyclades.settle_networks", every=60)
def settle_networks() -> None:
    """Find networks whose events were lost, and ask anew for deletions that went nowhere."""
    for cluster in Cluster.objects.filter(offline=False):
        try:
            for finding in cluster_networks.look(cluster, older_than=STALE):
                network_outcomes.adopt(finding)
        except (EngineUnreachable, ServiceUnavailable) as error:
            log.warning("cluster-unreachable", cluster=cluster.clustername, why=str(error))
    stuck = Network.objects.filter(
        deleted=False, action="DESTROY", updated__lt=clock.now() - STALE
    )
    for network in stuck:
        network_outcomes.remove(network.id)
