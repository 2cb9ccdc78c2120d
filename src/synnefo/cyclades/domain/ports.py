"""Ports: what a server asks for, what it gets, and what its cluster reports.

Spec: network 4.3, 10 and 11.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from synnefo.kit.faults import BadRequest

ANY_PUBLIC = "SNF:ANY_PUBLIC"
ANY_PUBLIC_IPV4 = "SNF:ANY_PUBLIC_IPV4"
ANY_PUBLIC_IPV6 = "SNF:ANY_PUBLIC_IPV6"
STALE_AFTER = timedelta(seconds=60)


class PortState(StrEnum):
    """Where a port is in its life."""

    ACTIVE = "ACTIVE"
    BUILD = "BUILD"
    DOWN = "DOWN"
    ERROR = "ERROR"


class Source(StrEnum):
    """Where the IPv4 address of a new port comes from."""

    NONE = "none"
    POOL = "pool"
    FLOATING = "floating"
    EXISTING = "existing port"


class RequestedNetwork(msgspec.Struct, frozen=True):
    """One item of the networks that a server is asked with: a network or a port."""

    uuid: str | None = None
    port: str | None = None
    fixed_ip: str | msgspec.UnsetType | None = msgspec.UNSET


class PortPlan(msgspec.Struct, frozen=True):
    """One port that a new server will have."""

    network_id: int
    source: Source
    address: str | None = None
    port_id: int | None = None
    floating_ip_id: int | None = None
    others: tuple[int, ...] = ()
    """Networks to try when the first has no address left."""
    forced: bool = False


class AddressFacts(msgspec.Struct, frozen=True):
    """An address of a port."""

    address: str
    version: int
    floating: bool


class Attachment(msgspec.Struct, frozen=True):
    """A port of a server with its network and addresses, for lists of servers."""

    port_id: int
    network_id: int
    network_name: str
    public: bool
    index: int | None
    mac: str | None
    state: str
    firewall: str | None
    ssh_port: int | None = None
    addresses: tuple[AddressFacts, ...] = ()


def forwarding(attachments: Iterable[Attachment]) -> dict[str, dict[str, str]]:
    """Tell which ports of the node lead into a guest. Spec: compute 4.2."""
    found = next((one.ssh_port for one in attachments if one.ssh_port), None)
    return {"22": {"host": "127.0.0.1", "port": str(found)}} if found else {}


def check_request(item: RequestedNetwork) -> None:
    """Refuse an item that names neither a network nor a port, or a null address."""
    if item.fixed_ip is None:
        raise BadRequest("The fixed address of a network cannot be null. Leave it out instead.")
    if bool(item.uuid) == bool(item.port):
        raise BadRequest('Each network of a server is either {"uuid": …} or {"port": …}.')


def check_count(count: int, limit: int) -> None:
    """Refuse more ports than a server may carry."""
    if count > limit:
        raise BadRequest(f"A server can have at most {limit} network connections.")


def alternatives(member: object) -> tuple[str, ...]:
    """Read a member of a networks setting: one network, or several of which one must work."""
    if isinstance(member, list | tuple):
        return tuple(str(item) for item in member)
    return (str(member),)


def versions(choice: str) -> Sequence[int]:
    """Tell which IP versions an "any public" choice accepts, best first."""
    return {ANY_PUBLIC: (4, 6), ANY_PUBLIC_IPV4: (4,), ANY_PUBLIC_IPV6: (6,)}.get(choice, ())


def is_stale(state: PortState, age: timedelta, *, connecting: bool) -> bool:
    """Tell whether a port that its cluster does not list is gone for good. Spec: network 11."""
    if state is PortState.ACTIVE:
        return True
    return age > STALE_AFTER and not connecting


def age_of(created: datetime, moment: datetime) -> timedelta:
    """Tell how long ago a port was made."""
    return moment - created
