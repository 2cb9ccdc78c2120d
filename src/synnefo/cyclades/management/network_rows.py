"""Networks and what belongs to them, as commands print them. Spec: network 14."""

from collections.abc import Iterable
from typing import Any

from synnefo.cyclades.models import BridgePool, IPAddress, MacPrefixPool, Network, Port, Subnet
from synnefo.cyclades.usecases import addresses

Row = dict[str, Any]

NETWORK_COLUMNS = (
    "id",
    "name",
    "user.uuid",
    "state",
    "public",
    "subnet.ipv4",
    "gateway.ipv4",
    "link",
    "mac_prefix",
    "drained",
    "floating_ip_pool",
)
NETWORK_FIELDS = (
    "flavor",
    "subnets",
    "mode",
    "vms",
    "backends",
    "created",
    "updated",
    "deleted",
    "subnet.ipv6",
    "gateway.ipv6",
)


def of_network(network: Network) -> Row:
    """Tell everything of a network that lists may show."""
    living = {s.ipversion: s for s in network.subnets.all() if not s.deleted}
    ipv4, ipv6 = living.get(4), living.get(6)
    servers = {p.server_id for p in network.ports.all() if p.server_id is not None}
    return {
        "id": network.id,
        "name": network.name,
        "user.uuid": network.userid,
        "state": network.state,
        "public": network.public,
        "subnet.ipv4": ipv4.cidr if ipv4 else None,
        "gateway.ipv4": ipv4.gateway if ipv4 else None,
        "link": network.link,
        "mac_prefix": network.mac_prefix,
        "drained": network.drained,
        "floating_ip_pool": network.floating_ip_pool,
        "flavor": network.flavor,
        "subnets": ",".join(str(s.id) for s in living.values()),
        "mode": network.mode,
        "vms": ",".join(str(server) for server in sorted(servers)),
        "backends": ",".join(str(row.cluster_id) for row in network.on_clusters.all()),
        "created": network.created,
        "updated": network.updated,
        "deleted": network.deleted,
        "subnet.ipv6": ipv6.cidr if ipv6 else None,
        "gateway.ipv6": ipv6.gateway if ipv6 else None,
    }


def details(network: Network) -> Row:
    """Tell everything of one network."""
    free, size = addresses.counts([network.id]).get(network.id, (0, 0))
    return {
        **of_network(network),
        "project": network.project,
        "shared_to_project": network.shared_to_project,
        "external_router": network.external_router,
        "tags": network.tags,
        "action": network.action,
        "free IPs": free,
        "total IPs": size,
    }


def of_cluster_rows(network: Network) -> list[Row]:
    """Tell how a network stands on each cluster."""
    return [
        {
            "Backend": row.cluster.clustername,
            "State": row.operstate,
            "Deleted": row.deleted,
            "JobID": row.backendjobid,
            "Opcode": row.backendopcode,
            "JobStatus": row.backendjobstatus,
        }
        for row in network.on_clusters.select_related("cluster")
    ]


SUBNET_COLUMNS = (
    "id",
    "network",
    "name",
    "user.uuid",
    "cidr",
    "ipversion",
    "gateway",
    "dhcp",
    "public",
)


def of_subnet(subnet: Subnet) -> Row:
    """Tell everything of a subnet."""
    return {
        "id": subnet.id,
        "network": subnet.network_id,
        "name": subnet.name,
        "user.uuid": subnet.userid,
        "cidr": subnet.cidr,
        "ipversion": subnet.ipversion,
        "gateway": subnet.gateway,
        "dhcp": subnet.dhcp,
        "public": subnet.public,
    }


PORT_COLUMNS = (
    "id",
    "name",
    "user.uuid",
    "mac_address",
    "network",
    "server_id",
    "fixed_ips",
    "state",
)
PORT_FIELDS = ("device_owner", "created", "updated")


def of_port(port: Port) -> Row:
    """Tell everything of a port."""
    return {
        "id": port.id,
        "name": port.name,
        "user.uuid": port.userid,
        "mac_address": port.mac,
        "network": port.network_id,
        "server_id": port.server_id,
        "fixed_ips": ",".join(ip.address for ip in port.addresses.all()),
        "state": port.state,
        "device_owner": port.device_owner,
        "created": port.created,
        "updated": port.updated,
    }


FLOATING_COLUMNS = ("id", "address", "network", "server", "port", "user.uuid", "created")
FLOATING_FIELDS = ("deleted", "project", "shared_to_project", "updated")


def of_floating_ip(ip: IPAddress) -> Row:
    """Tell everything of a floating IP."""
    return {
        "id": ip.id,
        "address": ip.address,
        "network": ip.network_id,
        "server": ip.port.server_id if ip.port is not None else None,
        "port": ip.port_id,
        "user.uuid": ip.userid,
        "created": ip.created,
        "deleted": ip.deleted,
        "project": ip.project,
        "shared_to_project": ip.shared_to_project,
        "updated": ip.updated,
    }


POOL_COLUMNS = ("id", "type", "size", "base", "offset", "available", "reserved")


def of_pools(kind: str, rows: Iterable[BridgePool | MacPrefixPool]) -> list[Row]:
    """Tell how pools stand."""
    found = []
    for row in rows:
        pool = row.read()
        found.append(
            {
                "id": row.id,
                "type": kind,
                "size": row.size,
                "base": row.base,
                "offset": row.offset,
                "available": pool.count_available(),
                "reserved": pool.count_reserved(),
            }
        )
    return found
