"""Signatures of Amazon's version 4 over requests to S3. Pure.

Source: the public description of Signature Version 4 (canonical request, string to sign, chunks).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY = hashlib.sha256(b"").hexdigest()
_HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/([^,\s]+),\s*"
    r"SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})"
)
_LONGEST = 7 * 24 * 3600


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says about how it was signed; `seconds` is for signed addresses."""

    access: str
    scope: str
    headers: tuple[str, ...]
    signature: str
    date: str
    payload: str
    seconds: int = 0

    @property
    def signed_at(self) -> datetime | None:
        """Read when it was signed."""
        try:
            return datetime.strptime(self.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            return None


class Request(msgspec.Struct, frozen=True):
    """A request as signatures see it: its path encoded, its headers by lower-case name."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]


def in_header(text: str, date: str, payload: str) -> Signature | None:
    """Read the Authorization header."""
    found = _HEADER.match(text)
    if found is None:
        return None
    names = tuple(found[3].lower().split(";"))
    return Signature(
        access=found[1],
        scope=found[2],
        headers=names,
        signature=found[4],
        date=date,
        payload=payload or UNSIGNED,
    )


def in_query(query: Mapping[str, str]) -> Signature | None:
    """Read a signed address."""
    access, _, scope = query.get("X-Amz-Credential", "").partition("/")
    seconds = query.get("X-Amz-Expires", "")
    is_number = seconds.isascii() and seconds.isdigit() and len(seconds) < 7
    if query.get("X-Amz-Algorithm") != ALGORITHM or not scope or not is_number:
        return None
    return Signature(
        access=access,
        scope=scope,
        headers=tuple(query.get("X-Amz-SignedHeaders", "").lower().split(";")),
        signature=query.get("X-Amz-Signature", ""),
        date=query.get("X-Amz-Date", ""),
        payload=UNSIGNED,
        seconds=min(int(seconds), _LONGEST),
    )


def is_right(request: Request, told: Signature, key: bytes) -> bool:
    """Tell whether a key signed a request."""
    if "host" not in told.headers or not told.scope.startswith(told.date[:8]):
        return False
    text = "\n".join((ALGORITHM, told.date, told.scope, _digest(_canonical(request, told))))
    return _is_same(_mac(key, text), told.signature)


def of_chunk(told: Signature, key: bytes, before: str, digest: str) -> str:
    """Sign a chunk of a body, known by its SHA-256, that follows the one signed `before`."""
    head = (f"{ALGORITHM}-PAYLOAD", told.date, told.scope, before, EMPTY, digest)
    return _mac(key, "\n".join(head))


def encoded(text: str, *, keep: str = "") -> str:
    """Percent-encode as signatures want it."""
    return quote(text, safe=f"-_.~{keep}")


def _canonical(request: Request, told: Signature) -> str:
    pairs = sorted(
        (encoded(name), encoded(value))
        for name, value in request.query
        if name != "X-Amz-Signature"
    )
    lines = [
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in told.headers
    ]
    query = "&".join(f"{name}={value}" for name, value in pairs)
    names = ";".join(told.headers)
    return "\n".join((request.method, request.path, query, "".join(lines), names, told.payload))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _mac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
