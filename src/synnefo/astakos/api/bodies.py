"""Rules that all bodies of the platform's identity calls keep. Spec: identity 5."""

from typing import TypeVar

import msgspec

from synnefo.kit.faults import BadRequest
from synnefo.serve.http import Call

T = TypeVar("T")


def check_json(call: Call) -> None:
    """Refuse a body that does not say it is JSON."""
    if not call.headers.get("Content-Type", "").startswith("application/json"):
        raise BadRequest("Send the body as JSON, with the header Content-Type: application/json.")


def decode(data: bytes, kind: type[T]) -> T:
    """Read a JSON body that may be absent or of any content type; BadRequest otherwise."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The request body is not valid: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"The request body is not JSON: {error}.") from error
    except RecursionError as error:
        raise BadRequest("The request body is nested too deeply.") from error


def listed(call: Call, name: str) -> list[str] | None:
    """Read a comma-separated query argument; None when it is not there."""
    text = call.arg(name)
    return None if text is None else [part for part in text.split(",") if part]


def unknown_address(call: Call, rest: str) -> None:
    """Refuse an address that is none of this API's. Spec: identity 5."""
    del call
    raise BadRequest(f"There is no call '/{rest}' in this API.")
