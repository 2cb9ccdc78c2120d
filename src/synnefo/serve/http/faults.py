"""Faults as each API writes them. Spec: openstack-api 1, compute 1.4, object-storage 12.1."""

from collections.abc import Callable

import msgspec

from synnefo.kit.faults import Fault

FaultStyle = Callable[[Fault], tuple[bytes, str]]
"""Writes a fault as a body and its content type."""

JSON_TYPE = "application/json"


def COMPUTE(fault: Fault) -> tuple[bytes, str]:  # noqa: N802 - names a style, like a constant
    """Write `{"itemNotFound": {"code", "message", "details"}}`."""
    told = {"code": fault.status, "message": fault.message, "details": fault.details}
    return msgspec.json.encode({fault.name: told}), JSON_TYPE


def IDENTITY(fault: Fault) -> tuple[bytes, str]:  # noqa: N802 - names a style, like a constant
    """Write `{"error": {"code", "title", "message"}}`."""
    told = {"code": fault.status, "title": fault.title, "message": fault.message}
    return msgspec.json.encode({"error": told}), JSON_TYPE


def NETWORK(fault: Fault) -> tuple[bytes, str]:  # noqa: N802 - names a style, like a constant
    """Write `{"NeutronError": {"type", "message", "detail"}}`."""
    kind = fault.details or fault.name[0].upper() + fault.name[1:]
    told = {"type": kind, "message": fault.message, "detail": ""}
    return msgspec.json.encode({"NeutronError": told}), JSON_TYPE


def TEXT(fault: Fault) -> tuple[bytes, str]:  # noqa: N802 - names a style, like a constant
    """Write the message alone."""
    return f"{fault.message}\n".encode(), "text/plain; charset=utf-8"
