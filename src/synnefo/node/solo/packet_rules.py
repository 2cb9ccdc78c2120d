"""The packet rules of a cloud, as text for `nft`. Spec: network 12; images-and-nodes 3.4, 3.6.

Inside the cloud's namespace a bridge table keeps every NIC to its own MAC and addresses and
applies firewall profiles, and an inet table lets only routed networks out. Each text replaces
its tables as a whole, in one transaction of the kernel.
"""

import ipaddress
from collections.abc import Sequence

import msgspec

METADATA_ADDRESS = "169.254.169.254"
UPLINK = "uplink"

_PROFILES = {
    "protected": "",
    "limited": " tcp dport != { 22, 3389 }",
}


class Port(msgspec.Struct, frozen=True):
    """A plugged tap and what it may send and hear."""

    tap: str
    mac: str
    ip: str | None
    subnet6: str | None = None
    profile: str = "unprotected"


def profile_of(tags: Sequence[str], names: Sequence[str]) -> str:
    """Find a NIC's firewall profile in its instance's tags; `names`: its name, index, uuid."""
    for tag in tags:
        parts = tag.split(":")
        if len(parts) == 4 and parts[:2] == ["synnefo", "network"] and parts[2] in names:
            return parts[3]
    return "unprotected"


def eui64(subnet6: str, mac: str) -> str:
    """Compute the address that a guest gives itself in a /64."""
    octets = bytes.fromhex(mac.replace(":", ""))
    tail = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    network = ipaddress.IPv6Network(subnet6, strict=False)
    return str(network[int.from_bytes(tail, "big")])


def bridge_table(ports: Sequence[Port]) -> str:
    """Write the table that every frame between guests and to the host passes."""
    lines = ["table bridge snf", "delete table bridge snf", "table bridge snf {"]
    lines += _map("senders", [f'"{port.tap}" : jump in_{port.tap}' for port in ports])
    guarded = [port for port in ports if port.profile in _PROFILES]
    lines += _map("hearers", [f'"{port.tap}" : jump fw_{port.profile}' for port in guarded])
    for port in ports:
        lines += [f"  chain in_{port.tap} {{", *_sender_rules(port), "  }"]
    for profile, exception in _PROFILES.items():
        lines += [f"  chain fw_{profile} {{", *_profile_rules(exception), "  }"]
    for hook, table in (("prerouting", "senders"), ("forward", "hearers"), ("output", "hearers")):
        side = "iifname" if table == "senders" else "oifname"
        lines += [
            f"  chain {hook}_hook {{",
            f"    type filter hook {hook} priority 0; policy accept;",
            f"    {side} vmap @{table}",
            "  }",
        ]
    return "\n".join([*lines, "}", ""])


def _map(name: str, elements: list[str]) -> list[str]:
    inside = [f"    elements = {{ {', '.join(elements)} }}"] if elements else []
    return [f"  map {name} {{", "    type ifname : verdict", *inside, "  }"]


def _sender_rules(port: Port) -> list[str]:
    rules = [
        f"    ether saddr != {port.mac} drop",
        "    icmpv6 type { nd-router-advert, nd-redirect } drop",
        "    udp sport { 67, 547 } drop",
    ]
    if port.ip:
        rules += [
            f"    arp saddr ether != {port.mac} drop",
            f"    arp saddr ip != {{ {port.ip}, 0.0.0.0 }} drop",
            "    ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept",
            f"    ip saddr != {port.ip} drop",
        ]
    if port.subnet6:
        own = f"{{ {eui64(port.subnet6, port.mac)}, {eui64('fe80::/64', port.mac)}, :: }}"
        rules.append(f"    ip6 saddr != {own} drop")
    return rules


def _profile_rules(exception: str) -> list[str]:
    """Let in answers, names and pings; drop the rest."""
    return [
        f"    tcp flags & (syn | ack) == syn{exception} drop",
        "    meta l4proto { tcp, icmp, ipv6-icmp } accept",
        "    udp sport { 53, 67, 547 } accept",
        "    ether type { ip, ip6 } drop",
    ]


def inside_tables(routed: Sequence[str], bridges: Sequence[str]) -> str:
    """Write what guests may reach: out from routed bridges only, and few services of ours."""
    return f"""table inet snf
delete table inet snf
table inet snf {{
{_set("routed", routed)}
{_set("bridges", bridges)}
  chain forward {{
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "{UPLINK}" oifname @routed accept
    iifname @routed oifname {{ "{UPLINK}" }} accept
    iifname @routed oifname @routed accept
  }}
  chain input {{
    type filter hook input priority 0; policy accept;
    ct state established,related accept
    iifname @bridges meta l4proto {{ icmp, ipv6-icmp }} accept
    iifname @bridges udp dport {{ 53, 67, 547 }} accept
    iifname @bridges tcp dport 53 accept
    iifname @bridges ip daddr {METADATA_ADDRESS} tcp dport 80 accept
    iifname @bridges drop
  }}
  chain leaving {{
    type nat hook postrouting priority srcnat; policy accept;
    iifname @routed oifname "{UPLINK}" masquerade
  }}
}}
"""


def _set(name: str, elements: Sequence[str]) -> str:
    inside = ", ".join(f'"{element}"' for element in elements)
    filled = f" elements = {{ {inside} }}" if inside else ""
    return f"  set {name} {{ type ifname;{filled} }}"


def outside_table(cloud: str, link: str, subnet: str) -> str:
    """Write the host's part: what comes from the cloud leaves with the host's address."""
    table = f"table ip snf_{cloud}"
    return f"""{table}
delete {table}
{table} {{
  chain leaving {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {subnet} oifname != "{link}" masquerade
  }}
}}
"""
