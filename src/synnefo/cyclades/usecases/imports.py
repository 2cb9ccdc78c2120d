"""Instances that a cluster had before we knew it become servers. Spec: compute 16.3."""

import time
from datetime import datetime

import msgspec
from django.db import transaction

from synnefo.cyclades.domain import costs, differences, names
from synnefo.cyclades.domain.instances import InstanceFacts, is_final
from synnefo.cyclades.domain.server_states import Action, State
from synnefo.cyclades.engines.compute import ComputeEngine, EngineError, EngineRefused
from synnefo.cyclades.models import Cluster, Flavor, Server, Volume
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import commissions, outcomes
from synnefo.cyclades.usecases.clusters import engine_of
from synnefo.kit import clock, conf, ids
from synnefo.kit.faults import BadRequest, ItemNotFound

DB = "cyclades"
_STEP = 0.5


class ImportOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Which instance is to become whose server."""

    instance: str
    cluster: Cluster
    user: str
    project: str
    image: str
    flavor: Flavor


def take(order: ImportOrder) -> Server:
    """Stop an instance, record and charge it as a server, and give it and its disks our names.

    The server is stopped then. Raises BadRequest for an instance that is ours already,
    ItemNotFound, OverLimit, EngineError; what had been recorded is undone.
    """
    prefix = conf.of(CycladesSettings).backend_prefix_id
    if names.server_of(prefix, order.instance) is not None:
        raise BadRequest(f"{order.instance} is named as one of our servers already.")
    compute = engine_of(order.cluster).compute
    facts = compute.instance(order.instance)
    if facts is None:
        raise ItemNotFound(f"{order.cluster.clustername} has no instance {order.instance}.")
    if facts.running:
        wait_for(compute, compute.stop(order.instance))
    server, disks = _record(order, facts)
    name = names.instance(prefix, server.id)
    try:
        wait_for(compute, compute.rename(order.instance, name))
        for index, volume in enumerate(disks):
            named = names.volume(prefix, volume.id)
            wait_for(compute, compute.rename_disk(name, index, named))
    except EngineError:
        if compute.instance(name) is None:
            outcomes.bury_unbuilt(server.id)
        raise
    return server


def wait_for(compute: ComputeEngine, job_id: int) -> None:
    """Wait for a job; EngineRefused when it fails."""
    while True:
        job = compute.job(job_id)
        if job is None:
            raise EngineRefused(f"The job {job_id} is lost.")
        if is_final(job.status):
            break
        time.sleep(_STEP)
    if job.status != "success":
        raise EngineRefused(f"The job {job_id} failed: {job.reason or job.status}")


def _record(order: ImportOrder, facts: InstanceFacts) -> tuple[Server, list[Volume]]:
    disk = sum(differences.gib_of(spec) for spec in facts.disks)
    size = costs.Size(cpu=order.flavor.cpu, ram=order.flavor.ram, disk=disk)
    charge = costs.of_existing(State.STOPPED, size)
    wanted = commissions.provisions(order.user, order.project, charge)
    with (
        commissions.reserve(wanted, f"client: manage, import {order.instance}") as serial,
        transaction.atomic(using=DB),
    ):
        moment = clock.now()
        server = _server(order, facts, moment)
        disks = [_volume(server, i, differences.gib_of(s)) for i, s in enumerate(facts.disks)]
        if serial is not None:
            commissions.ledger().accept(serial)
    return server, disks


def _server(order: ImportOrder, facts: InstanceFacts, moment: datetime) -> Server:
    return Server.objects.create(
        uuid=ids.new_uuid(),
        name=facts.name[:255],
        userid=order.user,
        project=order.project,
        cluster=order.cluster,
        flavor=order.flavor,
        imageid=order.image,
        created=moment,
        updated=moment,
        launched=moment,
        operstate=State.STOPPED,
        action=Action.STOP,
        backendtime=moment,
        buildpercentage=100,
    )


def _volume(server: Server, index: int, size: int) -> Volume:
    return Volume.objects.create(
        uuid=ids.new_uuid(),
        userid=server.userid,
        project=server.project,
        size=size,
        volume_type_id=server.flavor.volume_type_id,
        status="IN_USE",
        server=server,
        index=index,
        backendjobid=0,
        created=server.created,
        updated=server.created,
    )
