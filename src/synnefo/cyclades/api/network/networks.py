"""Networks over HTTP. Spec: network 5.2."""

from synnefo.cyclades.api.network import views
from synnefo.cyclades.api.network.schemas import Action, CreateNetwork, NewNetwork, UpdateNetwork
from synnefo.cyclades.api.network.selection import narrowed, select
from synnefo.cyclades.api.network.views import View
from synnefo.cyclades.domain.networks import ShapeOrder
from synnefo.cyclades.models import Network
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import networks
from synnefo.cyclades.usecases.networks import NetworkOrder
from synnefo.kit import conf
from synnefo.kit.faults import Conflict, OverLimit
from synnefo.serve.http import Call, Reply
from synnefo.serve.http.paging import changes_since


def list_networks(call: Call) -> View | Reply:
    """List the networks that the caller may use."""
    rows = Network.objects.visible_to(call.who).prefetch_related("subnets")
    since = changes_since(call, poll_limit=conf.of(CycladesSettings).poll_limit)
    rows = rows.live() if since is None else rows.filter(updated__gte=since)
    found = [views.of_network(network) for network in rows]
    if since is not None and not found:
        return Reply(status=304)
    return select(call, "networks", found)


def show_network(call: Call, network_id: str) -> View:
    """Show one network."""
    found = networks.visible(call.who, network_id)
    return {"network": narrowed(call, views.of_network(found))}


def create_network(call: Call, body: CreateNetwork) -> View:
    """Create a private network."""
    try:
        made = networks.create(call.who, _order(body.network))
    except OverLimit as fault:
        if isinstance(body.network.type, str):
            raise
        raise Conflict(fault.message, details="OverQuota") from fault
    return {"network": views.of_network(made)}


def _order(asked: NewNetwork) -> NetworkOrder:
    return NetworkOrder(
        name=asked.name,
        description=asked.description,
        shape=ShapeOrder(flavor=asked.type) if isinstance(asked.type, str) else None,
        project=asked.project or asked.project_id or asked.tenant_id,
        shared_to_project=asked.shared_to_project,
    )


def update_network(call: Call, network_id: str, body: UpdateNetwork) -> View:
    """Rename a network."""
    changed = networks.modify(
        call.who, network_id, name=body.network.name, description=body.network.description
    )
    return {"network": views.of_network(changed)}


def delete_network(call: Call, network_id: str) -> None:
    """Delete a network that no port uses."""
    networks.delete(call.who, network_id)


def act_on_network(call: Call, network_id: str, body: Action) -> View:
    """Move a network to another project."""
    changed = networks.reassign(
        call.who,
        network_id,
        project=body.reassign.project,
        shared_to_project=body.reassign.shared_to_project,
    )
    return {"network": views.of_network(changed)}
