"""Errands that carry recorded intents to clusters. Each may run twice.

No transaction is open while a cluster is spoken to. House rules, section 4.
"""

from datetime import timedelta

from synnefo.cyclades.domain import names
from synnefo.cyclades.domain.server_states import Action, State
from synnefo.cyclades.engines.compute import ComputeEngine, EngineRefused, EngineUnreachable
from synnefo.cyclades.models import Flavor, Server
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import (
    builds,
    clusters,
    commissions,
    networks,
    outcomes,
    server_actions,
)
from synnefo.cyclades.usecases.builds import SUBMIT_BUILD, Build
from synnefo.cyclades.usecases.server_actions import SUBMIT_ACTION
from synnefo.kit import clock, conf
from synnefo.kit.faults import Fault, ServiceUnavailable
from synnefo.serve.errands import Later

UNSURE = timedelta(seconds=60)
"""How long after a cluster was asked to build we wait for the job's number."""


@SUBMIT_BUILD.runs
def submit_build(server_id: int, secret: str) -> None:
    """Hand a recorded server to its cluster, then settle what was promised for it."""
    try:
        _submit_build(server_id, secret)
    finally:
        commissions.tell_decided()


def _submit_build(server_id: int, secret: str) -> None:
    build = builds.begin(server_id, secret)
    if build is None:
        return
    try:
        job = _create(build)
    except EngineUnreachable as error:
        clusters.silent(build.cluster)
        raise ServiceUnavailable(str(error)) from error
    except EngineRefused as error:
        builds.fail(server_id, str(error))
        return
    except ServiceUnavailable:
        raise
    except Fault as fault:
        builds.fail(server_id, fault.message)
        return
    builds.attach_job(server_id, job)


def _create(build: Build) -> int:
    waits: list[int] = []
    for network in build.networks:
        waits += networks.ensure_on_cluster(build.cluster, network)
    engine = clusters.engine_of(build.cluster).compute
    return engine.create(build.after(waits), again=build.again)


@SUBMIT_BUILD.gives_up
def give_up_build(reason: str, server_id: int, secret: str) -> None:
    """Tell the owner that the cluster did not answer for too long."""
    builds.fail(server_id, f"The cluster did not answer in time: {reason}")


@SUBMIT_ACTION.runs
def submit_action(
    server_id: int,
    action: str,
    since: str,
    *,
    hard: bool = False,
    flavor_id: int | None = None,
    after: int | None = None,
) -> None:
    """Hand a recorded action to the server's cluster."""
    server = server_actions.waiting(server_id, action, since)
    if server is None:
        return
    if action == Action.DESTROY and _is_unbuilt(server):
        outcomes.bury_unbuilt(server_id)
        return
    if server.cluster is None:
        server_actions.fail(server_id, since, "Its cluster is no longer known.")
        return
    try:
        engine = clusters.engine_of(server.cluster).compute
        job = _act(engine, server, Action(action), hard=hard, flavor_id=flavor_id, after=after)
    except EngineUnreachable as error:
        clusters.silent(server.cluster)
        raise ServiceUnavailable(str(error)) from error
    except EngineRefused as error:
        server_actions.fail(server_id, since, str(error))
        return
    server_actions.attach_job(server, job)


def _is_unbuilt(server: Server) -> bool:
    """Tell whether no cluster can know the server; waits while one may just be hearing of it."""
    if server.build_asked is None:
        return True
    hearing = server.state is State.BUILD and server.backendjobid is None
    if hearing and clock.now() - server.build_asked < UNSURE:
        raise Later(1.0)
    return False


def _act(
    engine: ComputeEngine,
    server: Server,
    action: Action,
    *,
    hard: bool,
    flavor_id: int | None,
    after: int | None,
) -> int:
    name = names.instance(conf.of(CycladesSettings).backend_prefix_id, server.id)
    if action is Action.START:
        return engine.start(name)
    if action is Action.STOP:
        return engine.stop(name)
    if action is Action.REBOOT:
        return engine.reboot(name, hard=hard)
    if action is Action.RESIZE:
        flavor = Flavor.objects.get(id=flavor_id or 0)
        return engine.resize(name, vcpus=flavor.cpu, memory_mib=flavor.ram)
    return engine.remove(name, after=after)


@SUBMIT_ACTION.gives_up
def give_up_action(reason: str, server_id: int, since: str, **_arguments: object) -> None:
    """Tell the owner that the cluster did not answer for too long."""
    server_actions.fail(server_id, since, f"The cluster did not answer in time: {reason}")
