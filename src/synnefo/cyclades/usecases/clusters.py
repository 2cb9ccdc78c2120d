"""Clusters: their engines, their free room, and which one takes a new server.

Spec: compute 2.3, 9, 16.2.
"""

from datetime import datetime, timedelta
from functools import partial

import msgspec
from django.db import transaction

from synnefo.cyclades.domain import placement
from synnefo.cyclades.domain.ciphers import decrypt, encrypt
from synnefo.cyclades.domain.instances import ClusterFacts
from synnefo.cyclades.engines import choose
from synnefo.cyclades.engines.choose import Engine
from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.engines.ganeti import Habits
from synnefo.cyclades.engines.rapi import Address
from synnefo.cyclades.models import Cluster, ProjectCluster
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest, Conflict, Fault, ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.serve.rows import read
from synnefo.serve.statements import fetch, is_postgresql

log = get_logger(__name__)

DB = "cyclades"
_OF_PROJECT = "SELECT cluster_id FROM cyclades_projectcluster WHERE project = %s"
_TAKE = """
UPDATE cyclades_cluster SET pinst_cnt = pinst_cnt + %s,
  mfree = CASE WHEN mfree > %s THEN mfree - %s ELSE 0 END,
  dfree = CASE WHEN dfree > %s THEN dfree - %s ELSE 0 END
WHERE id = %s
"""
_TAKE_SOON = f"{_TAKE} AND set_config('synchronous_commit', 'off', true) = 'off'"
MAX_CLUSTERS = 16


class ClusterOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster to be added."""

    clustername: str
    username: str
    password: str
    port: int = 5080
    address: str = ""
    hypervisor: str = "kvm"
    public: bool = True


def engine_of(cluster: Cluster) -> Engine:
    """Answer the engine of a cluster; 503 when it is marked offline."""
    if cluster.offline:
        raise ServiceUnavailable(f"The cluster {cluster.clustername} is offline. Try later.")
    settings = conf.of(CycladesSettings)
    address = Address(
        name=cluster.clustername,
        url=cluster.address or f"https://{cluster.clustername}:{cluster.port}",
        username=cluster.username,
        password=decrypt(cluster.password, settings.secret_encryption_key),
        timeout=settings.rapi_timeout,
    )
    return choose.engine_for(
        address,
        Habits(
            create_extra=dict(settings.ganeti_createinstance_kwargs),
            opportunistic_locking=settings.ganeti_use_opportunistic_locking,
            wait_for_sync=settings.ganeti_disks_wait_for_sync,
        ),
    )


def add(order: ClusterOrder, *, check: bool = True) -> Cluster:
    """Make a cluster known, drained: its credentials are checked and its resources read."""
    key = conf.of(CycladesSettings).secret_encryption_key
    with transaction.atomic(using=DB):
        cluster = Cluster(
            clustername=order.clustername,
            port=order.port,
            address=order.address,
            username=order.username,
            password=encrypt(order.password, key),
            hypervisor=order.hypervisor,
            public=order.public,
            drained=True,
            index=_free_index(),
        )
        if Cluster.objects.filter(clustername=order.clustername).exists():
            raise Conflict(f"The cluster {order.clustername} is known already.")
        cluster.save(force_insert=True)
    try:
        _verify(cluster, check=check)
    except Fault:
        cluster.delete()
        raise
    return cluster


def _verify(cluster: Cluster, *, check: bool) -> None:
    choose.forget(cluster.clustername)
    engine = engine_of(cluster)
    try:
        if check:
            engine.cluster.check_write_access()
        facts = engine.cluster.facts()
    except EngineError as error:
        raise ServiceUnavailable(str(error)) from error
    if check and facts.name != cluster.clustername:
        raise BadRequest(f"The cluster calls itself {facts.name}, not {cluster.clustername}.")
    _store(cluster, facts)


def _free_index() -> int:
    taken = set(Cluster.objects.values_list("index", flat=True))
    free = [index for index in range(MAX_CLUSTERS) if index not in taken]
    if not free:
        raise Conflict(f"There can be at most {MAX_CLUSTERS} clusters.")
    return free[0]


class ClusterChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a cluster; None leaves it."""

    clustername: str | None = None
    port: int | None = None
    address: str | None = None
    username: str | None = None
    password: str | None = None
    hypervisor: str | None = None
    drained: bool | None = None
    offline: bool | None = None
    public: bool | None = None


def modify(cluster: Cluster, change: ClusterChange) -> Cluster:
    """Change a cluster; new credentials are tried before they are kept."""
    told = {k: v for k, v in msgspec.structs.asdict(change).items() if v is not None}
    if "password" in told:
        key = conf.of(CycladesSettings).secret_encryption_key
        told["password"] = encrypt(told["password"], key)
    for name, value in told.items():
        setattr(cluster, name, value)
    if told.keys() & {"clustername", "port", "address", "username", "password"}:
        _verify(cluster, check=True)
    cluster.save()
    return cluster


def remove(cluster: Cluster) -> None:
    """Forget a cluster that has no servers; rows of deleted servers are let go."""
    check_empty(cluster)
    with transaction.atomic(using=DB):
        Cluster.objects.select_for_update().get(id=cluster.id)
        check_empty(cluster)
        cluster.servers.update(cluster=None)
        cluster.delete()
    choose.forget(cluster.clustername)


def check_empty(cluster: Cluster) -> None:
    """Refuse to let go of a cluster that has servers."""
    if cluster.servers.filter(deleted=False).exists():
        raise Conflict(f"{cluster.clustername} still has servers. Delete them first.")


def reserve(project: str, cluster: Cluster) -> ProjectCluster:
    """Send a project's new servers to a cluster; doing it twice is a Conflict."""
    made, fresh = ProjectCluster.objects.get_or_create(project=project, cluster=cluster)
    if not fresh:
        raise Conflict(f"{cluster.clustername} serves this project already.")
    return made


def silent(cluster: Cluster) -> None:
    """Note that a cluster does not answer."""
    Cluster.objects.filter(id=cluster.id, silent_since=None).update(silent_since=clock.now())


def heard(cluster: Cluster) -> None:
    """Note that a cluster answers."""
    Cluster.objects.filter(id=cluster.id).exclude(silent_since=None).update(silent_since=None)


def is_lost(silent_since: datetime | None) -> bool:
    """Tell whether a cluster has been silent for so long that its servers are unknown."""
    if silent_since is None:
        return False
    patience = timedelta(seconds=conf.of(CycladesSettings).backend_lost_after)
    return clock.now() - silent_since >= patience


def refresh(cluster: Cluster) -> None:
    """Read a cluster's storage and free room anew."""
    _store(cluster, engine_of(cluster).cluster.facts())


def _store(cluster: Cluster, facts: ClusterFacts) -> None:
    changes = {
        "disk_templates": list(facts.disk_templates),
        "mfree": facts.mfree,
        "mtotal": facts.mtotal,
        "dfree": facts.dfree,
        "dtotal": facts.dtotal,
        "pinst_cnt": facts.pinst_cnt,
        "ctotal": facts.ctotal,
        "refreshed": clock.now(),
    }
    Cluster.objects.filter(id=cluster.id).update(**changes)
    for name, value in changes.items():
        setattr(cluster, name, value)


def outdated(minutes: int | None = None, *, drained: bool = True) -> list[Cluster]:
    """List the online clusters whose free room was read too long ago, drained ones too."""
    period = conf.of(CycladesSettings).backend_refresh_min if minutes is None else minutes
    before = clock.now() - timedelta(minutes=period)
    rows = Cluster.objects.filter(offline=False).order_by("id")
    rows = rows if drained else rows.filter(drained=False)
    return [c for c in rows if c.refreshed is None or c.refreshed < before]


def choose_for(userid: str, project: str, demand: placement.Demand) -> Cluster:
    """Pick the cluster of a new server; 503 when none takes it. Spec: compute 9.1.

    The free room is what the last refresh said, less what was placed since; it is refreshed by
    a sweep, for a request speaks to no cluster.
    """
    clusters = read(Cluster, "WHERE NOT t.offline ORDER BY t.id")
    pinned = _pinned(userid, clusters)
    if pinned is not None:
        return pinned
    opened = {cluster.id: cluster for cluster in clusters if not cluster.drained}
    mapped = frozenset(one for (one,) in fetch(DB, _OF_PROJECT, [project]) if one in opened)
    answering = {key: one for key, one in opened.items() if one.silent_since is None}
    if mapped:
        answering = {key: one for key, one in answering.items() if key in mapped}
    found = _best(answering, mapped, demand) or _best(opened, mapped, demand)
    if found is None:
        raise ServiceUnavailable("No cluster can take a new server at the moment. Try later.")
    return found


def _best(
    usable: dict[int, Cluster], mapped: frozenset[int], demand: placement.Demand
) -> Cluster | None:
    best = placement.choose(
        [_candidate(cluster) for cluster in usable.values()],
        demand,
        mapped=mapped,
        archipelago=frozenset(conf.of(CycladesSettings).archipelago_backends),
    )
    return None if best is None else usable[best]


def _pinned(userid: str, clusters: list[Cluster]) -> Cluster | None:
    wanted = conf.of(CycladesSettings).backend_per_user.get(userid)
    if wanted is None:
        return None
    found = next((c for c in clusters if wanted in {c.id, c.clustername}), None)
    if found is None:
        log.error("no-such-cluster", setting="BACKEND_PER_USER", user=userid, cluster=wanted)
    return found


def _candidate(cluster: Cluster) -> placement.Candidate:
    return placement.Candidate(
        id=cluster.id,
        public=cluster.public,
        disk_templates=frozenset(cluster.disk_templates),
        mfree=cluster.mfree,
        mtotal=cluster.mtotal,
        dfree=cluster.dfree,
        dtotal=cluster.dtotal,
        pinst_cnt=cluster.pinst_cnt,
        ctotal=cluster.ctotal,
    )


def take_room(cluster_id: int, demand: placement.Demand, *, times: int = 1) -> None:
    """Count placed servers against their cluster's free room.

    On PostgreSQL that is done when the caller's transaction has ended and need not outlive a
    crash, for all creations of a cluster change this one row and would wait for each other's
    disk; the next refresh knows better anyhow.
    """
    values = [times, *([demand.ram * times] * 2), *([demand.disk * times] * 2), cluster_id]
    if is_postgresql(DB):
        transaction.on_commit(partial(fetch, DB, _TAKE_SOON, values), using=DB, robust=True)
    else:
        fetch(DB, _TAKE, values)
