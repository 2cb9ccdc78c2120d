"""Errands and sweeps of networks."""

from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.models import Cluster, Network
from synnefo.cyclades.usecases import (
    cluster_networks,
    firewalls,
    network_audit,
    network_outcomes,
    networks,
    plugs,
    pool_audit,
    server_actions,
)
from synnefo.kit import clock
from synnefo.kit.faults import Conflict, ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.serve.errands import Later, sweep

log = get_logger(__name__)


@cluster_networks.REMOVE.runs
def remove_network(network_id: int) -> None:
    """Take a deleted network off its clusters; safe to run twice."""
    if Network.objects.filter(id=network_id, deleted=False).exists():
        network_outcomes.remove(network_id)


@networks.RELEASE_QUOTA.runs
def release_network_quota(network_id: int) -> None:
    """Give back the quota of a network that its clusters let go of."""
    networks.release_quota(network_id)


@plugs.PLUG.runs
def plug_port(server_id: int, port_id: int, since: str) -> None:
    """Plug a port into a server that exists."""
    plugs.carry_plug(server_id, port_id, since)


@plugs.PLUG.gives_up
def give_up_plug(reason: str, server_id: int, port_id: int, since: str) -> None:
    """Free a port whose cluster did not answer for too long."""
    plugs.unplugged(server_id, port_id, since, f"The cluster did not answer in time: {reason}")


@plugs.UNPLUG.runs
def unplug_port(server_id: int, port_id: int, since: str) -> None:
    """Pull a port out of its server."""
    plugs.carry_unplug(server_id, port_id, since)


@plugs.UNPLUG.gives_up
def give_up_unplug(reason: str, server_id: int, port_id: int, since: str) -> None:
    """Tell that a port stays because the cluster did not answer for too long."""
    told = f"The cluster did not answer in time, so port {port_id} stays: {reason}"
    server_actions.fail(server_id, since, told)


@firewalls.SET.runs
def set_firewall(server_id: int, port_id: int, profile: str) -> None:
    """Guard a card otherwise; safe to run twice."""
    firewalls.carry_out(server_id, port_id, profile)


@firewalls.SET.gives_up
def give_up_firewall(reason: str, server_id: int, port_id: int, profile: str) -> None:
    """Tell that a card is guarded as before because the cluster did not answer for too long."""
    told = f"The firewall of port {port_id} is not {profile}: its cluster did not answer: {reason}"
    firewalls.told_off(server_id, told)


@sweep("cyclades.settle_networks", every=60)
def settle_networks() -> None:
    """Find networks whose events were lost, and ask anew for deletions that went nowhere."""
    for cluster in Cluster.objects.filter(offline=False):
        try:
            for finding in network_audit.look(cluster):
                if finding.kind in network_audit.UNASKED:
                    network_audit.mend(finding)
        except (EngineError, ServiceUnavailable, Conflict, Later) as error:
            log.warning("network-not-settled", cluster=cluster.clustername, why=str(error))
    for finding in network_audit.states():
        network_audit.mend(finding)
    stuck = Network.objects.filter(
        deleted=False, action="DESTROY", updated__lt=clock.now() - network_audit.STALE
    )
    for network in stuck:
        try:
            network_outcomes.remove(network.id)
        except (EngineError, ServiceUnavailable) as error:
            log.warning("network-not-removed", network=network.id, why=str(error))


@sweep("cyclades.settle_pools", every=3600)
def settle_pools() -> None:
    """Give back what pools believe given out and nobody has, and keep what somebody has."""
    for finding in pool_audit.audit(fix=True):
        log.warning("pool-reconciled", pool=finding.pool, value=finding.value)
