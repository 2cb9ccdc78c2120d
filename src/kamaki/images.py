"""Images as headers say them, and the files that say them too. Spec: kamaki 5.4."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from kamaki.errors import KamakiError

META = "x-image-meta-"
PROPERTY = f"{META}property-"
Json = dict[str, Any]


class Wish(msgspec.Struct, kw_only=True):
    """What an image shall say of itself; None is left as it is."""

    name: str | None = None
    location: str | None = None
    checksum: str | None = None
    container_format: str | None = None
    disk_format: str | None = None
    owner: str | None = None
    size: int | None = None
    is_public: bool | None = None
    status: str | None = None
    properties: dict[str, str] = {}

    def headers(self) -> dict[str, str]:
        """Write the wish as headers."""
        told = msgspec.to_builtins(self)
        properties = told.pop("properties")
        found = {
            f"X-Image-Meta-{key.replace('_', '-')}": _text(value)
            for key, value in told.items()
            if value is not None
        }
        for key, value in properties.items():
            found[f"X-Image-Meta-Property-{quote(key.replace('_', '-'))}"] = _text(value)
        return found


def _text(value: object) -> str:
    return quote(str(value), safe="/:;,=@ ")


def _truth(text: str) -> bool:
    return text.lower() == "true"


_READ: dict[str, Callable[[str], Any]] = {"size": int, "is_public": _truth, "is_snapshot": _truth}


def from_headers(headers: Mapping[str, str]) -> Json:
    """Read an image from the headers of an answer."""
    found: Json = {}
    properties: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        if key.startswith(PROPERTY):
            properties[key[len(PROPERTY) :].replace("-", "_").upper()] = unquote(value)
        elif key.startswith(META):
            field = key[len(META) :].replace("-", "_")
            found[field] = _READ.get(field, str)(unquote(value))
    return {**found, "properties": properties}


def read_metafile(file: Path) -> Wish:
    """Read what a file says of an image; keys may be written with dashes."""
    try:
        told = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise KamakiError(f"{file} is no metadata file: {error}") from error
    if not isinstance(told, dict):
        raise KamakiError(f"{file} is no metadata file: it must hold one object of JSON")
    named = {str(key).replace("-", "_").lower(): value for key, value in told.items()}
    kept = {key: named[key] for key in Wish.__struct_fields__ if named.get(key) not in (None, "")}
    properties = kept.get("properties") or {}
    kept["properties"] = {str(k).upper().replace("-", "_"): str(v) for k, v in properties.items()}
    kept.pop("status", None)
    try:
        return msgspec.convert(kept, Wish, strict=False)
    except msgspec.ValidationError as error:
        raise KamakiError(f"{file} is no metadata file: {error}") from error


def overlaid(lower: Wish, upper: Wish) -> Wish:
    """Lay one wish over another."""
    told = {
        key: value
        for key in Wish.__struct_fields__
        if key != "properties" and (value := getattr(upper, key)) is not None
    }
    properties = {**lower.properties, **upper.properties}
    return msgspec.structs.replace(lower, **told, properties=properties)
