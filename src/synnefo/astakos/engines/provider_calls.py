"""Calls to sign-in providers: forms out, JSON in, failures as faults that people understand."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from synnefo.clients.http import Answer, Http
from synnefo.kit.faults import Fault, Forbidden, ServiceUnavailable

TIMEOUT = 10.0
FORM = "application/x-www-form-urlencoded"
DEEPEST = 3


def fetch_json(url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Get a JSON object from a provider."""
    return _object(_call("GET", url, None, headers or {}))


def post_form(
    url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Send a form to a provider and read the JSON object it answers."""
    return _object(_post(url, fields, headers or {}))


def post_for_form(
    url: str, fields: Mapping[str, str], headers: Mapping[str, str]
) -> dict[str, str]:
    """Send a form to a provider and read the form it answers, as OAuth 1.0a has it."""
    body = _post(url, fields, headers).body
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def flattened(claims: Mapping[str, Any], prefix: str = "", depth: int = 1) -> dict[str, list[str]]:
    """Write claims as lists of texts; those inside others get names with dots."""
    found: dict[str, list[str]] = {}
    for name, value in claims.items():
        full = f"{prefix}{name}"
        if isinstance(value, Mapping):
            if depth < DEEPEST:
                found.update(flattened(value, f"{full}.", depth + 1))
            continue
        values = value if isinstance(value, list) else [value]
        texts = [_text(each) for each in values if isinstance(each, str | int | float)]
        if texts:
            found[full] = texts
    return found


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _post(url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
    body = urlencode(fields).encode()
    return _call("POST", url, body, {"Content-Type": FORM, **headers})


def _call(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ServiceUnavailable(f"The provider names no usable address: '{url}'.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    service = Http(f"{parts.scheme}://{parts.netloc}", timeout=TIMEOUT, attempts=2)
    answer = service.call(method, path, body=body, headers=headers, check=False)
    if answer.status >= 500:
        raise ServiceUnavailable(f"The provider at {parts.netloc} is out of order. Try later.")
    if answer.status >= 300:
        raise refused(f"The provider at {parts.netloc} refused ({answer.status}).")
    return answer


def _object(answer: Answer) -> dict[str, Any]:
    return answer.read(dict[str, Any])


def refused(why: str) -> Fault:
    """Make the fault for a provider's answer that must not be believed."""
    return Forbidden(f"Signing in failed: {why} Try again.")
