"""Many things done by one request, and how much of it was done. Spec: openstack-api 10.1."""

from urllib.parse import unquote
from xml.sax.saxutils import escape

import msgspec

from synnefo.kit.faults import BadRequest, Conflict, Fault, ItemNotFound
from synnefo.pithos.api import formats
from synnefo.pithos.api.dialects import Asked, asked
from synnefo.pithos.domain.places import place_in_header
from synnefo.pithos.usecases import containers, objects
from synnefo.serve.http.call import Call, Reply

MAX_BULK = 10_000
MAX_BULK_BODY = 16 * 1024 * 1024


def delete_many(call: Call, account: str) -> Reply:
    """Delete the objects and empty containers that the body lists. Spec: openstack-api 10.1."""
    ask = asked(call, account)
    lines = call.read_all(MAX_BULK_BODY).decode("utf-8", "replace").splitlines()
    paths = [line.strip() for line in lines if line.strip()]
    if len(paths) > MAX_BULK:
        raise BadRequest(f"At most {MAX_BULK} paths can be deleted in one request.")
    gone, missing = 0, 0
    errors: list[list[str]] = []
    for path in paths:
        try:
            _delete_path(ask, path)
            gone += 1
        except ItemNotFound:
            missing += 1
        except Fault as fault:
            errors.append([path, f"{fault.status} {fault.title}"])
    status = "400 Bad Request" if errors else "200 OK"
    return told(call, {
        "Number Deleted": gone,
        "Number Not Found": missing,
        "Response Status": status,
        "Response Body": "",
        "Errors": errors,
    })  # fmt: skip


def told(call: Call, facts: dict[str, object]) -> Reply:
    """Answer how much of a bulk operation was done, in the wanted format."""
    kind = formats.chosen(call, "text", "json", "xml")
    if kind == "json":
        return Reply(200, {"Content-Type": formats.JSON}, msgspec.json.encode(facts))
    if kind == "xml":
        return Reply(200, {"Content-Type": formats.XML}, _xml(facts))
    errors = facts["Errors"]
    assert isinstance(errors, list)
    lines = [f"{key}: {value}" for key, value in facts.items() if key != "Errors"]
    lines += ["Errors:", *(f"{name}, {why}" for name, why in errors)]
    return Reply(200, {"Content-Type": formats.TEXT}, "\n".join(lines).encode())


def _xml(facts: dict[str, object]) -> bytes:
    errors = facts["Errors"]
    assert isinstance(errors, list)
    inner = "".join(
        f"<{key.lower().replace(' ', '_')}>{escape(str(value))}</{key.lower().replace(' ', '_')}>"
        for key, value in facts.items()
        if key != "Errors"
    )
    inner += "".join(
        f"<object><name>{escape(name)}</name><status>{escape(why)}</status></object>"
        for name, why in errors
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<bulk>{inner}</bulk>'
    return text.encode()


def _delete_path(ask: Asked, path: str) -> None:
    plain = unquote(path).strip("\n").removeprefix("/")
    if "/" in plain.rstrip("/"):
        objects.delete(ask.caller, place_in_header(path, ask.place.account))
        return
    try:
        containers.delete(ask.caller, ask.place.account, plain.rstrip("/"))
    except Conflict:
        raise Conflict("The container is not empty.") from None
