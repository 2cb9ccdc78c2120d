"""What clusters report about networks, taken over. Spec: network 4, 13.1."""

from datetime import datetime

from django.db import transaction

from synnefo.cyclades.domain import names, network_states
from synnefo.cyclades.domain.network_states import NetworkAction, NetworkState
from synnefo.cyclades.models import BackendNetwork, Cluster, Network
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import addresses, networks
from synnefo.cyclades.usecases.cluster_networks import Finding, remove_from_clusters, row_for
from synnefo.kit import clock, conf
from synnefo.kit.logs import get_logger
from synnefo.wire.job_events import JobEvent, seconds_of

log = get_logger(__name__)


def apply(event: JobEvent) -> None:
    """Take over one step of a network's job; unknown networks and old news are dropped."""
    prefix = conf.of(CycladesSettings).backend_prefix_id
    network_id = names.network_of(prefix, event.network or "")
    if network_id is None:
        return
    cluster = Cluster.objects.filter(clustername=event.cluster).first()
    known = Network.objects.filter(id=network_id).first()
    if cluster is None or known is None:
        log.error("event-of-nobody", network=event.network, cluster=event.cluster)
        return
    moment = clock.from_timestamp(seconds_of(event.event_time))
    with transaction.atomic("cyclades"):
        network = addresses.lock_network(network_id)
        if not network.deleted:
            _take_over(network, row_for(network, cluster), event, moment)


def _take_over(network: Network, row: BackendNetwork, event: JobEvent, moment: datetime) -> None:
    if row.backendtime is not None and moment <= row.backendtime:
        return
    row.backendjobid, row.backendopcode = event.job_id, event.operation
    row.backendjobstatus = event.status
    row.backendlogmsg = None if event.logmsg is None else str(event.logmsg)
    if event.status in network_states.FINAL:
        _finish_job(row, event, moment)
    row.save()
    settle(network)


def _finish_job(row: BackendNetwork, event: JobEvent, moment: datetime) -> None:
    state = network_states.on_cluster(
        NetworkState(row.operstate),
        event.operation,
        event.status,
        absent="unknown_entity" in str(event.result),
        there="already_exists" in str(event.result),
    )
    row.connect_jobs = [job for job in row.connect_jobs if job != event.job_id]
    if state is NetworkState.ACTIVE and row.connect_jobs:
        return
    row.operstate, row.deleted = state, state is NetworkState.DELETED
    if event.status == "success" or row.deleted:
        row.backendtime = moment


def settle(network: Network) -> None:
    """Compute a locked network's state from its clusters, and finish its deletion."""
    rows = network.on_clusters.values_list("operstate", flat=True)
    action = NetworkAction(network.action) if network.action else None
    state = network_states.overall(
        NetworkState(network.state), action, [NetworkState(row) for row in rows]
    )
    if state is NetworkState.DELETED:
        networks.finish_deletion(network)
    elif state != network.state:
        network.state = state
        network.save(update_fields=["state", "updated"])


def remove(network_id: int) -> None:
    """Carry a deletion to the clusters; those that have nothing of the network are done."""
    for cluster_id in remove_from_clusters(network_id):
        adopt(Finding(network_id, cluster_id, NetworkState.DELETED))


def adopt(finding: Finding) -> None:
    """Take over what a look at a cluster says."""
    with transaction.atomic("cyclades"):
        network = addresses.lock_network(finding.network_id)
        row = network.on_clusters.filter(cluster_id=finding.cluster_id).first()
        if row is None or network.deleted:
            return
        row.operstate, row.connect_jobs = finding.state, []
        row.deleted = finding.state is NetworkState.DELETED
        row.save()
        settle(network)
