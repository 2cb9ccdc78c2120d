"""Plugging ports into servers that exist, and pulling them out. Spec: network 5.4, 11."""

import msgspec
from django.db import transaction
from django.db.models import Max

from synnefo.cyclades.domain import names
from synnefo.cyclades.domain import ports as rules
from synnefo.cyclades.domain.ports import PortState
from synnefo.cyclades.domain.server_states import Action, State, Task, check
from synnefo.cyclades.engines.compute import EngineRefused, EngineUnreachable
from synnefo.cyclades.models import Port, Server
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import (
    addresses,
    clusters,
    histories,
    networks,
    ports,
    server_actions,
    servers,
)
from synnefo.kit import clock, conf
from synnefo.kit.faults import Conflict, Fault, ServiceUnavailable
from synnefo.serve.errands import Errand, Later
from synnefo.serve.http import Caller

PLUG = Errand("cyclades.plug_port", give_up_after=600)
UNPLUG = Errand("cyclades.unplug_port", give_up_after=600)


class PortOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A port as it was asked for, with the server that it is for, if any."""

    network_id: str
    address: str | None = None
    name: str = ""
    server_id: str | None = None


def create(caller: Caller, order: PortOrder) -> Port:
    """Make a port, and plug it into a server when one is named."""
    if order.server_id is not None:
        _check(caller, servers.show(caller, order.server_id), Action.CONNECT)
    port = ports.create(caller, order.network_id, address=order.address, name=order.name)
    if order.server_id is None:
        return port
    try:
        return plug(caller, port, order.server_id)
    except Fault:
        ports.delete(caller, str(port.id))
        raise


def _check(caller: Caller, server: Server, action: Action) -> None:
    settings = conf.of(CycladesSettings)
    hotplug = settings.ganeti_use_hotplug
    check(action, server.standing, admin=caller.is_admin, hotplug=hotplug)
    if action is Action.CONNECT:
        limit = settings.ganeti_max_nics_per_instance
        rules.check_count(Port.objects.filter(server=server).count() + 1, limit)


def plug(caller: Caller, port: Port, server_id: str) -> Port:
    """Record that a free port goes into a server; its cluster hears of it soon."""
    with transaction.atomic("cyclades"):
        server = servers.locked(caller, server_id)
        _check(caller, server, Action.CONNECT)
        port = Port.objects.select_for_update(of=("self",)).get(id=port.id)
        if port.server_id is not None:
            raise Conflict(f"The port {port.id} is in use.", details="PortInUse")
        highest = Port.objects.filter(server=server).aggregate(top=Max("index"))["top"]
        port.index = 0 if highest is None else highest + 1
        port.server, port.device_owner = server, ports.DEVICE_OWNER
        port.state = PortState.BUILD
        port.save()
        for ip in port.addresses.select_related("network"):
            addresses.remember(ip, server.id, "associate", f"associate port {port.id}")
        since = _record(caller, server, Task.CONNECT)
        PLUG.later(server_id=server.id, port_id=port.id, since=since)
    return port


def _record(caller: Caller, server: Server, task: Task) -> str:
    """Mark a locked server as busy; answer since when."""
    moment = clock.now()
    server.action = server.task = task
    server.task_job_id = None
    server.task_since = server.updated = moment
    server.save()
    word = "attach_interface" if task is Task.CONNECT else "detach_interface"
    histories.began(caller, server, word)
    return moment.isoformat()


def delete_port(caller: Caller, port_id: str) -> None:
    """Remove a port: at once when no living server has it, else its server lets go first."""
    port = ports.visible(caller, port_id)
    if port.server is None or port.server.deleted:
        ports.delete(caller, port_id)
        return
    ports.check_removable(caller, port)
    with transaction.atomic("cyclades"):
        server = servers.locked(caller, str(port.server_id))
        _check(caller, server, Action.DISCONNECT)
        if not Port.objects.filter(id=port.id, server=server).exists():
            raise Conflict(f"The port {port_id} was removed meanwhile.")
        since = _record(caller, server, Task.DISCONNECT)
        UNPLUG.later(server_id=server.id, port_id=port.id, since=since)


def carry_plug(server_id: int, port_id: int, since: str) -> None:
    """Take a recorded plugging to the cluster; safe to run twice."""
    server = server_actions.waiting(server_id, Action.CONNECT, since)
    port = Port.objects.select_related("network").filter(id=port_id).first()
    if server is None or port is None:
        return
    try:
        job = _plug(server, port)
    except EngineUnreachable as error:
        raise ServiceUnavailable(str(error)) from error
    except EngineRefused as error:
        unplugged(server_id, port_id, since, str(error))
        return
    server_actions.attach_job(server, job)


def _plug(server: Server, port: Port) -> int:
    if server.cluster is None:
        raise EngineRefused("The server's cluster is no longer known.")
    if networks.ensure_on_cluster(server.cluster, port.network):
        raise Later(1.0)
    engine = clusters.engine_of(server.cluster).compute
    name = names.instance(conf.of(CycladesSettings).backend_prefix_id, server.id)
    return engine.plug(name, ports.nic_of(port), hotplug=_hotplug(server))


def carry_unplug(server_id: int, port_id: int, since: str) -> None:
    """Take a recorded removal to the cluster; safe to run twice."""
    server = server_actions.waiting(server_id, Action.DISCONNECT, since)
    if server is None or server.cluster is None:
        return
    prefix = conf.of(CycladesSettings).backend_prefix_id
    try:
        job = clusters.engine_of(server.cluster).compute.unplug(
            names.instance(prefix, server_id),
            names.nic(prefix, port_id),
            hotplug=_hotplug(server),
        )
    except EngineUnreachable as error:
        raise ServiceUnavailable(str(error)) from error
    except EngineRefused as error:
        server_actions.fail(server_id, since, str(error))
        return
    server_actions.attach_job(server, job)


def _hotplug(server: Server) -> bool:
    return server.state is State.STARTED and conf.of(CycladesSettings).ganeti_use_hotplug


def unplugged(server_id: int, port_id: int, since: str, reason: str) -> None:
    """Give up a plugging that the cluster refuses: the port is free again."""
    server_actions.fail(server_id, since, reason)
    Port.objects.filter(id=port_id, server_id=server_id, state=PortState.BUILD).update(
        server=None, state=PortState.DOWN, device_owner=None, index=None, updated=clock.now()
    )
