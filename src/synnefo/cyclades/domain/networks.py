"""Flavors of networks, and what they become on clusters. Spec: network 3 and 9."""

import re
from enum import StrEnum

import msgspec

from synnefo.kit.faults import BadRequest

NAME_LENGTH = 128
DUMMY_SUBNET = "10.0.0.0/29"
_MAC = re.compile(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")


class NetworkFlavor(StrEnum):
    """How a network is made real on the nodes."""

    CUSTOM = "CUSTOM"
    IP_LESS_ROUTED = "IP_LESS_ROUTED"
    MAC_FILTERED = "MAC_FILTERED"
    PHYSICAL_VLAN = "PHYSICAL_VLAN"


OLD_FLAVORS = {
    "PUBLIC_ROUTED": NetworkFlavor.IP_LESS_ROUTED,
    "PRIVATE_MAC_FILTERED": NetworkFlavor.MAC_FILTERED,
    "PRIVATE_MAC_PREFIX": NetworkFlavor.MAC_FILTERED,
    "PRIVATE_PHYSICAL_VLAN": NetworkFlavor.PHYSICAL_VLAN,
    "CUSTOM_ROUTED": NetworkFlavor.CUSTOM,
    "CUSTOM_BRIDGED": NetworkFlavor.CUSTOM,
}

_TAGS = {
    NetworkFlavor.CUSTOM: "",
    NetworkFlavor.IP_LESS_ROUTED: "ip-less-routed",
    NetworkFlavor.MAC_FILTERED: "private-filtered",
    NetworkFlavor.PHYSICAL_VLAN: "physical-vlan",
}


class FlavorDefaults(msgspec.Struct, frozen=True):
    """What the settings say about flavors."""

    bridge: str = "br0"
    filtered_bridge: str = "prv0"
    mac_prefix: str = "aa:00:0"


class ShapeOrder(msgspec.Struct, frozen=True):
    """A flavor and what an administrator overrides of it."""

    flavor: str
    mode: str | None = None
    link: str | None = None
    mac_prefix: str | None = None
    tags: str | None = None


class NetworkShape(msgspec.Struct, frozen=True):
    """Everything a flavor decides; a null link or prefix comes from a pool or the id."""

    flavor: NetworkFlavor
    mode: str
    link: str | None
    mac_prefix: str | None
    tags: str

    @property
    def needs_bridge(self) -> bool:
        """Tell whether the link is taken from the pool of bridges."""
        return self.flavor is NetworkFlavor.PHYSICAL_VLAN

    @property
    def needs_mac_prefix(self) -> bool:
        """Tell whether the MAC prefix is taken from the pool."""
        return self.flavor is NetworkFlavor.MAC_FILTERED


def read_flavor(text: str) -> NetworkFlavor:
    """Read a flavor by its name of today or of old."""
    if text in OLD_FLAVORS:
        return OLD_FLAVORS[text]
    try:
        return NetworkFlavor(text)
    except ValueError as error:
        known = ", ".join(NetworkFlavor)
        raise BadRequest(f"There is no network type '{text}'. Known types: {known}.") from error


def shape(order: ShapeOrder, defaults: FlavorDefaults) -> NetworkShape:
    """Decide mode, link, MAC prefix and tags of a new network."""
    flavor = read_flavor(order.flavor)
    _check_overrides(flavor, order)
    mode = order.mode or _default_mode(flavor, order.flavor)
    if mode not in {"bridged", "routed"}:
        raise BadRequest("The mode of a network is 'bridged' or 'routed'.")
    return NetworkShape(
        flavor=flavor,
        mode=mode,
        link=order.link or _default_link(flavor, defaults),
        mac_prefix=_prefix(flavor, order, defaults),
        tags=order.tags if order.tags is not None else _TAGS[flavor],
    )


def _check_overrides(flavor: NetworkFlavor, order: ShapeOrder) -> None:
    if flavor is NetworkFlavor.MAC_FILTERED and order.mac_prefix:
        raise BadRequest("The MAC prefix of a MAC_FILTERED network comes from its pool.")
    if flavor is NetworkFlavor.PHYSICAL_VLAN and order.link:
        raise BadRequest("The link of a PHYSICAL_VLAN network comes from the pool of bridges.")


def _default_mode(flavor: NetworkFlavor, asked: str) -> str:
    routed = flavor is NetworkFlavor.IP_LESS_ROUTED or asked == "CUSTOM_ROUTED"
    return "routed" if routed else "bridged"


def _default_link(flavor: NetworkFlavor, defaults: FlavorDefaults) -> str | None:
    links = {
        NetworkFlavor.CUSTOM: defaults.bridge,
        NetworkFlavor.MAC_FILTERED: defaults.filtered_bridge,
    }
    return links.get(flavor)


def _prefix(flavor: NetworkFlavor, order: ShapeOrder, defaults: FlavorDefaults) -> str | None:
    if flavor is NetworkFlavor.MAC_FILTERED:
        return None
    prefix = (order.mac_prefix or defaults.mac_prefix).lower()
    if not _MAC.match(f"{prefix}0:00:00:00"):
        raise BadRequest(f"'{prefix}' is not a MAC prefix. Write five digits such as aa:00:0.")
    return prefix


def check_name(name: str) -> None:
    """Refuse a name that does not fit."""
    if len(name) > NAME_LENGTH:
        raise BadRequest(f"A network name has at most {NAME_LENGTH} characters.")


def mac_prefix_on(prefix: str, cluster_index: int) -> str:
    """Tell the three octets that a network has on one cluster: aa:00:1 and 3 make aa:00:13."""
    return f"{prefix}{cluster_index:x}"


def cluster_tags(tags: str | None, *, any_dhcp: bool, public: bool) -> tuple[str, ...]:
    """List the tags of a network on a cluster. Spec: network 9."""
    own = [tag.strip() for tag in (tags or "").split(",") if tag.strip()]
    dhcp = ["nfdhcpd"] if any_dhcp else []
    return (*own, *dhcp, "public" if public else "private")


def link_name(prefix: str, network_id: int) -> str:
    """Name the routing table of a routed network. Spec: network 3."""
    return f"{prefix}link-{network_id}"
