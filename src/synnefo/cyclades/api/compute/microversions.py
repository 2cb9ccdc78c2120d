"""Microversions of the newer compute dialect. Spec: openstack-api 6.1, 13.

The version that a request asks for is read once, before its handler, and told in every answer.
"""

import re
from collections.abc import Callable

import msgspec

from synnefo.kit.faults import BadRequest, NotAcceptable
from synnefo.serve.http import COMPUTE, Answer, Call

Version = tuple[int, int]

MINIMUM: Version = (2, 1)
MAXIMUM: Version = (2, 79)
_FORM = re.compile(r"^(\d+)\.(0|[1-9]\d*)$")


def text(version: Version) -> str:
    """Write a version."""
    return f"{version[0]}.{version[1]}"


def asked(headers: Callable[[str], str | None]) -> Version:
    """Read the version that a request asks for; BadRequest or NotAcceptable when it cannot be."""
    wanted = _named(headers("OpenStack-API-Version")) or headers("X-OpenStack-Nova-API-Version")
    if not wanted:
        return MINIMUM
    if wanted.strip().lower() == "latest":
        return MAXIMUM
    found = _FORM.match(wanted.strip())
    if found is None:
        raise BadRequest(f"'{wanted}' is no API version; write it like {text(MAXIMUM)}.")
    version = int(found[1]), int(found[2])
    if not MINIMUM <= version <= MAXIMUM:
        raise NotAcceptable(
            f"Version {wanted} is not supported here: the minimum is {text(MINIMUM)} and the "
            f"maximum is {text(MAXIMUM)}."
        )
    return version


def _named(header: str | None) -> str | None:
    """Pick ours out of `compute 2.1, volume 3.0`."""
    for part in (header or "").split(","):
        service, _, version = part.strip().partition(" ")
        if service == "compute":
            return version
    return None


def of(call: Call) -> Version:
    """Answer the version in which a call is to be answered."""
    return call.microversion or MINIMUM


def negotiated(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Read the version before a call, tell it after."""
    try:
        call.microversion = asked(call.headers.get)
    except (BadRequest, NotAcceptable) as fault:
        body, kind = COMPUTE(fault)
        if isinstance(fault, NotAcceptable):
            body = body.replace(b'"notAcceptable"', b'"computeFault"', 1)
        headers = {"Content-Type": kind, "Content-Length": str(len(body))}
        return _told(Answer(fault.status, headers, body), MAXIMUM)
    return _told(proceed(call), call.microversion)


def _told(answer: Answer, version: Version) -> Answer:
    headers = answer.headers
    headers["OpenStack-API-Version"] = f"compute {text(version)}"
    headers["X-OpenStack-Nova-API-Version"] = text(version)
    names = "OpenStack-API-Version, X-OpenStack-Nova-API-Version"
    kept = headers.get("Vary")
    headers["Vary"] = f"{kept}, {names}" if kept else names
    return answer


def since(version: Version, first: Version, value: object) -> object:
    """Answer a field's value from the version on that brought it; unset before."""
    return value if version >= first else msgspec.UNSET
