"""Networks on clusters: made there when first needed, removed when deleted.

Errands call these; no transaction is open while a cluster is spoken to. Spec: network 9.
"""

from datetime import timedelta

import msgspec
from django.db import transaction

from synnefo.cyclades.domain import names
from synnefo.cyclades.domain import networks as rules
from synnefo.cyclades.domain.network_states import NetworkAction, NetworkState
from synnefo.cyclades.engines.compute import EngineError, EngineUnreachable
from synnefo.cyclades.engines.networking import NetworkEngine, NetworkSpec
from synnefo.cyclades.models import BackendNetwork, Cluster, Network
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import addresses
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.kit import clock, conf
from synnefo.kit.faults import Conflict, ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.serve.errands import Errand, Later

log = get_logger(__name__)

REMOVE = Errand("cyclades.remove_network")
CLAIM = timedelta(seconds=30)
"""How long one who set out to make a network real is left alone."""
PATIENCE = timedelta(minutes=10)
"""How long jobs that connect a network are believed to be running."""


def ensure_on_cluster(cluster: Cluster, network: Network) -> list[int]:
    """Make a network real on a cluster when it is not; answer the jobs to wait for.

    Safe to call again and from several errands at once: the later ones get the jobs of the
    first, or `errands.Later` while that one is still asking. Raises EngineUnreachable,
    EngineRefused, and Conflict when the network is being deleted.
    """
    row = _claim(cluster, network)
    if row is None:
        return []
    if row.connect_jobs:
        return list(row.connect_jobs)
    try:
        jobs = _realise(engine_of(cluster).networks, network, row)
    except (EngineError, ServiceUnavailable):
        BackendNetwork.objects.filter(id=row.id).update(asked_at=None)
        raise
    if jobs:
        still = BackendNetwork.objects.filter(id=row.id).exclude(operstate=NetworkState.ACTIVE)
        still.update(connect_jobs=jobs)
    else:
        BackendNetwork.objects.filter(id=row.id).update(operstate=NetworkState.ACTIVE)
    return jobs


def _claim(cluster: Cluster, network: Network) -> BackendNetwork | None:
    """Set out to make a network real; None when it is, with jobs when somebody did."""
    with transaction.atomic("cyclades"):
        locked = Network.objects.select_for_update(of=("self",)).get(id=network.id)
        if locked.deleted or locked.action == NetworkAction.DESTROY:
            raise Conflict(f"The network '{locked.name}' is being deleted.")
        row = row_for(locked, cluster)
        moment = clock.now()
        if row.operstate == NetworkState.ACTIVE:
            return None
        age = moment - row.asked_at if row.asked_at else PATIENCE
        if row.connect_jobs and age < PATIENCE:
            return row
        if not row.connect_jobs and age < CLAIM:
            raise Later(1.0)
        row.asked_at, row.connect_jobs = moment, []
        row.save()
        return row


def row_for(network: Network, cluster: Cluster) -> BackendNetwork:
    """Answer what is known of a locked network on a cluster, made new when there is nothing."""
    prefix = rules.mac_prefix_on(network.mac_prefix, cluster.index)
    row, _new = BackendNetwork.objects.select_for_update(of=("self",)).get_or_create(
        network=network, cluster=cluster, defaults={"mac_prefix": prefix}
    )
    return row


def _realise(engine: NetworkEngine, network: Network, row: BackendNetwork) -> list[int]:
    spec = spec_of(network, row.mac_prefix)
    there = engine.network(spec.name)
    after = (engine.create_network(spec),) if there is None else ()
    connected = there.groups if there is not None else ()
    return [
        engine.connect_network(
            spec.name, group, mode=network.mode or "bridged", link=network.link or "", after=after
        )
        for group in engine.groups()
        if group not in connected
    ]


def spec_of(network: Network, mac_prefix: str) -> NetworkSpec:
    """Describe a network for a cluster. Spec: network 9."""
    subnets = list(network.subnets.live())
    ipv4 = next((s for s in subnets if s.ipversion == 4), None)
    ipv6 = next((s for s in subnets if s.ipversion == 6), None)
    return NetworkSpec(
        name=names.network(conf.of(CycladesSettings).backend_prefix_id, network.id),
        subnet=ipv4.cidr if ipv4 else rules.DUMMY_SUBNET,
        gateway=ipv4.gateway if ipv4 else None,
        subnet6=ipv6.cidr if ipv6 else None,
        gateway6=ipv6.gateway if ipv6 else None,
        mac_prefix=mac_prefix,
        tags=rules.cluster_tags(
            network.tags, any_dhcp=any(s.dhcp for s in subnets), public=network.public
        ),
    )


def remove_from_clusters(network_id: int) -> list[int]:
    """Ask every cluster that has a deleted network to remove it; answer the clusters that
    have nothing of it, whose rows the caller then settles.
    """
    absent, unreachable = [], []
    rows = BackendNetwork.objects.filter(network_id=network_id, deleted=False)
    for row in rows.select_related("cluster", "network"):
        try:
            if not _remove(engine_of(row.cluster).networks, row):
                absent.append(row.cluster_id)
        except (EngineUnreachable, ServiceUnavailable) as error:
            log.warning("cluster-unreachable", cluster=row.cluster.clustername, why=str(error))
            unreachable.append(row.cluster.clustername)
    if unreachable:
        raise ServiceUnavailable(f"No answer of {', '.join(unreachable)}.")
    return absent


def take_off(cluster: Cluster, network: Network) -> None:
    """Take a network off a cluster on which none of its servers is.

    Conflict while there are any; raises EngineError.
    """
    if network.ports.filter(server__cluster=cluster, server__deleted=False).exists():
        raise Conflict(f"{cluster.clustername} has servers on this network. Unplug them first.")
    row = network.on_clusters.filter(cluster=cluster, deleted=False).first()
    if row is None:
        raise Conflict(f"{cluster.clustername} has no such network.")
    if not _remove(engine_of(cluster).networks, row):
        row.delete()


def _remove(engine: NetworkEngine, row: BackendNetwork) -> bool:
    """Queue disconnection and removal; False when the cluster has no such network."""
    name = names.network(conf.of(CycladesSettings).backend_prefix_id, row.network_id)
    there = engine.network(name)
    if there is None:
        return False
    jobs = tuple(engine.disconnect_network(name, group) for group in there.groups)
    engine.delete_network(name, after=jobs)
    BackendNetwork.objects.filter(id=row.id).update(asked_at=clock.now(), connect_jobs=[])
    return True


def prepare_cluster(cluster: Cluster) -> list[Network]:
    """Make every public network real on a new cluster; answers them. Spec: compute 16.2."""
    held = Network.objects.filter(public=True, deleted=False).exclude(action=NetworkAction.DESTROY)
    networks = list(held.order_by("id"))
    for network in networks:
        ensure_on_cluster(cluster, network)
    return networks


def clear_cluster(cluster: Cluster) -> int:
    """Ask a cluster that is let go of to remove our networks; answers how many it has."""
    rows = BackendNetwork.objects.filter(cluster=cluster, deleted=False)
    engine = engine_of(cluster).networks
    return sum(_remove(engine, row) for row in rows.select_related("network"))


def public_addresses() -> dict[int, str]:
    """Tell, by cluster, how many IPv4 addresses of its public networks are free and exist."""
    rows = BackendNetwork.objects.filter(
        deleted=False, network__public=True, network__deleted=False
    )
    held = list(rows.values_list("cluster_id", "network_id"))
    counts = addresses.counts([network_id for _, network_id in held])
    sums: dict[int, tuple[int, int]] = {}
    for cluster_id, network_id in held:
        free, size = counts.get(network_id, (0, 0))
        before = sums.get(cluster_id, (0, 0))
        sums[cluster_id] = (before[0] + free, before[1] + size)
    return {cluster_id: f"{free}/{size}" for cluster_id, (free, size) in sums.items()}


class Finding(msgspec.Struct, frozen=True):
    """What a look at a cluster says about one network on it."""

    network_id: int
    cluster_id: int
    state: NetworkState
