"""Bodies whose known fields are checked and whose others are kept as they are.

Identity v3 stores attributes that it does not know, and answers them. Spec: openstack-api 4.4.
"""

from typing import Any, TypeVar

import msgspec

from synnefo.kit.faults import BadRequest

T = TypeVar("T", bound=msgspec.Struct)
READ_ONLY = {"id", "links", "SNF:extra"}


def read(given: dict[str, Any], kind: type[T]) -> tuple[T, dict[str, Any]]:
    """Answer the known fields of a body and the others; BadRequest for a wrong one."""
    try:
        known = msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The request body is not valid: {error}.") from error
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    extra = {key: value for key, value in given.items() if key not in names | READ_ONLY}
    return known, extra


def told(known: msgspec.Struct) -> dict[str, Any]:
    """Answer the fields that a change names."""
    return {
        name: value
        for name, value in msgspec.structs.asdict(known).items()
        if value is not msgspec.UNSET
    }


def checked_tags(tags: list[str]) -> list[str]:
    """Answer tags that may be kept: each once, without a slash or a comma, at most 80."""
    for tag in tags:
        if not tag or len(tag) > 255 or "/" in tag or "," in tag:
            raise BadRequest(f"'{tag}' cannot be a tag: 1 to 255 characters, no slash, no comma.")
    if len(set(tags)) != len(tags) or len(tags) > 80:
        raise BadRequest("Give at most 80 tags, each of them once.")
    return tags
