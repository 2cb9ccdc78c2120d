"""Images: objects in storage with metadata that say what they are.

The metadata is the one truth; a structure of it and of the object is read here and written
back as changes. Spec: compute 6.4, openstack-api 7.
"""

import json
from enum import StrEnum

import msgspec

from synnefo.kit.faults import BadRequest

NAME = "plankton:name"
PROPERTY = "plankton:property:"
MEMBER = "plankton:member:"
_LATEST = 1 << 34
"""Seconds since 1970 that no time of an image reaches: the year 2514."""
KEY_LENGTH = 111
VALUE_LENGTH = 256
EMPTY_MARK = "\u2400"
"""Kept for an empty name or property: an empty value would remove its key."""

RAW_NAMES = frozenset({"raw", "diskdump"})
DISK_FORMATS = ("raw", "qcow2", "iso", "ami", "aki", "ari", "diskdump", "extdump", "ntfsdump")
CONTAINER_FORMATS = ("bare", "ami", "aki", "ari", "ovf")


class ImageStatus(StrEnum):
    """Where an image is in its life."""

    QUEUED = "queued"
    IMPORTING = "importing"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    KILLED = "killed"


class Visibility(StrEnum):
    """Who may use an image."""

    PUBLIC = "public"
    COMMUNITY = "community"
    SHARED = "shared"
    PRIVATE = "private"


class MemberStatus(StrEnum):
    """What somebody made of an image that was shared with them."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ShelfItem(msgspec.Struct, frozen=True, kw_only=True):
    """An object as the storage tells about it; times in seconds since 1970."""

    id: str
    owner: str
    container: str
    path: str
    size: int
    etag: str
    merkle: str
    version: int
    changed: float
    available: int = 1
    is_snapshot: bool = False
    read: tuple[str, ...] = ()
    metadata: dict[str, str] = {}


class BlockList(msgspec.Struct, frozen=True):
    """Which blocks an object is made of."""

    size: int
    hashes: list[str]


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """An image with everything that is known of it."""

    id: str
    owner: str
    container: str
    path: str
    name: str
    status: ImageStatus
    size: int | None
    virtual_size: int | None
    checksum: str | None
    sha512: str | None
    merkle: str
    version: int
    disk_format: str
    container_format: str
    visibility: Visibility
    members: dict[str, MemberStatus]
    protected: bool
    hidden: bool
    min_disk: int
    min_ram: int
    tags: tuple[str, ...]
    description: str
    properties: dict[str, str]
    reason: str
    created: float
    updated: float
    is_snapshot: bool
    available: int

    @property
    def is_public(self) -> bool:
        """Tell whether everybody may use it."""
        return self.visibility in {Visibility.PUBLIC, Visibility.COMMUNITY}

    @property
    def location(self) -> str:
        """Tell where its content lies."""
        return f"pithos://{self.owner}/{self.container}/{self.path}"


class BootImage(msgspec.Struct, frozen=True, kw_only=True):
    """What a new server needs of its image; `map_name` is ready to be cloned."""

    id: str
    name: str
    size_bytes: int
    min_disk: int
    min_ram: int
    disk_format: str
    properties: dict[str, str]
    map_name: str


def is_image(item: ShelfItem) -> bool:
    """Tell whether an object is an image. Spec: compute 6.4."""
    return NAME in item.metadata


def read(item: ShelfItem) -> Image:
    """Read an image from its object."""
    told = item.metadata
    status = _status(told.get("plankton:status", ""))
    has_data = status not in {ImageStatus.QUEUED, ImageStatus.KILLED}
    if told.get("plankton:content", item.merkle) != item.merkle:
        told = {key: value for key, value in told.items() if key not in _OF_CONTENT}
    return Image(
        id=item.id,
        owner=item.owner,
        container=item.container,
        path=item.path,
        name=_plain(told.get(NAME, "")),
        status=status,
        size=item.size if has_data else None,
        virtual_size=_number(told.get("plankton:virtual_size")),
        checksum=(told.get("plankton:checksum") or _md5(item.etag)) if has_data else None,
        sha512=told.get("plankton:sha512") if has_data else None,
        merkle=item.merkle,
        version=item.version,
        disk_format=told.get("plankton:disk_format", "diskdump"),
        container_format=told.get("plankton:container_format", "bare"),
        visibility=_visibility(item),
        members=_members(item),
        protected=told.get("plankton:protected") == "true",
        hidden=told.get("plankton:hidden") == "true",
        min_disk=_number(told.get("plankton:min_disk")) or 0,
        min_ram=_number(told.get("plankton:min_ram")) or 0,
        tags=_tags(told.get("plankton:tags", "")),
        description=told.get("plankton:description", ""),
        properties={
            key.removeprefix(PROPERTY): _plain(value)
            for key, value in told.items()
            if key.startswith(PROPERTY)
        },
        reason=told.get("plankton:reason", ""),
        created=_created(told.get("plankton:created_at"), item.changed),
        updated=item.changed,
        is_snapshot=item.is_snapshot,
        available=item.available,
    )


_OF_CONTENT = frozenset({"plankton:checksum", "plankton:sha512", "plankton:virtual_size"})
"""What holds for one content only: somebody may write to the object behind our back."""


def _md5(etag: str) -> str | None:
    """Take an object's tag for its MD5 when it has that shape; big objects have another one."""
    return etag if len(etag) == 32 else None


def _status(word: str) -> ImageStatus:
    try:
        return ImageStatus(word.lower())
    except ValueError:
        return ImageStatus.ACTIVE


def _visibility(item: ShelfItem) -> Visibility:
    word = item.metadata.get("plankton:visibility", "")
    if "*" in item.read:
        return Visibility.COMMUNITY if word == Visibility.COMMUNITY else Visibility.PUBLIC
    if word == Visibility.PRIVATE and not _members(item):
        return Visibility.PRIVATE
    return Visibility.SHARED


def _members(item: ShelfItem) -> dict[str, MemberStatus]:
    found = {}
    for member in item.read:
        if member not in {"*", item.owner}:
            found[member] = _member_status(item.metadata.get(f"{MEMBER}{member}", ""))
    return found


def _member_status(word: str) -> MemberStatus:
    try:
        return MemberStatus(word)
    except ValueError:
        return MemberStatus.PENDING


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _created(text: str | None, otherwise: float) -> float:
    try:
        moment = float(text) if text else otherwise
    except ValueError:
        return otherwise
    return moment if 0 <= moment < _LATEST else otherwise


def _tags(text: str) -> tuple[str, ...]:
    try:
        return msgspec.json.decode(text or "[]", type=tuple[str, ...])
    except (msgspec.DecodeError, RecursionError):
        return ()


def _plain(value: str) -> str:
    return "" if value == EMPTY_MARK else value


class Changes(msgspec.Struct, kw_only=True):
    """What to change of an image; None leaves it. A property of None is removed."""

    name: str | None = None
    status: ImageStatus | None = None
    disk_format: str | None = None
    container_format: str | None = None
    visibility: Visibility | None = None
    protected: bool | None = None
    hidden: bool | None = None
    min_disk: int | None = None
    min_ram: int | None = None
    tags: tuple[str, ...] | None = None
    description: str | None = None
    checksum: str | None = None
    sha512: str | None = None
    virtual_size: int | None = None
    content: str | None = None
    """Which content the checksums are of, by its Merkle root."""
    reason: str | None = None
    created: float | None = None
    properties: dict[str, str | None] = {}


def check(changes: Changes) -> None:
    """Refuse what cannot be kept with an image. Spec: compute 6.4."""
    if changes.disk_format is not None and changes.disk_format not in DISK_FORMATS:
        raise BadRequest(
            f"Images of the format '{changes.disk_format}' are not taken here. Convert it with"
            " 'qemu-img convert -O qcow2' first."
        )
    if changes.container_format is not None and (
        changes.container_format not in CONTAINER_FORMATS
    ):
        known = ", ".join(CONTAINER_FORMATS)
        raise BadRequest(f"The container format is one of {known}.")
    for number in (changes.min_disk, changes.min_ram):
        if number is not None and not 0 <= number < 1 << 31:
            raise BadRequest("The least disk and memory of an image are not negative.")
    for key, value in metadata_of(changes).items():
        if len(key) - len("plankton:") > KEY_LENGTH:
            raise BadRequest(f"The property name '{key[:40]}…' is too long.")
        if len(value) > VALUE_LENGTH:
            raise BadRequest(f"A value of an image has at most {VALUE_LENGTH} characters.")


def metadata_of(changes: Changes) -> dict[str, str]:
    """Write changes as metadata; an empty value removes its key."""
    told = {
        "name": EMPTY_MARK if changes.name == "" else changes.name,
        "status": changes.status,
        "disk_format": changes.disk_format,
        "container_format": changes.container_format,
        "visibility": changes.visibility,
        "protected": _flag(changes.protected),
        "hidden": _flag(changes.hidden),
        "min_disk": _positive(changes.min_disk),
        "min_ram": _positive(changes.min_ram),
        "tags": None if changes.tags is None else _tag_text(changes.tags),
        "description": changes.description,
        "checksum": changes.checksum,
        "sha512": changes.sha512,
        "virtual_size": _positive(changes.virtual_size),
        "content": changes.content,
        "reason": None if changes.reason is None else changes.reason[:VALUE_LENGTH],
        "created_at": None if changes.created is None else str(int(changes.created)),
    }
    found = {f"plankton:{key}": str(value) for key, value in told.items() if value is not None}
    for key, text in changes.properties.items():
        found[f"{PROPERTY}{key}"] = "" if text is None else text or EMPTY_MARK
    return found


def _flag(value: bool | None) -> str | None:
    if value is None:
        return None
    return "true" if value else ""


def _positive(value: int | None) -> str | None:
    if value is None:
        return None
    return str(value) if value else ""


def _tag_text(tags: tuple[str, ...]) -> str:
    return json.dumps(tags, ensure_ascii=False, separators=(",", ":")) if tags else ""


def readers(image: Image, visibility: Visibility | None = None) -> list[str]:
    """List who may read an image's object: its owner, its members, everybody when public."""
    wanted = visibility or image.visibility
    everybody = ["*"] if wanted in {Visibility.PUBLIC, Visibility.COMMUNITY} else []
    members = [] if wanted is Visibility.PRIVATE else list(image.members)
    return [image.owner, *members, *everybody]


def map_name(image: Image) -> str:
    """Name the list of an image's blocks: the same content has the same name."""
    return f"{image.merkle}-{image.size or 0}"
