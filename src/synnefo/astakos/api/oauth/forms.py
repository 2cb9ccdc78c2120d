"""Forms and headers as OAuth 2.0 has them. Spec: identity 11."""

from collections.abc import Mapping
from urllib.parse import parse_qs, unquote_plus

import msgspec
from authlib.oauth2.rfc6749.util import extract_basic_authorization

from synnefo.astakos.api.discovery import base_url
from synnefo.astakos.usecases.oauth import Basic
from synnefo.kit.faults import BadRequest, Fault
from synnefo.serve.http import Call

FORM = "application/x-www-form-urlencoded"
LARGEST = 64 * 1024


class _Told(msgspec.Struct):
    error: str
    exception: str


def GENERIC(fault: Fault) -> tuple[bytes, str]:  # noqa: N802 - names a style, like a constant
    """Write `{"error": "generic_error", "exception": ...}`. Spec: identity 11.1."""
    told = _Told("generic_error", fault.message)
    return msgspec.json.encode(told), "application/json"


def read(call: Call) -> dict[str, str]:
    """Read a form from the body, each field once."""
    kind = (call.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise BadRequest(f"Send a form, with the header Content-Type: {FORM}.")
    try:
        text = call.read_all(LARGEST).decode("ascii")
    except UnicodeDecodeError as error:
        raise BadRequest("The form is not encoded as forms are.") from error
    try:
        return only_once(parse_qs(text, keep_blank_values=True, max_num_fields=50))
    except ValueError as error:
        raise BadRequest("The form has too many fields.") from error


def only_once(fields: Mapping[str, list[str]]) -> dict[str, str]:
    """Answer fields that are there once each; a second one could mean another to who reads on."""
    double = [name for name, values in fields.items() if len(values) > 1]
    if double:
        raise BadRequest(f"Send each parameter once; this came twice: {double[0][:50]}.")
    return {name: values[0] for name, values in fields.items()}


def basic_of(call: Call) -> Basic | None:
    """Read what a client says of itself in the header Authorization; None without one."""
    header = call.headers.get("Authorization")
    if not header:
        return None
    identifier, secret = extract_basic_authorization({"Authorization": header})
    if not identifier or secret is None:
        raise BadRequest("The Authorization header is not Basic with identifier and secret.")
    return Basic(unquote_plus(identifier), unquote_plus(secret), call.address)


def check_secure(call: Call) -> None:
    """Refuse what came in the clear where the service is published under https."""
    if base_url().startswith("https:") and not call.request.is_secure():
        raise BadRequest("OAuth 2.0 is spoken over HTTPS only.")
