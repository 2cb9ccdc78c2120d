"""Routed cards: rules, routes, and who stands in for them outside. Spec: images-and-nodes 3.4."""

import json
import zlib
from pathlib import Path

from synnefo.node.networking import announcements, kernel
from synnefo.node.networking.cards import Card

_TABLE_FILES = (Path("/etc/iproute2"), Path("/usr/share/iproute2"))
_FIRST, _SPAN = 10_000, 1 << 20


def table_of(link: str) -> str:
    """Name the routing table of a link for `ip`: by its name where the node has it, else by a
    number that is the same on every node.
    """
    if link.isdigit() or link in _named():
        return link
    return str(_FIRST + zlib.crc32(link.encode()) % _SPAN)


def _named() -> set[str]:
    found = {"main", "local", "default"}
    for folder in _TABLE_FILES:
        for path in [folder / "rt_tables", *sorted(folder.glob("rt_tables.d/*.conf"))]:
            if path.exists():
                words = (line.split("#")[0].split() for line in path.read_text().splitlines())
                found |= {pair[1] for pair in words if len(pair) == 2}
    return found


def uplink_of(table: str, family: str) -> str | None:
    """Answer the device of a table's default route; None when it has none."""
    text = kernel.output("ip", family, "-j", "route", "show", "default", "table", table)
    routes = json.loads(text or "[]")
    return str(routes[0]["dev"]) if routes and "dev" in routes[0] else None


def raise_ipv4(card: Card) -> None:
    """Route a card's IPv4 address to it, and let the node answer for it outside."""
    table = table_of(card.link)
    kernel.switch(f"net/ipv4/conf/{card.tap}/rp_filter", "0")
    kernel.attempt("ip", "rule", "add", "iif", card.tap, "table", table)
    kernel.attempt(
        *("ip", "route", "replace", card.ip, "proto", "static", "dev", card.tap, "table", table)
    )
    kernel.switch(f"net/ipv4/conf/{card.tap}/proxy_arp", "1")
    kernel.switch(f"net/ipv4/neigh/{card.tap}/proxy_delay", "0")
    kernel.switch(f"net/ipv4/conf/{card.tap}/forwarding", "1")


def raise_ipv6(card: Card) -> None:
    """Route a card's IPv6 address to it; nfdhcpd stands in for its neighbours."""
    table = table_of(card.link)
    kernel.switch(f"net/ipv6/conf/{card.tap}/forwarding", "1")
    kernel.switch(f"net/ipv6/conf/{card.tap}/proxy_ndp", "0")
    kernel.attempt("ip", "-6", "rule", "add", "iif", card.tap, "table", table)
    kernel.attempt(
        *("ip", "-6", "route", "replace", f"{card.eui64}/128"),
        *("dev", card.tap, "table", table),
    )
    uplink = uplink_of(table, "-6")
    if uplink is not None:
        kernel.switch(f"net/ipv6/conf/{uplink}/proxy_ndp", "1")
        kernel.attempt("ip", "-6", "neigh", "replace", "proxy", card.eui64, "dev", uplink)


def announce(card: Card) -> None:
    """Tell the network beyond the node that a routed card is here."""
    table = table_of(card.link)
    uplink, uplink6 = uplink_of(table, "-4"), uplink_of(table, "-6")
    if card.ip and uplink is not None:
        announcements.of_ipv4(card.ip, uplink)
    if card.eui64 and uplink6 is not None:
        announcements.of_ipv6(card.eui64, uplink6)


def lower(card: Card) -> None:
    """Undo everything of a card; nothing needs to be there."""
    table = table_of(card.link)
    for family in ("-4", "-6"):
        for _rule in range(_rules_of(family, card.tap)):
            kernel.quietly("ip", family, "rule", "del", "iif", card.tap, "table", table)
    if card.ip:
        _lower_route("-4", f"{card.ip}/32", card.tap, table)
    if card.eui64:
        _lower_route("-6", f"{card.eui64}/128", card.tap, table)
        uplink = uplink_of(table, "-6")
        if uplink is not None:
            kernel.quietly("ip", "-6", "neigh", "del", "proxy", card.eui64, "dev", uplink)


def _lower_route(family: str, place: str, tap: str, table: str) -> None:
    kernel.quietly("ip", family, "route", "del", place, "dev", tap, "table", table)


def _rules_of(family: str, tap: str) -> int:
    known = json.loads(kernel.output("ip", family, "-j", "rule", "show") or "[]")
    return sum(1 for rule in known if rule.get("iif") == tap)
