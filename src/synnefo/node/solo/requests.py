"""Requests of the RAPI as opcodes, with Ganeti's own complaints. Labs: ganeti 3.1, 3.2."""

import html
import ipaddress
import re
from typing import Any

import msgspec

from synnefo.node.solo.opcodes import AnyOpcode, name_of

_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]*)`")
_EXPLANATIONS = {
    400: "Bad request syntax or unsupported method",
    401: "No permission -- see authorization schemes",
    403: "Request forbidden -- authorization will not help",
    404: "Nothing matches the given URI",
    500: "Server got itself in trouble",
    501: "Server does not support this operation",
    502: "Invalid responses from another server/proxy.",
}
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
}


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = html.escape(message) if message else _TITLES[status]

    def body(self) -> dict[str, object]:
        """Write it as Ganeti does."""
        explain = _EXPLANATIONS[self.status]
        return {"code": self.status, "message": self.message, "explain": explain}


Body = dict[str, Any]


def decode(raw: bytes) -> Any:
    """Read a request's body; an empty one is None."""
    if not raw.strip():
        return None
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise Refusal(400, f"Unable to parse JSON data: {error}") from error


def fields(raw: bytes) -> Body:
    """Read a body that must be an object, or empty."""
    found = decode(raw)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Refusal(400, "Invalid body parameters: not a dictionary")
    return found


def opcode(kind: str, body: Body) -> AnyOpcode:
    """Make an opcode of a body whose fields are the opcode's own."""
    title = "".join(word.capitalize() for word in kind.lower().split("_"))
    try:
        made: AnyOpcode = msgspec.convert({**body, "OP_ID": kind}, AnyOpcode)
    except msgspec.ValidationError as error:
        unknown = _UNKNOWN_FIELD.search(str(error))
        told = (
            f"Object {title} doesn't support the parameter '{unknown[1]}'"
            if unknown
            else str(error)
        )
        raise Refusal(400, f"Invalid body parameters: {told}") from error
    if name_of(made) != kind:
        raise Refusal(400, f"Invalid body parameters: not a {title}")
    return made


def creation(raw: bytes) -> tuple[AnyOpcode, dict[str, str]]:
    """Make the opcode of a new instance, and the secrets that must not be in it."""
    body = fields(raw)
    version = body.pop("__version__", 0)
    if version != 1:
        message = f"Instance creation request version {version} is no longer supported"
        raise Refusal(400, message)
    if "os" in body:
        body["os_type"] = body.pop("os")
    if "instance_name" in body:
        raise Refusal(
            400,
            "Invalid body parameters: Object OpInstanceCreate doesn't support the parameter"
            " 'instance_name'",
        )
    if not isinstance(body.get("name"), str) or not body["name"]:
        raise Refusal(400, "Invalid body parameters: missing field 'name'")
    body["instance_name"] = _plain_name(body.pop("name"))
    secrets: dict[str, str] = {}
    for key in ("osparams_private", "osparams_secret"):
        given = body.get(key)
        if isinstance(given, dict):
            secrets |= {name: str(value) for name, value in given.items() if value is not None}
            body[key] = dict.fromkeys(given)
    return opcode("OP_INSTANCE_CREATE", body), secrets


def network(raw: bytes) -> AnyOpcode:
    """Make the opcode of a new network; host bits are refused at once, as Ganeti does."""
    body = fields(raw)
    made = opcode("OP_NETWORK_ADD", body)
    _plain_name(str(body.get("network_name", "")))
    try:
        ipaddress.IPv4Network(str(body["network"]))
    except ValueError as error:
        raise Refusal(500, str(error)) from error
    return made


def _plain_name(name: str) -> str:
    """Refuse names that could not be file names."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}", name):
        raise Refusal(400, f"Invalid body parameters: '{name}' is no valid name")
    return name
