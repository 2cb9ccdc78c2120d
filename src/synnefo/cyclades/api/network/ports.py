"""Ports over HTTP. Spec: network 5.4."""

from msgspec import UNSET

from synnefo.cyclades.api.network import views
from synnefo.cyclades.api.network.schemas import CreatePort, FixedIp, UpdatePort
from synnefo.cyclades.api.network.selection import narrowed, select
from synnefo.cyclades.api.network.views import View
from synnefo.cyclades.models import Port
from synnefo.cyclades.usecases import plugs, ports
from synnefo.cyclades.usecases.plugs import PortOrder
from synnefo.kit.faults import BadRequest
from synnefo.kit.units import is_number
from synnefo.serve.http import Call


def list_ports(call: Call) -> View:
    """List the ports that the caller may see."""
    rows = Port.objects.visible_to(call.who).prefetch_related("addresses")
    server = call.arg("device_id")
    if server and is_number(server):
        rows = rows.filter(server_id=int(server))
    return select(call, "ports", [views.of_port(port) for port in rows])


def show_port(call: Call, port_id: str) -> View:
    """Show one port."""
    return {"port": narrowed(call, views.of_port(ports.visible(call.who, port_id)))}


def create_port(call: Call, body: CreatePort) -> View:
    """Make a port, and plug it when a server is named."""
    asked = body.port
    made = plugs.create(
        call.who,
        PortOrder(
            network_id=asked.network_id,
            address=_address(asked.fixed_ips),
            name=asked.name,
            server_id=asked.device_id or None,
        ),
    )
    return {"port": views.of_port(made)}


def _address(wishes: list[FixedIp]) -> str | None:
    if len(wishes) > 1:
        raise BadRequest("A port has one fixed address at most.")
    return wishes[0].ip_address if wishes else None


def update_port(call: Call, port_id: str, body: UpdatePort) -> View:
    """Rename a port."""
    if body.port.device_id is not UNSET:
        raise BadRequest("A port is plugged when it is made, and unplugged by deleting it.")
    changed = ports.rename(
        call.who, port_id, name=body.port.name, description=body.port.description
    )
    return {"port": views.of_port(changed)}


def delete_port(call: Call, port_id: str) -> None:
    """Delete a port: at once when no server has it, else once its server let go of it."""
    plugs.delete_port(call.who, port_id)
