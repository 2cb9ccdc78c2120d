"""Subnets over HTTP. Spec: network 5.3."""

from synnefo.cyclades.api.network import views
from synnefo.cyclades.api.network.schemas import CreateSubnet, NewSubnet, Route, UpdateSubnet
from synnefo.cyclades.api.network.selection import narrowed, select
from synnefo.cyclades.api.network.views import View
from synnefo.cyclades.domain.subnets import SubnetOrder
from synnefo.cyclades.models import Subnet
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import subnets
from synnefo.kit import conf
from synnefo.serve.http import Call, Reply
from synnefo.serve.http.paging import changes_since


def list_subnets(call: Call) -> View | Reply:
    """List the subnets of the networks that the caller may use."""
    rows = Subnet.objects.visible_to(call.who).prefetch_related("pools")
    since = changes_since(call, poll_limit=conf.of(CycladesSettings).poll_limit)
    rows = rows.live() if since is None else rows.filter(updated__gte=since)
    found = [views.of_subnet(subnet) for subnet in rows]
    if since is not None and not found:
        return Reply(status=304)
    return select(call, "subnets", found)


def show_subnet(call: Call, subnet_id: str) -> View:
    """Show one subnet."""
    found = subnets.visible(call.who, subnet_id)
    return {"subnet": narrowed(call, views.of_subnet(found))}


def create_subnet(call: Call, body: CreateSubnet) -> View:
    """Give a network its addresses."""
    made = subnets.create(call.who, body.subnet.network_id, _order(body.subnet))
    return {"subnet": views.of_subnet(made)}


def _order(asked: NewSubnet) -> SubnetOrder:
    slaac = asked.enable_slaac if isinstance(asked.enable_slaac, bool) else asked.enable_dhcp
    pools = tuple((pool.start, pool.end) for pool in asked.allocation_pools)
    return SubnetOrder(
        cidr=asked.cidr,
        ip_version=asked.ip_version,
        gateway=asked.gateway_ip,
        dhcp=slaac if asked.ip_version == 6 else asked.enable_dhcp,
        name=asked.name,
        pools=pools or None,
        dns_nameservers=tuple(asked.dns_nameservers),
        host_routes=tuple(_route(route) for route in asked.host_routes),
    )


def _route(route: Route | str) -> dict[str, str] | str:
    if isinstance(route, str):
        return route
    return {"destination": route.destination, "nexthop": route.nexthop}


def update_subnet(call: Call, subnet_id: str, body: UpdateSubnet) -> View:
    """Rename a subnet."""
    changed = subnets.rename(
        call.who, subnet_id, name=body.subnet.name, description=body.subnet.description
    )
    return {"subnet": views.of_subnet(changed)}


def delete_subnet(call: Call, subnet_id: str) -> None:
    """Delete a subnet that was never used; later it goes with its network only."""
    subnets.delete(call.who, subnet_id)
