"""Rows as clients see them. Spec: network 5, openstack-api 9.3."""

from collections.abc import Iterable
from uuid import NAMESPACE_URL, uuid5

from synnefo.cyclades.domain import addressing
from synnefo.cyclades.models import IPAddress, Network, Port, Subnet
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import clock, conf

View = dict[str, object]


def of_network(network: Network) -> View:
    """Show a network; its subnets are fetched beforehand."""
    subnets = [str(s.id) for s in network.subnets.all() if not s.deleted or network.deleted]
    return {
        "id": str(network.id),
        "name": network.name,
        "status": network.status,
        "type": network.flavor,
        "user_id": network.userid,
        **_project(network.project),
        "shared_to_project": network.shared_to_project,
        "public": network.public,
        "shared": network.public,
        "router:external": network.external_router,
        "is_default": network.public,
        "admin_state_up": True,
        "subnets": subnets,
        "SNF:floating_ip_pool": network.floating_ip_pool,
        "deleted": network.deleted,
        "mtu": conf.of(NetworkSettings).network_mtu,
        "port_security_enabled": False,
        "availability_zones": ["nova"],
        "availability_zone_hints": [],
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
        "qos_policy_id": None,
        **_standard(network),
        "links": _links("networks", network.id),
    }


def of_subnet(subnet: Subnet) -> View:
    """Show a subnet; its pools are fetched beforehand."""
    view: View = {
        "id": str(subnet.id),
        "name": subnet.name,
        "network_id": str(subnet.network_id),
        "user_id": subnet.userid,
        **_project(subnet.userid),
        "public": subnet.public,
        "ip_version": subnet.ipversion,
        "cidr": subnet.cidr,
        "gateway_ip": subnet.gateway,
        "enable_dhcp": subnet.dhcp,
        "dns_nameservers": subnet.dns_nameservers,
        "host_routes": subnet.host_routes,
        "allocation_pools": [
            {
                "start": addressing.address_at(pool.base, pool.offset, 0),
                "end": addressing.address_at(pool.base, pool.offset, pool.size - 1),
            }
            for pool in subnet.pools.all()
        ],
        "deleted": subnet.deleted,
        "ipv6_ra_mode": None,
        "ipv6_address_mode": None,
        "subnetpool_id": None,
        "segment_id": None,
        "service_types": [],
        **_standard(subnet),
        "links": _links("subnets", subnet.id),
    }
    if subnet.ipversion == 6:
        mode = "slaac" if subnet.dhcp else None
        view |= {"enable_slaac": subnet.dhcp, "ipv6_ra_mode": mode, "ipv6_address_mode": mode}
    return view


def of_port(port: Port) -> View:
    """Show a port; its addresses are fetched beforehand."""
    return {
        "id": str(port.id),
        "name": port.name or "",
        "status": port.state,
        "network_id": str(port.network_id),
        "device_id": "" if port.server_id is None else str(port.server_id),
        "device_owner": port.device_owner or "",
        "mac_address": port.mac,
        "fixed_ips": [
            {
                "ip_address": ip.address,
                "subnet": str(ip.subnet_id),
                "subnet_id": str(ip.subnet_id),
            }
            for ip in port.addresses.all()
        ],
        "user_id": port.userid,
        **_project(port.userid),
        "admin_state_up": True,
        "security_groups": [],
        "allowed_address_pairs": [],
        "extra_dhcp_opts": [],
        "port_security_enabled": False,
        "binding:vnic_type": "normal",
        "dns_name": "",
        "dns_assignment": [],
        "qos_policy_id": None,
        "propagate_uplink_status": False,
        **_standard(port),
        "links": _links("ports", port.id),
    }


def of_floating_ip(ip: IPAddress) -> View:
    """Show a floating IP; its port is fetched beforehand."""
    port = ip.port
    attached = port is not None and port.server_id is not None
    return {
        "id": str(ip.id),
        "floating_network_id": str(ip.network_id),
        "floating_ip_address": ip.address,
        "fixed_ip_address": None,
        "port_id": None if port is None else str(port.id),
        "instance_id": str(port.server_id) if port is not None and attached else None,
        "router_id": None,
        "status": "ACTIVE" if attached else "DOWN",
        "port_details": None if port is None else _port_details(port),
        "port_forwardings": [],
        "user_id": ip.userid,
        **_project(ip.project),
        "shared_to_project": ip.shared_to_project,
        "deleted": ip.deleted,
        "dns_name": "",
        "dns_domain": "",
        "qos_policy_id": None,
        **_standard(ip),
    }


def _port_details(port: Port) -> View:
    return {
        "name": port.name or "",
        "network_id": str(port.network_id),
        "mac_address": port.mac,
        "admin_state_up": True,
        "status": port.state,
        "device_id": "" if port.server_id is None else str(port.server_id),
        "device_owner": port.device_owner or "",
    }


def _project(project: str | None) -> View:
    return {"tenant_id": project or "", "project_id": project or ""}


def _standard(row: Network | Subnet | Port | IPAddress) -> View:
    return {
        "description": row.description,
        "tags": [],
        "revision_number": 1,
        "created": row.created.isoformat(timespec="microseconds"),
        "updated": row.updated.isoformat(timespec="microseconds"),
        "created_at": clock.stamp(row.created),
        "updated_at": clock.stamp(row.updated),
    }


def _links(kind: str, item: int) -> list[dict[str, str]]:
    base = conf.of(CycladesSettings).cyclades_base_url.rstrip("/")
    href = f"{base}/network/v2.0/{kind}/{item}"
    return [{"rel": "self", "href": href}, {"rel": "bookmark", "href": href}]


def default_group_id(project: str) -> str:
    """Name the one security group that every project has."""
    return str(uuid5(NAMESPACE_URL, f"synnefo:security-group:{project}"))


def default_group(project: str) -> View:
    """Show the security group of a project: nothing is filtered outside of the guests."""
    group = default_group_id(project)
    return {
        "id": group,
        "name": "default",
        "description": "All traffic is let through; filter it inside of your servers.",
        "stateful": True,
        "shared": False,
        **_project(project),
        "tags": [],
        "revision_number": 1,
        "security_group_rules": default_rules(project),
    }


def default_rules(project: str) -> list[View]:
    """Show the rules of a project's security group."""
    group = default_group_id(project)
    return [
        _rule(group, project, direction, version)
        for direction in ("egress", "ingress")
        for version in ("IPv4", "IPv6")
    ]


def _rule(group: str, project: str, direction: str, version: str) -> View:
    return {
        "id": str(uuid5(NAMESPACE_URL, f"{group}:{direction}:{version}")),
        "security_group_id": group,
        "direction": direction,
        "ethertype": version,
        **_project(project),
        **dict.fromkeys(
            (
                "protocol",
                "port_range_min",
                "port_range_max",
                "remote_ip_prefix",
                "remote_group_id",
                "remote_address_group_id",
                "normalized_cidr",
            )
        ),
        "description": "",
        "tags": [],
        "revision_number": 1,
    }


def all_of(kind: str, views: Iterable[View]) -> View:
    """Wrap a list."""
    return {kind: list(views)}
