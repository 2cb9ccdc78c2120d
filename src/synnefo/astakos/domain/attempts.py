"""What attempts to sign in are counted under. Pure."""

import hashlib
import ipaddress
from datetime import timedelta

import msgspec


class Meter(msgspec.Struct, frozen=True):
    """One count: under which key, how many within how long."""

    key: str
    limit: int
    window: timedelta


def key_of(kind: str, *parts: str) -> str:
    """Answer a key of fixed length, which tells nobody whose it is."""
    text = "\0".join((kind, *parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def place_of(address: str) -> str:
    """Answer what counts as one address: of IPv6 the network that one customer gets."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
