"""Buckets named by the host of the address: `photos.s3.example.org`.

The web server in front hands such requests on with `/pithos/s3` before their path; signatures
are made without it. Spec: object-storage 18.2.
"""

from urllib.parse import unquote, urlsplit

from synnefo.kit import conf
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.http.call import Call

_MOUNT = "/s3"


def understand(call: Call) -> None:
    """Put the bucket that the host names before the path."""
    bucket = _bucket(call)
    if bucket:
        call.path = f"/{bucket}{call.path if call.path.startswith('/') else '/' + call.path}"


def _bucket(call: Call) -> str:
    domain = conf.of(PithosSettings).pithos_s3_domain
    if not domain:
        return ""
    host = call.headers.get("Host", "").lower().partition(":")[0]
    ending = f".{domain.lower().partition(':')[0]}"
    return host.removesuffix(ending) if host.endswith(ending) else ""


def signed_paths(call: Call) -> list[str]:
    """List the ways in which a client may have seen the path: whole, or below its own host."""
    raw = urlsplit(str(call.meta.get("RAW_URI") or "")).path
    path = unquote(raw, errors="surrogateescape") if raw else call.whole_path
    if not conf.of(PithosSettings).pithos_s3_domain:
        return [path]
    base, found, rest = path.partition(_MOUNT)
    return [path, rest or "/"] if found and base.count("/") <= 1 else [path]
