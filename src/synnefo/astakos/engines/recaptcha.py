"""reCAPTCHA: asks its service whether an answer came from a person. Spec: identity 18.4."""

from urllib.parse import urlencode, urlsplit

import msgspec

from synnefo.clients.http import Http
from synnefo.kit.faults import ServiceUnavailable

TIMEOUT = 10.0
FORM = "application/x-www-form-urlencoded"
CANNOT = "The puzzle cannot be checked now. Try again soon."


class Verdict(msgspec.Struct):
    """What the service says of an answer."""

    success: bool = False


def is_person(url: str, secret: str, answer: str, address: str) -> bool:
    """Ask the service at `url`; ServiceUnavailable when it cannot be asked."""
    parts = urlsplit(url)
    fields = {"secret": secret, "response": answer, "remoteip": address}
    service = Http(f"{parts.scheme}://{parts.netloc}", timeout=TIMEOUT, attempts=2)
    body = urlencode(fields).encode()
    told = service.call("POST", parts.path, body=body, headers={"Content-Type": FORM}, check=False)
    try:
        return msgspec.json.decode(told.body, type=Verdict).success
    except msgspec.MsgspecError as error:
        raise ServiceUnavailable(CANNOT) from error
