"""JSON for pages of other hosts: as it is, or in a call of the function that the page names."""

import re
from collections.abc import Mapping

import msgspec

from synnefo.kit.faults import BadRequest
from synnefo.serve.http import Call, Reply

_CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,99}", re.ASCII)


def told(call: Call, items: object, headers: Mapping[str, str]) -> Reply:
    """Answer JSON, or a script that calls the function named by `callback`."""
    data = msgspec.json.encode(items)
    callback = call.arg("callback")
    if callback is None:
        return Reply(headers={**headers, "Content-Type": "application/json"}, body=data)
    if not _CALLBACK.fullmatch(callback):
        raise BadRequest("The callback must be the plain name of a function.")
    kind = "application/javascript"
    script = callback.encode() + b"(" + _in_script(data) + b")"
    return Reply(headers={**headers, "Content-Type": kind}, body=script)


def _in_script(data: bytes) -> bytes:
    """Write JSON so that it ends no script and no line of one."""
    for risky in ("<", ">", "&", "\u2028", "\u2029"):
        data = data.replace(risky.encode(), f"\\u{ord(risky):04x}".encode())
    return data
