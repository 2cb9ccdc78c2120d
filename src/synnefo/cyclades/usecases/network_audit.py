"""Networks of the database held against those of a cluster, and put right. Spec: network 13.2."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from django.db import transaction

from synnefo.cyclades.domain import addressing, names
from synnefo.cyclades.domain.network_states import NetworkAction, NetworkState
from synnefo.cyclades.domain.pools import ValueOutsideError
from synnefo.cyclades.engines.networking import NetworkEngine, NetworkFacts
from synnefo.cyclades.models import BackendNetwork, Cluster, IPPool, Network
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import addresses, cluster_networks, network_outcomes
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest
from synnefo.kit.logs import get_logger

log = get_logger(__name__)

STALE = timedelta(seconds=60)
"""Rows that somebody touched since are left alone: events are quicker."""


class Kind(StrEnum):
    """The kinds of differences."""

    PARTED = "parted"
    STALE = "stale"
    MISSING = "missing"
    HANGING = "hanging"
    UNSYNCED = "unsynced"
    ORPHAN = "orphan"
    RESERVATION = "reservation"
    STATE = "state"


UNASKED = frozenset(Kind) - {Kind.ORPHAN, Kind.MISSING}
"""What the sweep puts right: it makes and deletes nothing on clusters of its own accord, but for
the networks of deleted rows."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One difference about one network; `groups` and `addresses` say what lacks."""

    kind: Kind
    network_id: int
    cluster_id: int
    """0 where it is about no cluster."""
    what: str
    groups: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class _View(msgspec.Struct, frozen=True, kw_only=True):
    """What a cluster has, and when it was looked at."""

    cluster_id: int
    there: dict[int, NetworkFacts]
    groups: tuple[str, ...]
    moment: datetime


def look(cluster: Cluster, *, older_than: timedelta = STALE) -> list[Finding]:
    """Compare one cluster's networks with the database. Raises EngineError."""
    engine = engine_of(cluster).networks
    prefix = conf.of(CycladesSettings).backend_prefix_id
    ours = {names.network_of(prefix, facts.name): facts for facts in engine.networks()}
    view = _View(
        cluster_id=cluster.id,
        there={key: facts for key, facts in ours.items() if key is not None},
        groups=tuple(engine.groups()),
        moment=clock.now() - older_than,
    )
    rows = BackendNetwork.objects.filter(cluster=cluster, deleted=False)
    rows = rows.filter(network__deleted=False).select_related("network")
    known = {row.network_id: row for row in rows}
    found = [finding for row in known.values() for finding in _of_row(view, row)]
    return found + list(_of_others(view, known.keys()))


def _of_row(view: _View, row: BackendNetwork) -> Iterator[Finding]:
    facts = view.there.get(row.network_id)
    is_settled = row.updated < view.moment
    leaving = row.network.action == NetworkAction.DESTROY
    if facts is None:
        if is_settled and leaving:
            yield _found(view, Kind.STALE, row, "the cluster has let go of it")
        elif is_settled:
            yield _found(view, Kind.MISSING, row, "the cluster has no such network")
        return
    lacking = tuple(group for group in view.groups if group not in facts.groups)
    if leaving:
        return
    if lacking and is_settled:
        what = f"not connected to {', '.join(lacking)}"
        yield msgspec.structs.replace(_found(view, Kind.HANGING, row, what), groups=lacking)
    elif not lacking and row.operstate != NetworkState.ACTIVE and is_settled:
        yield _found(view, Kind.UNSYNCED, row, f"ready there, {row.operstate} here")
    lost = _unreserved(row.network, facts)
    if lost:
        what = f"reserved there, free here: {', '.join(lost)}"
        yield msgspec.structs.replace(_found(view, Kind.RESERVATION, row, what), addresses=lost)


def _found(view: _View, kind: Kind, row: BackendNetwork, what: str) -> Finding:
    return Finding(kind=kind, network_id=row.network_id, cluster_id=view.cluster_id, what=what)


def _of_others(view: _View, known: Collection[int]) -> Iterator[Finding]:
    """Judge the networks of a cluster that no row is about."""
    strangers = view.there.keys() - known
    living = Network.objects.live().filter(id__in=strangers)
    alive = dict(living.values_list("id", "action"))
    for network_id in sorted(strangers):
        if alive.get(network_id) == NetworkAction.DESTROY or network_id not in alive:
            kind, what = Kind.ORPHAN, "no living network is called so"
        else:
            kind, what = Kind.PARTED, "the cluster has it and no row says so"
        yield Finding(kind=kind, network_id=network_id, cluster_id=view.cluster_id, what=what)


def _unreserved(network: Network, facts: NetworkFacts) -> tuple[str, ...]:
    """List the addresses that the cluster keeps for others and that we could give out."""
    told = {text for text in facts.external_reservations.replace(",", " ").split() if text}
    if not told or not network.subnets.filter(deleted=False, dhcp=True, ipversion=4).exists():
        return ()
    rows = IPPool.objects.filter(subnet__network=network, subnet__deleted=False)
    return tuple(sorted(text for text in told if any(_is_open(row, text) for row in rows)))


def _is_open(row: IPPool, address: str) -> bool:
    """Tell whether a pool has an address and does not know that others hold it."""
    try:
        index = addressing.index_of(row.base, row.offset, addressing.read_ipv4(address))
    except (ValueOutsideError, BadRequest):
        return False
    if not 0 <= index < row.size:
        return False
    return bool(row.read().reserved >> (row.size - 1 - index) & 1)


def states() -> list[Finding]:
    """List networks that are in no state to be used and should be."""
    rows = Network.objects.live().exclude(state=NetworkState.ACTIVE)
    return [
        Finding(kind=Kind.STATE, network_id=row.id, cluster_id=0, what=f"its state is {row.state}")
        for row in rows
    ]


def mend(finding: Finding) -> None:
    """Put one difference right. Raises EngineError, and Later while somebody else does."""
    log.warning("network-reconciled", network=finding.network_id, what=finding.what)
    if finding.kind in {Kind.STALE, Kind.UNSYNCED}:
        state = NetworkState.DELETED if finding.kind is Kind.STALE else NetworkState.ACTIVE
        network_outcomes.adopt(
            cluster_networks.Finding(finding.network_id, finding.cluster_id, state)
        )
    elif finding.kind in {Kind.MISSING, Kind.HANGING}:
        _make_anew(finding)
    elif finding.kind is Kind.ORPHAN:
        _remove_orphan(finding)
    else:
        _mend_row(finding)


def _make_anew(finding: Finding) -> None:
    rows = BackendNetwork.objects.filter(
        network_id=finding.network_id, cluster_id=finding.cluster_id
    )
    rows.update(operstate=NetworkState.PENDING, connect_jobs=[], asked_at=None)
    row = rows.select_related("network", "cluster").get()
    cluster_networks.ensure_on_cluster(row.cluster, row.network)


def _remove_orphan(finding: Finding) -> None:
    """Remove a network of a deleted row; one that no row ever had is not ours to remove."""
    if not Network.objects.filter(id=finding.network_id).exists():
        return
    engine = engine_of(Cluster.objects.get(id=finding.cluster_id)).networks
    name = names.network(conf.of(CycladesSettings).backend_prefix_id, finding.network_id)
    _take_away(engine, name)


def _take_away(engine: NetworkEngine, name: str) -> None:
    there = engine.network(name)
    if there is not None:
        jobs = tuple(engine.disconnect_network(name, group) for group in there.groups)
        engine.delete_network(name, after=jobs)


def _mend_row(finding: Finding) -> None:
    with transaction.atomic("cyclades"):
        network = addresses.lock_network(finding.network_id)
        if network.deleted:
            return
        if finding.kind is Kind.PARTED:
            _know(network, Cluster.objects.get(id=finding.cluster_id))
        for address in finding.addresses:
            addresses.mark_outside(network, address, reserved=True)
        if finding.kind is Kind.STATE:
            network_outcomes.settle(network)


def _know(network: Network, cluster: Cluster) -> None:
    """Record that a cluster has a locked network; the next look tells its state."""
    row = cluster_networks.row_for(network, cluster)
    row.deleted, row.operstate = False, NetworkState.PENDING
    row.save()


def can_mend(finding: Finding) -> bool:
    """Tell whether a difference can be put right without a person."""
    if finding.kind is not Kind.ORPHAN:
        return True
    return Network.objects.filter(id=finding.network_id).exists()
