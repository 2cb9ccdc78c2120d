"""Networks: created and deleted in the database at once, made real on clusters later.

Spec: network 5.2 and 6.
"""

import msgspec
from django.db import transaction

from synnefo.cyclades.domain import network_costs
from synnefo.cyclades.domain import networks as rules
from synnefo.cyclades.domain.network_states import NetworkAction, NetworkState
from synnefo.cyclades.domain.networks import FlavorDefaults, NetworkShape, ShapeOrder
from synnefo.cyclades.models import IPPool, Network
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import addresses, commissions, pools
from synnefo.cyclades.usecases.cluster_networks import REMOVE, ensure_on_cluster
from synnefo.cyclades.usecases.port_plans import find_network
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, ItemNotFound
from synnefo.serve.errands import Errand
from synnefo.serve.http import Caller

__all__ = [
    "NetworkOrder",
    "create",
    "delete",
    "drain",
    "ensure_on_cluster",
    "finish_deletion",
    "modify",
    "open_pool",
    "reassign",
    "release_quota",
    "visible",
]

RELEASE_QUOTA = Errand("cyclades.release_network_quota")


class NetworkOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A network as it was asked for; all but the first four are for operators."""

    name: str = ""
    description: str = ""
    shape: ShapeOrder | None = None
    shared_to_project: bool = False
    userid: str | None = None
    project: str | None = None
    public: bool = False
    floating_ip_pool: bool = False
    drained: bool = False


def visible(caller: Caller, network_id: str) -> Network:
    """Find a living network that the caller may see; ItemNotFound else."""
    return find_network(caller, network_id)


def create(caller: Caller, order: NetworkOrder) -> Network:
    """Record a network, charged when private; no cluster is spoken to here."""
    _check(caller, order)
    shape = _shape(caller, order)
    owner = order.userid if caller.is_admin else caller.user_id
    project = order.project or caller.project_id or owner or ""
    charge = network_costs.of_network(public=order.public) if owner else {}
    wanted = commissions.provisions(owner or "", project, charge) if charge else []
    with (
        commissions.reserve(wanted, f"client: api, resource: network {order.name}") as serial,
        transaction.atomic("cyclades"),
    ):
        network = _record(order, shape, owner, project)
        if serial is not None:
            commissions.ledger().accept(serial)
            network.serial_id, network.charged = serial, True
            network.save()
    return network


def _check(caller: Caller, order: NetworkOrder) -> None:
    rules.check_name(order.name)
    if not caller.is_admin and (order.public or order.floating_ip_pool):
        raise Forbidden("Only operators may create public networks.")
    if order.shared_to_project and not conf.of(NetworkSettings).cyclades_shared_resources_enabled:
        raise Forbidden("Sharing with a project is switched off here.")
    if order.public and order.userid:
        raise BadRequest("A public network has no owner.")


def _shape(caller: Caller, order: NetworkOrder) -> NetworkShape:
    settings = conf.of(NetworkSettings)
    asked = order.shape or ShapeOrder(flavor=settings.api_enabled_network_flavors[0])
    shape = rules.shape(
        asked,
        FlavorDefaults(
            bridge=settings.default_bridge,
            filtered_bridge=settings.default_mac_filtered_bridge,
            mac_prefix=settings.default_mac_prefix,
        ),
    )
    if not caller.is_admin and shape.flavor not in settings.api_enabled_network_flavors:
        raise Forbidden(f"Networks of the type {shape.flavor} can be created by operators only.")
    return shape


def _record(order: NetworkOrder, shape: NetworkShape, owner: str | None, project: str) -> Network:
    link = pools.take_bridge() if shape.needs_bridge else shape.link
    prefix = pools.take_mac_prefix() if shape.needs_mac_prefix else shape.mac_prefix
    network = Network.objects.create(
        name=order.name,
        description=order.description[:255],
        userid=None if order.public else owner,
        project=None if order.public else project,
        shared_to_project=order.shared_to_project,
        flavor=shape.flavor,
        mode=shape.mode,
        link=link,
        mac_prefix=prefix or "",
        tags=shape.tags or None,
        public=order.public,
        state=NetworkState.ACTIVE,
        action=NetworkAction.CREATE,
        drained=order.drained,
        floating_ip_pool=order.floating_ip_pool,
        external_router=order.public,
    )
    if network.link is None:
        network.link = rules.link_name(conf.of(CycladesSettings).backend_prefix_id, network.id)
        network.save(update_fields=["link"])
    else:
        _check_link_unique(network)
    return network


def _check_link_unique(network: Network) -> None:
    """Refuse a routing table that another routed network uses. Spec: network 3, 18.12."""
    if network.flavor != rules.NetworkFlavor.IP_LESS_ROUTED:
        return
    same = Network.objects.live().filter(link=network.link, mode=network.mode)
    if same.exclude(id=network.id).exists():
        raise BadRequest(f"Another network uses the link {network.link}.")


def modify(
    caller: Caller, network_id: str, *, name: str | None = None, description: str | None = None
) -> Network:
    """Rename a network or describe it anew. Spec: network 5.2."""
    with transaction.atomic("cyclades"):
        network = _mine(caller, network_id)
        if name is not None:
            rules.check_name(name)
            network.name = name
        if description is not None:
            network.description = description[:255]
        network.save(update_fields=["name", "description", "updated"])
    return network


def _mine(caller: Caller, network_id: str) -> Network:
    """Lock a network that the caller may change."""
    network = addresses.lock_network(visible(caller, network_id).id)
    if network.deleted:
        raise ItemNotFound(f"There is no network '{network_id}'.", details="NetworkNotFound")
    if network.public and not caller.is_admin:
        raise Forbidden("Only operators may change a public network.")
    return network


def drain(network_id: int, *, drained: bool) -> Network:
    """Stop or go on giving out addresses of a public network. Spec: network 6."""
    with transaction.atomic("cyclades"):
        network = addresses.lock_network(network_id)
        if not network.public:
            raise BadRequest("Only public networks can be drained.")
        if network.drained is drained:
            raise BadRequest(f"The network is {'drained' if drained else 'not drained'} already.")
        network.drained = drained
        network.save(update_fields=["drained", "updated"])
    return network


def open_pool(network_id: int, *, is_open: bool) -> Network:
    """Let users reserve floating IPs of a public network, or no longer. Spec: network 14."""
    with transaction.atomic("cyclades"):
        network = addresses.lock_network(network_id)
        if not network.public:
            raise BadRequest("Floating IPs come from public networks.")
        if not is_open and network.addresses.filter(floating_ip=True, deleted=False).exists():
            raise Conflict("Floating IPs of the network are reserved. Release them first.")
        network.floating_ip_pool = is_open
        network.save(update_fields=["floating_ip_pool", "updated"])
    return network


def delete(caller: Caller, network_id: str) -> None:
    """Delete a network that nothing uses: at once, or once its clusters have let go."""
    network = visible(caller, network_id)
    immediate = not network.on_clusters.exists()
    charge = network_costs.of_deleted_network(public=network.public) if network.charged else {}
    wanted = (
        commissions.provisions(network.userid or "", network.project or "", charge)
        if immediate and charge
        else []
    )
    with (
        commissions.reserve(wanted, f"delete network {network.id}", force=True) as serial,
        transaction.atomic("cyclades"),
    ):
        before, network = network.project, _mine(caller, network_id)
        if network.project != before:
            raise Conflict("The network was moved in this moment. Look, and try again.")
        _check_unused(network)
        network.action = NetworkAction.DESTROY
        network.drained = network.drained or network.public
        if serial is not None and network.charged:
            commissions.ledger().accept(serial)
            network.charged = False
        network.save()
        if network.on_clusters.exists():
            REMOVE.later(network_id=network.id)
        else:
            finish_deletion(network)


def _check_unused(network: Network) -> None:
    if network.ports.exists():
        raise Conflict(
            f"The network '{network.name}' has ports. Delete their servers or the ports first.",
            details="NetworkInUse",
        )
    if network.addresses.filter(floating_ip=True, deleted=False).exists():
        raise Conflict(
            f"Floating IPs of the network '{network.name}' are reserved. Release them first.",
            details="NetworkInUse",
        )


def finish_deletion(network: Network) -> None:
    """Let go of all that a locked network held; nothing of it is on a cluster any more.

    Spec: network 4.1.
    """
    if network.addresses.filter(floating_ip=True, deleted=False).exists():
        raise Conflict(f"Floating IPs of the network {network.id} are still reserved.")
    if network.flavor == rules.NetworkFlavor.PHYSICAL_VLAN and network.link:
        pools.put_bridge(network.link)
    if network.flavor == rules.NetworkFlavor.MAC_FILTERED:
        pools.put_mac_prefix(network.mac_prefix)
    IPPool.objects.filter(subnet__network=network).delete()
    network.subnets.update(deleted=True)
    network.on_clusters.all().delete()
    network.deleted, network.drained, network.state = True, False, NetworkState.DELETED
    network.save()
    if network.charged:
        RELEASE_QUOTA.later(network_id=network.id)


def release_quota(network_id: int) -> None:
    """Give back the quota of a deleted network, once however often this is run."""
    network = Network.objects.get(id=network_id)
    if not network.charged:
        return
    charge = network_costs.of_deleted_network(public=network.public)
    wanted = commissions.provisions(network.userid or "", network.project or "", charge)
    with (
        commissions.reserve(wanted, f"delete network {network_id}", force=True) as serial,
        transaction.atomic("cyclades"),
    ):
        changed = Network.objects.filter(id=network_id, charged=True).update(charged=False)
        if serial is not None and changed:
            commissions.ledger().accept(serial)
        elif serial is not None:
            commissions.ledger().reject(serial)


def reassign(caller: Caller, network_id: str, *, project: str, shared_to_project: bool) -> Network:
    """Move a network to another project's quota, or share it. Spec: network 5.2, compute 14.3."""
    network = visible(caller, network_id)
    _check_reassign(caller, network, shared_to_project)
    before = network.project
    wanted = []
    if network.charged and project != network.project:
        charge = network_costs.of_network(public=False)
        owner = network.userid or ""
        wanted = [
            *commissions.provisions(owner, network.project or "", charge, times=-1),
            *commissions.provisions(owner, project, charge),
        ]
    with (
        commissions.reserve(wanted, f"reassign network {network.id}") as serial,
        transaction.atomic("cyclades"),
    ):
        network = addresses.lock_network(network.id)
        if network.deleted or network.project != before:
            raise Conflict("The network was moved or deleted in this moment. Look, and try again.")
        network.project, network.shared_to_project = project, shared_to_project
        network.save(update_fields=["project", "shared_to_project", "updated"])
        if serial is not None:
            commissions.ledger().accept(serial)
    return network


def _check_reassign(caller: Caller, network: Network, shared: bool) -> None:
    if network.public:
        raise Forbidden("A public network belongs to no project.")
    if network.userid != caller.user_id and not caller.is_admin:
        raise Forbidden("Only its owner may move a network to another project.")
    if shared and not conf.of(NetworkSettings).cyclades_shared_resources_enabled:
        raise Forbidden("Sharing with a project is switched off here.")
