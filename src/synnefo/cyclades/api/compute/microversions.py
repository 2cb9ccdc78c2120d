"""Microversions of the newer compute dialect. Spec: openstack-api 6.1, 13.

The version that a request asks for is read once, before its handler, and told in every answer.
"""

import re
from collections.abc import Callable

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from synnefo.kit.faults import BadRequest, NotAcceptable
from synnefo.serve.http import COMPUTE, Call

Version = tuple[int, int]

MINIMUM: Version = (2, 1)
MAXIMUM: Version = (2, 79)
_FORM = re.compile(r"^(\d+)\.(0|[1-9]\d*)$")
_ATTRIBUTE = "compute_microversion"


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
    version: Version = getattr(call.request, _ATTRIBUTE, MINIMUM)
    return version


View = Callable[..., HttpResponseBase]


def negotiated(view: View) -> View:
    """Wrap an API's view: read the version before, tell it after."""

    def answer(request: HttpRequest, path: str) -> HttpResponseBase:
        try:
            version = asked(request.headers.get)
        except (BadRequest, NotAcceptable) as fault:
            body, kind = COMPUTE(fault)
            if isinstance(fault, NotAcceptable):
                body = body.replace(b'"notAcceptable"', b'"computeFault"', 1)
            refused = HttpResponse(body, status=fault.status, content_type=kind)
            return _told(refused, MAXIMUM)
        setattr(request, _ATTRIBUTE, version)
        return _told(view(request, path), version)

    answer.csrf_exempt = True  # type: ignore[attr-defined] # read by Django
    return answer


def _told(response: HttpResponseBase, version: Version) -> HttpResponseBase:
    response.headers["OpenStack-API-Version"] = f"compute {text(version)}"
    response.headers["X-OpenStack-Nova-API-Version"] = text(version)
    names = "OpenStack-API-Version, X-OpenStack-Nova-API-Version"
    kept = response.headers.get("Vary")
    response.headers["Vary"] = f"{kept}, {names}" if kept else names
    return response


def since(version: Version, first: Version, value: object) -> object:
    """Answer a field's value from the version on that brought it; unset before."""
    return value if version >= first else msgspec.UNSET
