"""What a caller may put into a new server: password, files, user data, metadata.

Spec: compute 4.3, 4.6, 8.2; openstack-api 6.3.
"""

import base64
import binascii
import re
import string
from collections.abc import Callable, Mapping, Sequence

import msgspec

from synnefo.kit.faults import BadRequest, OverLimit

MAX_USER_DATA = 65535
KEY_LENGTH = 50
VALUE_LENGTH = 500
PASSWORD_LENGTH = 10


class InjectedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file written into a new server; `contents` is base64."""

    path: str
    contents: str = ""
    owner: str = "root"
    group: str = "root"
    mode: int = 0o440


def check_password(password: str) -> str:
    """Refuse a password that is too weak. Spec: compute 4.3."""
    kinds = (str.isupper, str.islower, str.isdigit)
    if len(password) < PASSWORD_LENGTH or not all(any(map(kind, password)) for kind in kinds):
        raise BadRequest(
            "The password must have at least 10 characters, with an upper case letter, "
            "a lower case letter and a digit."
        )
    return password


def make_password(pick: Callable[[str], str]) -> str:
    """Make a password; `pick` takes a character out of an alphabet by chance."""
    letters = string.ascii_letters + string.digits
    start = pick(string.ascii_lowercase) + pick(string.ascii_uppercase) + pick(string.digits)
    return start + "".join(pick(letters) for _ in range(PASSWORD_LENGTH - len(start)))


def check_user_data(user_data: str | None) -> str:
    """Refuse user data that is no base64 or too long."""
    if not user_data:
        return ""
    if len(user_data) > MAX_USER_DATA:
        raise BadRequest(f"The user data is longer than {MAX_USER_DATA} characters of base64.")
    decoded(user_data, "The user data")
    return user_data


def decoded(text: str, what: str) -> bytes:
    """Decode base64, line breaks allowed."""
    try:
        return base64.b64decode(re.sub(r"\s+", "", text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"{what} must be encoded in base64.") from error


def check_files(files: Sequence[InjectedFile], *, count: int, size: int) -> None:
    """Refuse too many files, or too large ones."""
    if len(files) > count:
        raise OverLimit(f"At most {count} files can be written into a new server.")
    for file in files:
        contents = decoded(file.contents, f"The contents of {file.path}")
        if max(len(contents), len(file.contents)) > size:
            raise OverLimit(f"{file.path} is larger than {size} bytes.")


def check_metadata(items: Mapping[str, object], limit: int) -> dict[str, str]:
    """Refuse metadata that is too much, too long or no text; answer it as text."""
    if len(items) > limit:
        raise BadRequest(f"A server can carry at most {limit} metadata items.")
    return {_key(key): _value(value) for key, value in items.items()}


def _key(key: str) -> str:
    if not 0 < len(key) <= KEY_LENGTH:
        raise BadRequest(f"A metadata key has between 1 and {KEY_LENGTH} characters.")
    return key


def _value(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadRequest("A metadata value must be text or a number.")
    if len(str(value)) > VALUE_LENGTH:
        raise BadRequest(f"A metadata value has at most {VALUE_LENGTH} characters.")
    return str(value)


def check_tags(tags: Sequence[str], limit: int) -> list[str]:
    """Refuse tags that are too many, too long, or hold a slash or comma. Spec: compute 4.7."""
    if len(set(tags)) > limit:
        raise BadRequest(f"A server can carry at most {limit} tags.")
    for tag in tags:
        if not 0 < len(tag) <= 60 or "/" in tag or "," in tag:
            raise BadRequest("A tag has 1 to 60 characters, without '/' and ','.")
    return list(dict.fromkeys(tags))


def hostname_of(name: str) -> str:
    """Make a host name from a server's name."""
    text = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")
    return text[:63].rstrip("-.") or "server"
