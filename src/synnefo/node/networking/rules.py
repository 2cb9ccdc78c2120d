"""Packet rules of one card, as text for `nft`. Spec: images-and-nodes 3.4, 3.6, 4.3.

Every card has chains of its own, which maps lead to by the name of its TAP; so a card comes and
goes in one step, and touches no other.
"""

from synnefo.node.networking.cards import Card, firewall_of
from synnefo.node.networking.settings import Settings

_BRIDGE = "bridge snf_net"
_INET = "inet snf_net"
_ARP = "arp snf_net"

BASE = f"""
add table {_BRIDGE}
add map {_BRIDGE} from {{ type ifname : verdict; }}
add map {_BRIDGE} to {{ type ifname : verdict; }}
add chain {_BRIDGE} arriving {{ type filter hook prerouting priority -300; policy accept; }}
add chain {_BRIDGE} leaving {{ type filter hook postrouting priority 0; policy accept; }}
flush chain {_BRIDGE} arriving
flush chain {_BRIDGE} leaving
add rule {_BRIDGE} arriving iifname vmap @from
add rule {_BRIDGE} leaving oifname vmap @to
add table {_INET}
add map {_INET} from {{ type ifname : verdict; }}
add map {_INET} to {{ type ifname : verdict; }}
add chain {_INET} arriving {{ type filter hook prerouting priority -150; policy accept; }}
add chain {_INET} forward {{ type filter hook forward priority 0; policy accept; }}
flush chain {_INET} arriving
flush chain {_INET} forward
add rule {_INET} arriving iifname vmap @from
add rule {_INET} forward oifname vmap @to
add table {_ARP}
add map {_ARP} to {{ type ifname : verdict; }}
add chain {_ARP} out {{ type filter hook output priority 0; policy accept; }}
flush chain {_ARP} out
add rule {_ARP} out oifname vmap @to
"""
"""The tables that all cards share; may be written again and again."""


def chain(direction: str, tap: str) -> str:
    """Name a chain of a card: FROM or TO and the TAP."""
    plain = "".join(c if c.isalnum() else "_" for c in tap.upper())
    return f"{direction}{plain}"


def clear(tap: str) -> str:
    """Write what removes the rules of a card, whatever of them is there."""
    text = ""
    for table, directions in ((_BRIDGE, ("from", "to")), (_INET, ("from", "to")), (_ARP, ("to",))):
        for direction in directions:
            name = chain(direction.upper(), tap)
            entry = f'element {table} {direction} {{ "{tap}" : jump {name} }}'
            text += f"add chain {table} {name}\nadd {entry}\ndelete {entry}\n"
            text += f"flush chain {table} {name}\ndelete chain {table} {name}\n"
    return text


def of_card(card: Card, settings: Settings) -> str:
    """Write the rules of a card."""
    if card.is_routed:
        return _routed(card, settings)
    return _bridged(card, settings)


def _bridged(card: Card, settings: Settings) -> str:
    tags = card.network_tags
    is_filtered = settings.private_filtered_tag in tags
    arriving, leaving = _ours(card, settings), []
    if is_filtered or _keeps_addresses(card, settings):
        arriving.append(f"ether saddr != {card.mac} drop")
    if is_filtered:
        arriving.append(f"arp saddr ether != {card.mac} drop")
        mask = settings.mac_mask
        leaving.append(f"ether saddr & {mask} != {_masked(card.mac, mask)} drop")
    if _keeps_addresses(card, settings):
        arriving += _own_addresses(card)
    leaving += _firewall(card, settings)
    return _chain(_BRIDGE, "from", card, arriving) + _chain(_BRIDGE, "to", card, leaving)


def _keeps_addresses(card: Card, settings: Settings) -> bool:
    """Tell whether a card on a bridge is held to its addresses: where strangers share it."""
    return settings.public_tag in card.network_tags and not settings.ipspoof


def _own_addresses(card: Card) -> list[str]:
    """Let only the card's own addresses out, and the answers to who has them."""
    ipv4 = f"{{ {card.ip}, 0.0.0.0 }}" if card.ip else "{ 0.0.0.0 }"
    ipv6 = ", ".join(word for word in (card.eui64, "::", "fe80::/10") if word)
    return [
        f"arp saddr ip != {ipv4} drop",
        f"ip saddr != {ipv4} drop",
        f"ip6 saddr != {{ {ipv6} }} drop",
    ]


def _routed(card: Card, settings: Settings) -> str:
    arriving = _ours(card, settings)
    if not settings.ipspoof:
        ipv4 = f"{{ {card.ip}, 0.0.0.0 }}" if card.ip else "{ 0.0.0.0 }"
        ipv6 = ", ".join(word for word in (card.eui64, "::", "fe80::/10") if word)
        arriving += [f"ip saddr != {ipv4} drop", f"ip6 saddr != {{ {ipv6} }} drop"]
    text = _chain(_INET, "from", card, arriving)
    text += _chain(_INET, "to", card, _firewall(card, settings))
    if card.gateway:
        asked = f"arp operation request arp saddr ip set {card.gateway}"
        text += _chain(_ARP, "to", card, [asked])
    return text


def _ours(card: Card, settings: Settings) -> list[str]:
    """Keep from the network what nfdhcpd answers."""
    if settings.nfdhcpd_tag not in card.network_tags:
        return []
    kept = ["ip protocol udp udp dport 67 drop"] if card.ip else []
    if card.subnet6:
        kept += ["icmpv6 type nd-router-solicit drop", "meta nfproto ipv6 udp dport 547 drop"]
        if not card.is_routed:
            kept[-1] = "ether type ip6 udp dport 547 drop"
        else:
            kept.append("icmpv6 type nd-neighbor-solicit drop")
    return kept


def _firewall(card: Card, settings: Settings) -> list[str]:
    profile = firewall_of(card, settings.default_firewall)
    if profile == "unprotected":
        return []
    opened = ["tcp dport { 22, 3389 } accept"] if profile == "limited" else []
    return [
        *opened,
        "tcp flags & (syn | ack) == syn drop",
        "meta l4proto { tcp, icmp, ipv6-icmp } accept",
        "udp sport { 53, 67, 547 } accept",
        _ANY_IP[card.is_routed],
    ]


_ANY_IP = {True: "drop", False: "ether type { ip, ip6 } drop"}


def _masked(mac: str, mask: str) -> str:
    pairs = zip(
        bytes.fromhex(mac.replace(":", "")), bytes.fromhex(mask.replace(":", "")), strict=True
    )
    return bytes(one & other for one, other in pairs).hex(":")


def _chain(table: str, direction: str, card: Card, rules: list[str]) -> str:
    if not rules:
        return ""
    name = chain(direction.upper(), card.tap)
    text = f"add chain {table} {name}\n"
    text += "".join(f"add rule {table} {name} {rule}\n" for rule in rules)
    return f'{text}add element {table} {direction} {{ "{card.tap}" : jump {name} }}\n'
