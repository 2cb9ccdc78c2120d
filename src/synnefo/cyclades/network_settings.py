"""Settings of networks."""

import msgspec


class NetworkSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Settings of networks, addresses and ports. Spec: network 15."""

    api_enabled_network_flavors: tuple[str, ...] = ("MAC_FILTERED",)
    """Types of private networks that users may create; the first is the default."""

    max_cidr_block: int = 22
    """Shortest prefix of an IPv4 subnet, that is the largest subnet."""

    default_mac_prefix: str = "aa:00:0"
    """MAC prefix of networks that need none of their own."""

    default_bridge: str = "br0"
    """Bridge of CUSTOM networks."""

    default_mac_filtered_bridge: str = "prv0"
    """Bridge that all MAC_FILTERED networks share."""

    default_firewall_profile: str = "DISABLED"
    """Firewall profile of a port on a public network whose instance has no tag."""

    cyclades_default_server_networks: list[str | list[str]] = []
    """Networks of a server that is asked without any. Spec: network 10."""

    cyclades_forced_server_networks: list[str | list[str]] = []
    """Networks that every server gets first. Spec: network 10."""

    cyclades_public_addresses_for_all: bool = False
    """Let users plug servers into public networks that are no floating pools, without a
    floating IP: the server then gets an address of the network's pool."""

    cyclades_shared_resources_enabled: bool = False
    """Let users share networks and addresses with their project."""

    network_mtu: int = 1500
    """Size of the largest packet on every network, as shown to clients."""
