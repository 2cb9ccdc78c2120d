"""Where people may be sent after they signed in or up. Spec: identity 13.0. Pure."""

import re
from urllib.parse import urlsplit

_ODD = re.compile(r"[\x00-\x20\x7f\\]")
"""Browsers drop or turn these, so that an address may mean another host than it seems to."""


def is_acceptable(target: str, own_host: str, domain: str | None = None) -> bool:
    """Tell whether an address stays on this host, or on one below the cookie's domain."""
    if not target or _ODD.search(target):
        return False
    try:
        parts = urlsplit(target)
        host = (parts.hostname or "").lower()
        own = own_host.partition(":")[0].lower() if not own_host.startswith("[") else own_host
    except ValueError:
        return False
    if not parts.scheme and not parts.netloc:
        return target.startswith("/") and not target.startswith("//")
    if parts.scheme not in {"http", "https"} or parts.username is not None:
        return False
    return parts.netloc.lower() == own_host.lower() or host == own or _is_below(host, domain)


def _is_below(host: str, domain: str | None) -> bool:
    wanted = (domain or "").lower().lstrip(".")
    return bool(wanted) and (host == wanted or host.endswith(f".{wanted}"))
