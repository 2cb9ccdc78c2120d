"""Where things are: accounts, containers, objects, and the headers that name them."""

from urllib.parse import unquote

import msgspec

from synnefo.kit.faults import BadRequest
from synnefo.kit.ids import is_uuid

MAX_ACCOUNT = 256
MAX_CONTAINER = 256
MAX_NAME = 1024
SWIFT_PREFIX = "AUTH_"
FOLDER_TYPES = {"application/directory", "application/folder"}


class Place(msgspec.Struct, frozen=True):
    """The address of an object, or of what holds it; `name` may contain slashes."""

    account: str
    container: str = ""
    name: str = ""

    @property
    def path(self) -> str:
        """Write the address as commissions and reports name it."""
        return "/".join(part for part in (self.account, self.container, self.name) if part)


def account_of(segment: str) -> tuple[str, bool]:
    """Read an account segment; tell the account and whether Swift's dialect is spoken.

    Spec: object-storage 18.2, rule R1.
    """
    is_swift = segment.startswith(SWIFT_PREFIX)
    account = segment.removeprefix(SWIFT_PREFIX)
    if not account or len(account) > MAX_ACCOUNT:
        raise BadRequest(f"An account has 1 to {MAX_ACCOUNT} characters.")
    if len(account) == 32 and is_uuid(dashed := _dashed(account)):
        account = dashed
    return account, is_swift


def _dashed(text: str) -> str:
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def check_container(container: str) -> str:
    """Refuse a container name that is too long or cannot be addressed."""
    if not container or "/" in container:
        raise BadRequest("A container has a name, and there is no slash in it.")
    if len(container) > MAX_CONTAINER:
        raise BadRequest(f"Container name length of {len(container)} longer than {MAX_CONTAINER}.")
    return _storable(container)


def check_name(name: str) -> str:
    """Refuse an object name that is empty or too long. Spec: object-storage 12.2."""
    if not name or len(name) > MAX_NAME:
        raise BadRequest(f"An object name has 1 to {MAX_NAME} characters; this has {len(name)}.")
    return _storable(name)


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadRequest("A name must be UTF-8 text without NUL characters.")
    return text


def place_in_header(value: str, account: str) -> Place:
    """Read `/container/object`, percent-encoded, leading slash or not."""
    container, _, name = unquote(value).removeprefix("/").partition("/")
    if not container or not name:
        raise BadRequest(f"'{value}' does not name an object. Write /container/object.")
    return Place(account, check_container(container), check_name(name))


def is_folder(content_type: str) -> bool:
    """Tell whether an object of this type is a folder. Spec: object-storage 1."""
    return content_type.partition(";")[0].strip() in FOLDER_TYPES


def ancestors(name: str) -> list[str]:
    """List the names whose sharing may govern an object's, nearest first, itself included.

    Each folder is given with and without its trailing slash. Spec: object-storage 10.2.
    """
    found = [name]
    head = name.rstrip("/")
    if head != name:
        found.append(head)
    while "/" in head:
        head = head.rpartition("/")[0]
        if head:
            found += [f"{head}/", head]
    return list(dict.fromkeys(found))
