"""What clients of Neutron ask for around networks. Spec: openstack-api 2.2, 9.1, 9.2."""

from synnefo.cyclades.api.network import views
from synnefo.cyclades.api.network.selection import select
from synnefo.cyclades.api.network.views import View
from synnefo.cyclades.domain.network_costs import FLOATING_IP, PRIVATE_NETWORK
from synnefo.cyclades.models import Network
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import addresses, allowances
from synnefo.kit import conf
from synnefo.kit.faults import Forbidden, ItemNotFound, NotImplementedHere
from synnefo.serve.http import Call

_UPDATED = "2026-01-01T00:00:00-00:00"
EXTENSIONS = {
    "availability_zone": "Availability zones",
    "external-net": "External networks",
    "fip-port-details": "Ports of floating IPs",
    "net-mtu": "MTU of networks",
    "network-ip-availability": "Free addresses of networks",
    "pagination": "Pages of lists",
    "project-id": "Projects of things",
    "quota_details": "Usage of quotas",
    "quotas": "Quotas",
    "security-group": "Security groups",
    "sorting": "Order of lists",
    "standard-attr-description": "Descriptions of things",
    "standard-attr-timestamp": "Times of things",
}
_COLLECTIONS = ("network", "subnet", "port", "floatingip")


def show_versions(_call: Call) -> View:
    """List the versions of this API."""
    return {
        "versions": [
            {
                "id": "v2.0",
                "status": "CURRENT",
                "links": [{"rel": "self", "href": f"{_base()}/v2.0/"}],
            }
        ]
    }


def show_resources(_call: Call) -> View:
    """List what this API holds."""
    return {
        "resources": [
            {
                "name": name,
                "collection": f"{name}s",
                "links": [{"rel": "self", "href": f"{_base()}/v2.0/{name}s"}],
            }
            for name in _COLLECTIONS
        ]
    }


def _base() -> str:
    return f"{conf.of(CycladesSettings).cyclades_base_url.rstrip('/')}/network"


def list_extensions(_call: Call) -> View:
    """List what this API can do beyond its core."""
    return {"extensions": [_extension(alias) for alias in EXTENSIONS]}


def show_extension(_call: Call, alias: str) -> View:
    """Show one extension."""
    if alias not in EXTENSIONS:
        raise ItemNotFound(f"There is no extension '{alias}'.", details="ExtensionNotFound")
    return {"extension": _extension(alias)}


def _extension(alias: str) -> View:
    told = EXTENSIONS[alias]
    return {
        "alias": alias,
        "name": told,
        "description": told,
        "updated": _UPDATED,
        "links": [],
    }


def list_security_groups(call: Call) -> View:
    """List the caller's one security group."""
    return select(call, "security_groups", [views.default_group(call.who.project_id)])


def show_security_group(call: Call, group_id: str) -> View:
    """Show the caller's security group."""
    if group_id != views.default_group_id(call.who.project_id):
        raise ItemNotFound(
            f"There is no security group '{group_id}'.", details="SecurityGroupNotFound"
        )
    return {"security_group": views.default_group(call.who.project_id)}


def list_rules(call: Call) -> View:
    """List the rules of the caller's security group."""
    return select(call, "security_group_rules", views.default_rules(call.who.project_id))


def show_rule(call: Call, rule_id: str) -> View:
    """Show one rule."""
    for rule in views.default_rules(call.who.project_id):
        if rule["id"] == rule_id:
            return {"security_group_rule": rule}
    raise ItemNotFound(f"There is no rule '{rule_id}'.", details="SecurityGroupRuleNotFound")


def refuse_groups(_call: Call) -> None:
    """Refuse to change security groups: nothing is filtered outside of the guests."""
    raise NotImplementedHere(
        "Security groups cannot be changed here. Filter traffic inside of your servers."
    )


def list_routers(_call: Call) -> View:
    """List no routers: public addresses are put directly on servers."""
    return {"routers": []}


def show_router(_call: Call, router_id: str) -> None:
    """Find no router."""
    raise ItemNotFound(f"There is no router '{router_id}'.", details="RouterNotFound")


def refuse_routers(_call: Call) -> None:
    """Refuse to make routers."""
    raise NotImplementedHere(
        "There are no routers here. Plug the server into a public network instead."
    )


def list_zones(_call: Call) -> View:
    """List the one availability zone."""
    return {"availability_zones": [{"name": "nova", "resource": "network", "state": "available"}]}


def list_nothing(call: Call) -> View:
    """List nothing: clients ask, and there is none of it here."""
    return {call.path.rstrip("/").rpartition("/")[2].replace("-", "_"): []}


def list_availability(call: Call) -> View:
    """List how many addresses each network has left."""
    rows = Network.objects.visible_to(call.who).live()
    return {"network_ip_availabilities": [_availability(network) for network in rows]}


def show_availability(call: Call, network_id: str) -> View:
    """Show how many addresses a network has left."""
    for network in Network.objects.visible_to(call.who).live():
        if str(network.id) == network_id:
            return {"network_ip_availability": _availability(network)}
    raise ItemNotFound(f"There is no network '{network_id}'.", details="NetworkNotFound")


def _availability(network: Network) -> View:
    free, size = addresses.counts([network.id]).get(network.id, (0, 0))
    return {
        "network_id": str(network.id),
        "network_name": network.name,
        "tenant_id": network.project or "",
        "project_id": network.project or "",
        "total_ips": size,
        "used_ips": size - free,
        "subnet_ip_availability": [],
    }


_UNLIMITED = ("subnet", "port", "router", "security_group", "security_group_rule")
_NONE = ("subnetpool", "rbac_policy")


def show_quotas(call: Call, project_id: str) -> View:
    """Show the limits of a project."""
    details = _details(call, project_id)
    return {"quota": {name: one["limit"] for name, one in details.items()}}


def show_quota_details(call: Call, project_id: str) -> View:
    """Show the limits of a project and what is used of them."""
    return {"quota": _details(call, project_id)}


def refuse_quotas(call: Call, project_id: str) -> None:
    """Refuse: quota is the identity service's business."""
    raise Forbidden(
        f"The quota of {project_id or call.who.project_id} is changed with snf-manage or by"
        " applying for a project."
    )


def _details(call: Call, project_id: str) -> dict[str, dict[str, int]]:
    if project_id != call.who.project_id and not call.who.is_admin:
        raise Forbidden("The quota of another project is not shown.")
    held = allowances.of_caller(call.who, project_id)
    network = held.get(PRIVATE_NETWORK, (-1, 0))
    floating = held.get(FLOATING_IP, (-1, 0))
    told = {"network": network, "floatingip": floating}
    told |= dict.fromkeys((*_UNLIMITED, *_NONE), (-1, 0))
    return {
        name: {"limit": limit, "used": used, "reserved": 0} for name, (limit, used) in told.items()
    }
