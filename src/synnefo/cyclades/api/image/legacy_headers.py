"""Images as headers, the way of v1. Spec: compute 6.2."""

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from synnefo.cyclades.domain.images import Changes, Image, ImageStatus
from synnefo.kit import clock
from synnefo.kit.faults import BadRequest

META = "x-image-meta-"
PROPERTY = "property-"
LEGACY_FORMATS = ("diskdump", "extdump", "ntfsdump")
_SAID = {"raw": "diskdump", "": "diskdump"}
_WORDS = {
    ImageStatus.ACTIVE: "AVAILABLE",
    ImageStatus.IMPORTING: "SAVING",
    ImageStatus.QUEUED: "SAVING",
    ImageStatus.KILLED: "ERROR",
    ImageStatus.DEACTIVATED: "UNAVAILABLE",
}
_FIELDS = frozenset(
    {
        "name",
        "location",
        "store",
        "disk_format",
        "container_format",
        "size",
        "checksum",
        "is_public",
        "owner",
        "status",
        "id",
    }
)


class Wish:
    """What the headers of a request say of an image."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.fields: dict[str, str] = {}
        self.properties: dict[str, str] = {}
        for name, value in headers.items():
            key = name.lower()
            if key.startswith(META + PROPERTY):
                self.properties[_property(name[len(META + PROPERTY) :])] = unquote(value)
            elif key.startswith(META):
                self.fields[re.sub(r"\W", "_", key[len(META) :])] = unquote(value)
        unknown = set(self.fields) - _FIELDS
        if unknown:
            raise BadRequest(f"Images have no '{sorted(unknown)[0]}' to set.")

    @property
    def is_public(self) -> bool | None:
        """Tell whether everybody shall use it; None when nothing is said."""
        text = self.fields.get("is_public")
        return None if text is None else text.lower() == "true"

    def changes(self) -> Changes:
        """Write the wish as changes."""
        return Changes(
            name=self.fields.get("name"),
            disk_format=_format(self.fields.get("disk_format")),
            container_format=self.fields.get("container_format"),
            properties=dict(self.properties),
        )


def _property(name: str) -> str:
    return re.sub(r"[^\w]", "_", unquote(name).lower())


def _format(text: str | None) -> str | None:
    if text is not None and text not in (*LEGACY_FORMATS, "raw"):
        raise BadRequest(f"The disk format is one of {', '.join(LEGACY_FORMATS)}.")
    return text


def of_image(image: Image) -> dict[str, object]:
    """Show an image as v1 does."""
    return {
        "id": image.id,
        "name": image.name,
        "status": _WORDS[image.status],
        "disk_format": _SAID.get(image.disk_format, image.disk_format),
        "container_format": image.container_format,
        "size": image.size or 0,
        "checksum": image.merkle,
        "location": image.location,
        "created_at": _time(image.created),
        "updated_at": _time(image.updated),
        "deleted_at": "",
        "is_public": image.is_public,
        "owner": image.owner,
        "is_snapshot": image.is_snapshot,
        "description": image.description,
        "properties": dict(image.properties),
    }


def brief(image: Image) -> dict[str, object]:
    """Show an image in short."""
    told = of_image(image)
    names = ("status", "name", "disk_format", "container_format", "size", "id")
    return {name: told[name] for name in names}


def headers_of(image: Image) -> dict[str, str]:
    """Write an image as headers."""
    told = of_image(image)
    properties = told.pop("properties")
    headers = {f"{META}{name.replace('_', '-')}": _text(value) for name, value in told.items()}
    if isinstance(properties, dict):
        for name, value in properties.items():
            headers[f"{META}{PROPERTY}{quote(name.replace('_', '-'))}"] = quote(str(value))
    return headers


def _text(value: object) -> str:
    return str(value) if isinstance(value, bool | int) else quote(str(value), safe="/:% ")


def _time(moment: float) -> str:
    return clock.from_timestamp(moment).strftime("%Y-%m-%d %H:%M:%S")
