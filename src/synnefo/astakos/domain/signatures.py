"""Signatures of Amazon's kind over requests: versions 0, 1, 2 and 4. Pure.

Spec: openstack-api 4.2 (`/v3/ec2tokens`, `/v3/s3tokens`). What the client signed is built anew
from the request that the service describes, and compared in constant time.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

_V4 = re.compile(r"Credential=([^/]+)/([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]+)")


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A request that somebody signed, as the service that got it describes it."""

    signature: str = ""
    host: str = ""
    verb: str = ""
    path: str = ""
    params: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body_hash: str = ""


def is_right(request: Signed, secret: str) -> bool:
    """Tell whether the holder of a secret signed a request."""
    made = _made(request, secret)
    given = request.signature or _header_signature(request)
    return made is not None and hmac.compare_digest(made.encode(), given.encode())


def time_of(request: Signed) -> datetime | None:
    """Tell when a request was signed; None when it does not say, or not as it should."""
    headers = _lower(request.headers)
    text = request.params.get("X-Amz-Date") or headers.get("x-amz-date", "")
    text = text or request.params.get("Timestamp", "")
    for form in ("%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def of_text(token: bytes, secret: str) -> str:
    """Sign the text that an S3 service got from its client; version 4 tells by its first line."""
    if token.startswith(b"AWS4-HMAC-SHA256\n"):
        lines = token.decode("utf-8", "replace").split("\n")
        scope = lines[2] if len(lines) > 2 else ""
        key = key_v4(secret, scope)
        return hmac.new(key, token, hashlib.sha256).hexdigest()
    digest = hmac.new(secret.encode(), token, hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _made(request: Signed, secret: str) -> str | None:
    version = request.params.get("SignatureVersion")
    if version == "0":
        text = request.params.get("Action", "") + request.params.get("Timestamp", "")
        return _mac(secret, text, "sha1")
    if version == "1":
        rows = sorted(request.params.items(), key=lambda item: item[0].lower())
        return _mac(secret, "".join(key + value for key, value in rows), "sha1")
    if version == "2":
        return _version_2(request, secret)
    return _version_4(request, secret)


def _version_2(request: Signed, secret: str) -> str:
    name = request.params.get("SignatureMethod", "HmacSHA256")
    query = "&".join(
        f"{_quoted(key)}={_quoted(value)}" for key, value in sorted(request.params.items())
    )
    text = f"{request.verb}\n{request.host.lower()}\n{request.path}\n{query}"
    return _mac(secret, text, "sha256" if name == "HmacSHA256" else "sha1")


def _version_4(request: Signed, secret: str) -> str | None:
    """Sign by version 4, whose parts are in the Authorization header or in the query."""
    found = _V4.search(_lower(request.headers).get("authorization", ""))
    credential = request.params.get("X-Amz-Credential", "")
    if found is not None:
        scope, names = found[2], found[3]
    elif credential:
        scope, names = credential.partition("/")[2], request.params.get("X-Amz-SignedHeaders", "")
    else:
        return None
    stamp = request.params.get("X-Amz-Date") or _lower(request.headers).get("x-amz-date", "")
    canonical = _canonical(request, names)
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}"
    return hmac.new(key_v4(secret, scope), text.encode(), hashlib.sha256).hexdigest()


def _canonical(request: Signed, names: str) -> str:
    headers = {**_lower(request.headers)}
    headers.setdefault("host", request.host)
    lines = "".join(
        f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in names.split(";")
    )
    pairs = sorted(
        (_quoted(key), _quoted(value))
        for key, value in request.params.items()
        if key != "X-Amz-Signature"
    )
    query = "&".join(f"{key}={value}" for key, value in pairs) if request.verb != "POST" else ""
    return "\n".join([request.verb, request.path, query, lines, names, request.body_hash])


def key_v4(secret: str, scope: str) -> bytes:
    """Derive the key that signs for one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _header_signature(request: Signed) -> str:
    found = _V4.search(_lower(request.headers).get("authorization", ""))
    return found[4] if found else request.params.get("X-Amz-Signature", "")


def _mac(secret: str, text: str, digest: str) -> str:
    made = hmac.new(secret.encode(), text.encode(), digest).digest()
    return base64.b64encode(made).decode()


def _quoted(text: str) -> str:
    return quote(text, safe="-_~")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
