"""Firewall profiles of network cards, set through their cluster. Spec: network 12."""

import msgspec

from synnefo.cyclades.domain import names
from synnefo.cyclades.domain.firewall import FirewallProfile, tag_of
from synnefo.cyclades.domain.server_states import Action, Task, check
from synnefo.cyclades.engines.compute import EngineRefused, EngineUnreachable
from synnefo.cyclades.models import Port, Server
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import clusters, histories, servers
from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound, ServiceUnavailable
from synnefo.kit.units import is_number
from synnefo.serve.errands import Errand
from synnefo.serve.http import Caller

SET = Errand("cyclades.set_firewall", give_up_after=600)


def ask(caller: Caller, server_id: str, port_id: str, profile: str) -> Port:
    """Record that a card of a server shall be guarded otherwise; the port shows it once it is.

    BadRequest for an unknown profile or a server that cannot take it, ItemNotFound for a card of
    another server, Conflict while the server is locked or being built.
    """
    if profile not in FirewallProfile.__members__:
        known = ", ".join(FirewallProfile)
        raise BadRequest(f"There is no firewall profile '{profile}'. Choose one of {known}.")
    server = servers.show(caller, server_id, deleted=False)
    if server.locked is not None and not caller.is_admin:
        raise Conflict("The server is locked. Unlock it first.")
    _check(caller, server)
    port = server.ports.filter(id=int(port_id)).first() if is_number(port_id) else None
    if port is None:
        raise ItemNotFound(f"The server has no network card '{port_id}'.")
    SET.later(server_id=server.id, port_id=port.id, profile=profile)
    return port


def _check(caller: Caller, server: Server) -> None:
    """Judge by the server's state alone: this is no task that another one excludes."""
    standing = server.standing
    if standing.task != Task.BUILD:
        standing = msgspec.structs.replace(standing, task=None)
    check(Action.CONNECT, standing, admin=caller.is_admin)


def carry_out(server_id: int, port_id: int, profile: str) -> None:
    """Change the instance's tags; ServiceUnavailable when its cluster does not answer now."""
    server = Server.objects.select_related("cluster").filter(id=server_id, deleted=False).first()
    there = Port.objects.filter(id=port_id, server_id=server_id).exists()
    if server is None or server.cluster is None or not there:
        return
    prefix = conf.of(CycladesSettings).backend_prefix_id
    nic, wanted = names.nic(prefix, port_id), FirewallProfile(profile)
    tag = None if wanted is FirewallProfile.DISABLED else tag_of(wanted, nic)
    try:
        engine = clusters.engine_of(server.cluster).networks
        engine.guard(names.instance(prefix, server_id), nic, tag)
    except EngineUnreachable as error:
        raise ServiceUnavailable(str(error)) from error
    except EngineRefused as error:
        told_off(server_id, f"The firewall of port {port_id} was not changed: {error}")


def told_off(server_id: int, reason: str) -> None:
    """Tell the owner why a card is guarded as before."""
    server = Server.objects.filter(id=server_id).first()
    if server is not None:
        histories.diagnose(server, reason, source="firewall", moment=clock.now())
