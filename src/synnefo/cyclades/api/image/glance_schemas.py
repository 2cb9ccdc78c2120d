"""Glance v2: the schemas that clients read before they speak. Spec: openstack-api 7."""

from synnefo.cyclades.api.image.patches import READ_ONLY
from synnefo.cyclades.api.image.views import View
from synnefo.cyclades.domain.images import CONTAINER_FORMATS, DISK_FORMATS, Visibility
from synnefo.kit.faults import ItemNotFound
from synnefo.serve.http import Call

_TEXT: View = {"type": "string"}
_MAYBE: View = {"type": ["null", "string"]}
_NUMBER: View = {"type": "integer"}
_MAYBE_NUMBER: View = {"type": ["null", "integer"]}
_FLAG: View = {"type": "boolean"}

_IMAGE: dict[str, View] = {
    "id": _TEXT,
    "name": {"type": ["null", "string"], "maxLength": 255},
    "status": _TEXT,
    "visibility": {"type": "string", "enum": [str(v) for v in Visibility]},
    "protected": _FLAG,
    "os_hidden": _FLAG,
    "checksum": _MAYBE,
    "os_hash_algo": _MAYBE,
    "os_hash_value": _MAYBE,
    "owner": _MAYBE,
    "size": _MAYBE_NUMBER,
    "virtual_size": _MAYBE_NUMBER,
    "container_format": {"type": ["null", "string"], "enum": [None, *CONTAINER_FORMATS]},
    "disk_format": {"type": ["null", "string"], "enum": [None, *DISK_FORMATS]},
    "created_at": _TEXT,
    "updated_at": _TEXT,
    "tags": {"type": "array", "items": {"type": "string", "maxLength": 255}},
    "min_ram": _NUMBER,
    "min_disk": _NUMBER,
    "self": _TEXT,
    "file": _TEXT,
    "schema": _TEXT,
    "description": _TEXT,
}
_MEMBER: dict[str, View] = {
    "member_id": _TEXT,
    "image_id": _TEXT,
    "created_at": _TEXT,
    "updated_at": _TEXT,
    "status": {"type": "string", "enum": ["pending", "accepted", "rejected"]},
    "schema": _TEXT,
}


def show_schema(_call: Call, name: str) -> View:
    """Show what an image, a member or a list of them looks like."""
    if name == "image":
        return _image()
    if name == "member":
        return {"name": "member", "properties": _MEMBER}
    if name == "images":
        return _list("images", _image())
    if name == "members":
        return _list("members", {"name": "member", "properties": _MEMBER})
    raise ItemNotFound(f"There is no schema '{name}'.")


def _image() -> View:
    properties = {
        key: {**told, "readOnly": True} if key in READ_ONLY else told
        for key, told in _IMAGE.items()
    }
    return {
        "name": "image",
        "properties": properties,
        "additionalProperties": {"type": "string"},
        "links": [
            {"href": "{self}", "rel": "self"},
            {"href": "{file}", "rel": "enclosure"},
            {"href": "{schema}", "rel": "describedby"},
        ],
    }


def _list(name: str, item: View) -> View:
    return {
        "name": name,
        "properties": {
            name: {"type": "array", "items": item},
            "schema": _TEXT,
            "first": _TEXT,
            "next": _TEXT,
        },
        "links": [
            {"href": "{first}", "rel": "first"},
            {"href": "{next}", "rel": "next"},
            {"href": "{schema}", "rel": "describedby"},
        ],
    }
