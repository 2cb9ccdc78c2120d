"""What our things are called on a cluster, and which of its names are ours.

Spec: compute 2.11. `prefix` is BACKEND_PREFIX_ID, such as `snf-`.
"""


def instance(prefix: str, server_id: int) -> str:
    """Name a server's instance."""
    return f"{prefix}{server_id}"


def network(prefix: str, network_id: int) -> str:
    """Name a network on its clusters."""
    return f"{prefix}net-{network_id}"


def nic(prefix: str, port_id: int) -> str:
    """Name a port's network card."""
    return f"{prefix}nic-{port_id}"


def volume(prefix: str, volume_id: int) -> str:
    """Name a volume's disk."""
    return f"{prefix}vol-{volume_id}"


def server_of(prefix: str, name: str) -> int | None:
    """Read a server's id from an instance name; None when the instance is not ours."""
    return _id_after(prefix, name)


def network_of(prefix: str, name: str) -> int | None:
    """Read a network's id from its name on a cluster."""
    return _id_after(f"{prefix}net-", name)


def nic_of(prefix: str, name: str) -> int | None:
    """Read a port's id from a network card's name."""
    return _id_after(f"{prefix}nic-", name)


def volume_of(prefix: str, name: str) -> int | None:
    """Read a volume's id from a disk's name."""
    return _id_after(f"{prefix}vol-", name)


def routing_prefix(prefix: str) -> str:
    """Answer the part of the prefix that routing keys and queues carry."""
    return prefix.split("-", 1)[0]


def _id_after(start: str, name: str) -> int | None:
    rest = name.removeprefix(start) if name.startswith(start) else ""
    return int(rest) if rest.isascii() and rest.isdigit() else None
