"""A node made ready for a routed network, in which it has no address.

Spec: images-and-nodes 3.5.
"""

import ipaddress
import json

from synnefo.node.networking import kernel, rules
from synnefo.node.networking.routing import table_of


def prepare(device: str, link: str, subnet: str, gateway: str = "") -> None:
    """Lead a network's packets between its device and its table; may be run again.

    ValueError when subnet or gateway are no addresses.
    """
    network = ipaddress.ip_network(subnet)
    family, version = ("-6", "ipv6") if network.version == 6 else ("-4", "ipv4")
    table = table_of(link)
    kernel.attempt("ip", "link", "set", device, "up")
    for where in ("main", table):
        kernel.attempt(
            *("ip", family, "route", "replace", str(network), "dev", device, "table", where)
        )
    if gateway:
        known = str(ipaddress.ip_address(gateway))
        way = ("default", "via", known, "dev", device, "table", table)
        kernel.attempt("ip", family, "route", "replace", *way)
    if not _has_rule(family, device):
        kernel.attempt("ip", family, "rule", "add", "iif", device, "table", table)
    _switch_on(version, device)
    if version == "ipv4":
        kernel.rules(rules.BASE + _disguise(device, network))


def _switch_on(version: str, device: str) -> None:
    kernel.switch(f"net/{version}/conf/all/forwarding", "1")
    kernel.switch(f"net/{version}/conf/{device}/forwarding", "1")
    kernel.switch(f"net/{version}/neigh/{device}/proxy_delay", "0")
    if version == "ipv6":
        kernel.switch(f"net/ipv6/conf/{device}/proxy_ndp", "1")
        return
    kernel.switch(f"net/ipv4/conf/{device}/proxy_arp", "1")
    for name in ("all", device):
        kernel.switch(f"net/ipv4/conf/{name}/rp_filter", "0")


def _has_rule(family: str, device: str) -> bool:
    known = json.loads(kernel.output("ip", family, "-j", "rule", "show") or "[]")
    return any(rule.get("iif") == device for rule in known)


def _disguise(device: str, network: "ipaddress.IPv4Network | ipaddress.IPv6Network") -> str:
    """Let the node ask with an address of the network, for it has none itself."""
    own = network.broadcast_address - 1
    name = f"OUT{''.join(c if c.isalnum() else '_' for c in device.upper())}"
    table = "arp snf_net"
    return (
        f"add chain {table} {name}\nflush chain {table} {name}\n"
        f"add rule {table} {name} arp operation request arp saddr ip != {network} "
        f"arp saddr ip set {own}\n"
        f'add element {table} to {{ "{device}" : jump {name} }}\n'
    )
