"""A guest's network card, as Ganeti's environment describes it. Spec: images-and-nodes 3.2."""

import ipaddress
import re
from collections.abc import Mapping

import msgspec

_TAP = re.compile(r"^[A-Za-z0-9_.:-]{1,15}$")
_MAC = re.compile(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")


class CardError(Exception):
    """The environment describes no card that could be wired."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One card, and the network that it is plugged into."""

    tap: str
    mac: str
    mode: str = "bridged"
    link: str = ""
    ip: str = ""
    instance: str = ""
    index: str = ""
    name: str = ""
    uuid: str = ""
    tags: tuple[str, ...] = ()
    """Tags of the instance."""
    network: str = ""
    subnet: str = ""
    gateway: str = ""
    subnet6: str = ""
    gateway6: str = ""
    mac_prefix: str = ""
    network_tags: tuple[str, ...] = ()

    @property
    def is_routed(self) -> bool:
        """Tell whether packets of the card are routed by its node."""
        return self.mode == "routed"

    @property
    def indev(self) -> str:
        """Name the device on which the node meets the guest's packets."""
        return self.tap if self.is_routed else self.link

    @property
    def eui64(self) -> str:
        """Derive the IPv6 address from MAC and network; empty without one."""
        if not self.subnet6:
            return ""
        network = ipaddress.IPv6Network(self.subnet6, strict=False)
        raw = bytearray(bytes.fromhex(self.mac.replace(":", "")))
        raw[0] ^= 2
        tail = bytes(raw[:3]) + b"\xff\xfe" + bytes(raw[3:])
        return str(network.network_address + int.from_bytes(tail, "big"))

    @property
    def known_as(self) -> frozenset[str]:
        """List the words by which tags of the instance may mean this card."""
        return frozenset(word for word in (self.index, self.name, self.uuid) if word)


def from_environment(values: Mapping[str, str], tap: str = "") -> Card:
    """Read the variables that Ganeti gives to the interface scripts; CardError when they lack."""
    card = Card(
        tap=tap or values.get("INTERFACE", ""),
        mac=values.get("MAC", "").lower(),
        mode=values.get("MODE", "bridged"),
        link=values.get("LINK", ""),
        ip=values.get("IP", ""),
        instance=values.get("INSTANCE", ""),
        index=values.get("INTERFACE_INDEX", ""),
        name=values.get("INTERFACE_NAME", ""),
        uuid=values.get("INTERFACE_UUID", ""),
        tags=tuple(values.get("TAGS", "").split()),
        network=values.get("NETWORK_NAME", ""),
        subnet=values.get("NETWORK_SUBNET", ""),
        gateway=values.get("NETWORK_GATEWAY", ""),
        subnet6=values.get("NETWORK_SUBNET6", ""),
        gateway6=values.get("NETWORK_GATEWAY6", ""),
        mac_prefix=values.get("NETWORK_MAC_PREFIX", ""),
        network_tags=tuple(values.get("NETWORK_TAGS", "").split()),
    )
    _check(card)
    return card


def _check(card: Card) -> None:
    if not _TAP.match(card.tap):
        raise CardError(f"'{card.tap}' is no name of an interface")
    if not _MAC.match(card.mac):
        raise CardError(f"'{card.mac}' is no MAC address")
    if not re.match(r"^[A-Za-z0-9_.:-]{0,32}$", card.link):
        raise CardError(f"'{card.link}' is no name of a bridge or table")
    try:
        _check_addresses(card)
    except ValueError as error:
        raise CardError(str(error)) from error


def _check_addresses(card: Card) -> None:
    for text in (card.ip, card.gateway):
        if text:
            ipaddress.IPv4Address(text)
    if card.gateway6:
        ipaddress.IPv6Address(card.gateway6)
    if card.subnet:
        ipaddress.IPv4Network(card.subnet, strict=False)
    if card.subnet6:
        ipaddress.IPv6Network(card.subnet6, strict=False)


FIREWALLS = ("unprotected", "protected", "limited")


def firewall_of(card: Card, default: str) -> str:
    """Read the card's firewall from its instance's tags `synnefo:network:<nic>:<word>`.

    Spec: images-and-nodes 3.6.
    """
    for tag in card.tags:
        parts = tag.split(":")
        is_ours = len(parts) == 4 and parts[:2] == ["synnefo", "network"]
        if is_ours and parts[2] in card.known_as and parts[3] in FIREWALLS:
            return parts[3]
    return default
