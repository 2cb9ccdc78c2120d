"""To where an authorization code may go. Pure. Spec: identity 11.1."""

import posixpath
import re
from urllib.parse import urlencode, urlsplit

_ODD = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\]")
_HIDDEN = re.compile(r"%(?:2e|2f|5c|00)", re.IGNORECASE)
"""Dots and slashes that are written as codes, which some servers would read as such."""


def is_absolute(uri: str) -> bool:
    """Tell whether an address could be a redirect URI at all: whole, plain, without a fragment."""
    if _ODD.search(uri):
        return False
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = "#" not in uri and "@" not in parts.netloc
    return bool(parts.scheme and host and plain)


def is_same(uri: str, registered: str) -> bool:
    """Tell whether an address is the registered one, letter by letter (RFC 9700, 2.1)."""
    return uri == registered


def is_within(uri: str, registered: str) -> bool:
    """Tell whether an address is the registered one or below it, at a boundary of its path."""
    if _HIDDEN.search(uri):
        return False
    wanted, known = urlsplit(normalised(uri)), urlsplit(normalised(registered))
    if (wanted.scheme, wanted.netloc) != (known.scheme, known.netloc):
        return False
    base = known.path.rstrip("/")
    return wanted.path.rstrip("/") == base or wanted.path.startswith(f"{base}/")


def normalised(uri: str) -> str:
    """Answer an address with its dot segments resolved and its host in small letters."""
    parts = urlsplit(uri)
    path = posixpath.normpath(parts.path) if parts.path else "/"
    path = "/" + path.lstrip("/.")
    if parts.path.endswith("/") and path != "/":
        path += "/"
    return parts._replace(
        scheme=parts.scheme.lower(), netloc=parts.netloc.lower(), path=path
    ).geturl()


def covers(scope: str, asked: str) -> bool:
    """Tell whether a scope, an address, covers what is asked for, at a boundary. Spec: 6.3."""
    if not asked.startswith(scope):
        return False
    return asked == scope or scope.endswith("/") or asked[len(scope)] in "/?#"


def with_query(uri: str, more: dict[str, str]) -> str:
    """Add to the query of an address; what it has stays."""
    parts = urlsplit(uri)
    kept = f"{parts.query}&" if parts.query else ""
    return parts._replace(query=kept + urlencode(more)).geturl()


def with_only_query(uri: str, query: dict[str, str]) -> str:
    """Replace the query of an address, and drop its fragment."""
    return urlsplit(uri)._replace(query=urlencode(query), fragment="").geturl()
