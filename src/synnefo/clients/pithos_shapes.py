"""What Pithos answers, as its client hands it out."""

from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

META = "x-object-meta-"


class Stored(msgspec.Struct, frozen=True):
    """An object that was just written."""

    etag: str
    version: str


class HashMap(msgspec.Struct, frozen=True):
    """The list of blocks that an object is made of; lower-case hex, `size` in bytes."""

    size: int = msgspec.field(name="bytes")
    hashes: list[str]
    block_size: int = 4194304
    block_hash: str = "sha256"


class ObjectHead(msgspec.Struct, frozen=True):
    """Everything that Pithos tells about an object but its content.

    `metadata` has lower-case keys without the `X-Object-Meta-` prefix. `available` is 1 when the
    content can be read, 0 when it is still being made, -1 when that failed.
    """

    size: int
    content_type: str
    etag: str
    merkle: str
    uuid: str
    version: str
    modified: str
    modified_by: str
    metadata: dict[str, str]
    sharing: str = ""
    public_url: str = ""
    available: int = 1


class ListedObject(msgspec.Struct, frozen=True):
    """One line of a container's listing; a folder that was rolled up has only `subdir`."""

    name: str = ""
    size: int = msgspec.field(default=0, name="bytes")
    content_type: str = ""
    etag: str = msgspec.field(default="", name="hash")
    merkle: str = msgspec.field(default="", name="x_object_hash")
    uuid: str = msgspec.field(default="", name="x_object_uuid")
    last_modified: str = ""
    subdir: str = ""


class ListedContainer(msgspec.Struct, frozen=True):
    """One line of an account's listing."""

    name: str
    count: int = 0
    size: int = msgspec.field(default=0, name="bytes")
    last_modified: str = ""


class DomainObject(msgspec.Struct, frozen=True):
    """An object with the metadata that another service keeps on it. Spec: object-storage 17.1.

    `version_timestamp` is in seconds since 1970; `read` and `write` list user ids, `*` and
    `owner:group`. `account` is the owner's user id.
    """

    uuid: str
    account: str
    container: str
    name: str
    size: int
    content_type: str
    merkle: str
    etag: str
    version: int
    version_timestamp: float
    available: int
    is_snapshot: bool
    read: list[str]
    write: list[str]
    metadata: dict[str, str]


class MissingBlocks(Exception):
    """Blocks of a hash map must be uploaded before the object can be made of them."""

    def __init__(self, hashes: list[str]) -> None:
        super().__init__(f"{len(hashes)} blocks are missing")
        self.hashes = hashes


def head_of(headers: Mapping[str, str]) -> ObjectHead:
    """Read an object's headers."""
    got = {name.lower(): value for name, value in headers.items()}
    return ObjectHead(
        size=int(got.get("content-length") or 0),
        content_type=unquote(got.get("content-type", "")),
        etag=got.get("etag", "").strip('"'),
        merkle=got.get("x-object-hash", ""),
        uuid=got.get("x-object-uuid", ""),
        version=got.get("x-object-version", ""),
        modified=got.get("last-modified", ""),
        modified_by=got.get("x-object-modified-by", ""),
        metadata={
            unquote(name[len(META) :]): unquote(value)
            for name, value in got.items()
            if name.startswith(META)
        },
        sharing=unquote(got.get("x-object-sharing", "")),
        public_url=unquote(got.get("x-object-public", "")),
        available=int(got.get("available") or 1),
    )
