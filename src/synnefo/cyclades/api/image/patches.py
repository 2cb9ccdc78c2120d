"""Bodies and JSON patches of Glance v2 as changes of an image. Spec: openstack-api 7."""

from typing import Any

import msgspec

from synnefo.cyclades.domain.images import Changes, Image, Visibility
from synnefo.kit.faults import BadRequest, Conflict, Forbidden

READ_ONLY = frozenset(
    {
        "status",
        "size",
        "virtual_size",
        "checksum",
        "os_hash_algo",
        "os_hash_value",
        "created_at",
        "updated_at",
        "self",
        "file",
        "schema",
        "direct_url",
        "locations",
        "owner",
        "id",
        "stores",
    }
)
_FIELDS = {
    "name": "name",
    "disk_format": "disk_format",
    "container_format": "container_format",
    "visibility": "visibility",
    "protected": "protected",
    "os_hidden": "hidden",
    "min_disk": "min_disk",
    "min_ram": "min_ram",
    "tags": "tags",
    "description": "description",
}
_EMPTY: dict[str, object] = {
    "name": "",
    "min_disk": 0,
    "min_ram": 0,
    "tags": (),
    "description": "",
}


class Operation(msgspec.Struct):
    """One step of a patch."""

    op: str
    path: str
    value: Any = None


def from_body(body: dict[str, Any]) -> Changes:
    """Read the body of POST /v2/images."""
    changes = Changes()
    for name, value in body.items():
        if name in READ_ONLY and name not in {"id", "owner"}:
            raise Forbidden(f"'{name}' cannot be set.")
        if name not in READ_ONLY:
            _set(changes, name, value)
    return changes


def from_patch(image: Image, steps: list[Operation]) -> Changes:
    """Read the body of PATCH /v2/images/ID."""
    changes = Changes()
    for step in steps:
        name = _name(step.path)
        if name in READ_ONLY:
            raise Forbidden(f"Attribute '{name}' is read-only.")
        if step.op == "remove":
            _remove(changes, image, name)
        elif step.op in {"add", "replace"}:
            if step.op == "replace" and not _is_there(image, changes, name):
                raise Conflict(f"There is no property '{name}' to replace.")
            _set(changes, name, step.value)
        else:
            raise BadRequest(f"'{step.op}' is not an operation: use add, replace or remove.")
    return changes


def _name(path: str) -> str:
    name = path.removeprefix("/")
    if not path.startswith("/") or "/" in name or not name:
        raise BadRequest(f"'{path}' is not the path of a property.")
    return name.replace("~1", "/").replace("~0", "~")


def _is_there(image: Image, changes: Changes, name: str) -> bool:
    return name in _FIELDS or name in image.properties or name in changes.properties


def _remove(changes: Changes, image: Image, name: str) -> None:
    if name in _EMPTY:
        _set(changes, name, list(image.tags)[:0] if name == "tags" else _EMPTY[name])
    elif name in _FIELDS:
        raise Forbidden(f"'{name}' cannot be removed.")
    elif name not in image.properties:
        raise Conflict(f"There is no property '{name}' to remove.")
    else:
        changes.properties = {**changes.properties, name: None}


def _set(changes: Changes, name: str, value: object) -> None:
    field = _FIELDS.get(name)
    if field is None:
        if not isinstance(value, str):
            raise BadRequest(f"The property '{name}' must be a text.")
        changes.properties = {**changes.properties, name: value}
        return
    setattr(changes, field, _checked(name, field, value))


def _checked(name: str, field: str, value: object) -> object:
    if name == "tags":
        return _tags(value)
    if value is None and name in {"name", "disk_format", "container_format"}:
        return "" if name == "name" else None
    kind = _KINDS.get(field, str)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"'{name}' is not valid: {error}.") from error


_KINDS: dict[str, type] = {
    "visibility": Visibility,
    "protected": bool,
    "hidden": bool,
    "min_disk": int,
    "min_ram": int,
}


def _tags(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise BadRequest("'tags' is a list of texts.")
    if any(not tag or len(tag) > 255 for tag in value):
        raise BadRequest("A tag has 1 to 255 characters.")
    return tuple(dict.fromkeys(value))
