"""What clients send to the network API; what is not named here is accepted and ignored."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

Name = Annotated[str, Meta(max_length=128)]


class NewNetwork(msgspec.Struct):
    """A network to be made; `type` is of the older dialect."""

    name: Name = ""
    type: str | UnsetType = UNSET
    description: str = ""
    project: str | None = None
    project_id: str | None = None
    tenant_id: str | None = None
    shared_to_project: bool = False


class CreateNetwork(msgspec.Struct):
    """The body of POST /networks."""

    network: NewNetwork


class Renamed(msgspec.Struct):
    """What can be changed of anything here."""

    name: Name | None = None
    description: str | None = None


class UpdateNetwork(msgspec.Struct):
    """The body of PUT /networks/ID."""

    network: Renamed


class Reassign(msgspec.Struct):
    """Where a thing is to be charged from now on."""

    project: str
    shared_to_project: bool = False


class Action(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /networks/ID/action and /floatingips/ID/action."""

    reassign: Reassign


class Range(msgspec.Struct):
    """An allocation pool."""

    start: str
    end: str


class Route(msgspec.Struct):
    """A host route."""

    destination: str
    nexthop: str


class NewSubnet(msgspec.Struct):
    """A subnet to be made."""

    network_id: str
    cidr: str
    name: Name = ""
    ip_version: int = 4
    gateway_ip: str | UnsetType | None = UNSET
    enable_dhcp: bool = True
    enable_slaac: bool | UnsetType = UNSET
    allocation_pools: list[Range] = []
    dns_nameservers: list[str] = []
    host_routes: list[Route | str] = []
    description: str = ""


class CreateSubnet(msgspec.Struct):
    """The body of POST /subnets."""

    subnet: NewSubnet


class SubnetChange(msgspec.Struct, forbid_unknown_fields=True):
    """The name is all that changes of a subnet."""

    name: Name | None = None
    description: str | None = None


class UpdateSubnet(msgspec.Struct):
    """The body of PUT /subnets/ID."""

    subnet: SubnetChange


class FixedIp(msgspec.Struct):
    """An address that is wished for."""

    ip_address: str | None = None
    subnet_id: str | None = None


class NewPort(msgspec.Struct):
    """A port to be made."""

    network_id: str
    name: Name = ""
    device_id: str | None = None
    fixed_ips: list[FixedIp] = []
    description: str = ""


class CreatePort(msgspec.Struct):
    """The body of POST /ports."""

    port: NewPort


class PortChange(msgspec.Struct):
    """What can be changed of a port."""

    name: Name | None = None
    description: str | None = None
    device_id: str | UnsetType | None = UNSET


class UpdatePort(msgspec.Struct):
    """The body of PUT /ports/ID."""

    port: PortChange


class NewFloatingIp(msgspec.Struct):
    """A floating IP to be reserved."""

    floating_network_id: str | None = None
    floating_ip_address: str | None = None
    project: str | None = None
    shared_to_project: bool = False
    description: str = ""


class CreateFloatingIp(msgspec.Struct):
    """The body of POST /floatingips."""

    floatingip: NewFloatingIp
