"""Addresses that open one object for a while, signed with a key of its account or container.

The signature covers the method, the expiry and the path. Spec: object-storage 18.2,
openstack-api 10.1.
"""

import base64
import binascii
import hmac
import ipaddress
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

import msgspec

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
DIGESTS = ("sha256", "sha512")
"""How addresses and forms may be signed, where nothing else is set."""
KEYS = ("Temp-Url-Key", "Temp-Url-Key-2")
"""How the keys are called in the metadata of accounts and containers."""
_SIZES = {40: "sha1", 64: "sha256", 128: "sha512"}
_LONG_AGO = 10
_ALSO = {"HEAD": ("HEAD", "GET", "PUT", "POST")}
"""Who may get or write an object may also ask about it."""


class Ticket(msgspec.Struct, frozen=True):
    """What a signed address says about itself."""

    signature: str
    expires: str
    prefix: str | None = None
    ip_range: str = ""

    def ends_at(self) -> int | None:
        """Read when it ends, in seconds since 1970; None when that cannot be read."""
        if self.expires.isascii() and self.expires.isdigit():
            return int(self.expires) if len(self.expires) <= _LONG_AGO + 5 else None
        try:
            moment = datetime.fromisoformat(self.expires)
        except ValueError:
            return None
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())

    def admits(self, address: str) -> bool:
        """Tell whether it may be used from an address."""
        if not self.ip_range:
            return True
        try:
            return ipaddress.ip_address(address) in ipaddress.ip_network(self.ip_range, False)
        except ValueError:
            return False


def signed_texts(ticket: Ticket, method: str, paths: Collection[str]) -> list[str]:
    """Write what a signer may have signed: this method on one of the ways to write the path."""
    return [
        _text(ticket, signed, path) for signed in _ALSO.get(method, (method,)) for path in paths
    ]


def is_signature_of(
    signature: str, texts: Iterable[str], keys: Iterable[str], digests: Collection[str]
) -> bool:
    """Tell whether one of the keys signed one of the texts, in one of the allowed ways."""
    digest, wanted = _read(signature)
    if digest not in digests:
        return False
    texts = list(texts)
    made = [
        hmac.digest(key.encode(), text.encode(), digest) for key in keys if key for text in texts
    ]
    return any(hmac.compare_digest(each, wanted) for each in made)


def _text(ticket: Ticket, method: str, path: str) -> str:
    head = f"ip={ticket.ip_range}\n" if ticket.ip_range else ""
    return f"{head}{method}\n{ticket.expires}\n{path}"


def _read(signature: str) -> tuple[str, bytes]:
    """Read a signature in hexadecimal, or as `sha512:` and base64; no digest when it is none."""
    name, colon, text = signature.partition(":")
    try:
        if colon and name in _SIZES.values():
            text = text.replace("-", "+").replace("_", "/")
            return name, base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        if re.fullmatch(r"[0-9a-fA-F]+", signature):
            return _SIZES.get(len(signature), ""), binascii.unhexlify(signature)
    except (ValueError, binascii.Error):
        return "", b""
    return "", b""


def signed_paths(path: str, prefix: str | None, object_name: str) -> list[str]:
    """List the ways in which a signer may have written a path.

    Clients sign from the version on, `/v1/AUTH_…`, or the whole path that they were given. A
    prefix covers every object whose name begins with it.
    """
    whole = path
    if prefix is not None:
        if not object_name.startswith(prefix):
            return []
        whole = path[: len(path) - len(object_name)] + prefix
    at = whole.find("/v1/")
    found = [whole] if at <= 0 else [whole, whole[at:]]
    return found if prefix is None else [f"prefix:{each}" for each in found]
