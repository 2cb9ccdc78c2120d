"""Images: objects of their owner in storage, described, shared and booted from.

The storage is the one truth; nothing about an image is kept in our database.
Spec: compute 6, openstack-api 7.
"""

from collections.abc import Iterator

import msgspec

from synnefo.cyclades.domain import image_formats
from synnefo.cyclades.domain import images as rules
from synnefo.cyclades.domain.images import (
    BlockList,
    BootImage,
    Changes,
    Image,
    ImageStatus,
    MemberStatus,
    ShelfItem,
    Visibility,
)
from synnefo.cyclades.engines.images import ImageShelf
from synnefo.cyclades.image_settings import ImageSettings
from synnefo.cyclades.usecases import boot_lists
from synnefo.cyclades.usecases.image_imports import queue_conversion
from synnefo.cyclades.usecases.image_shelves import find, shelf_for, shelf_of
from synnefo.cyclades.usecases.uploads import Expected, Source, Upload
from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest, BuildInProgress, Conflict, Fault, Forbidden
from synnefo.kit.ids import new_uuid
from synnefo.serve.http import Caller
from synnefo.wire.hashmaps import merkle_root

CONVERTED = frozenset({"qcow2"})
DESCRIBED_WITHIN = 60.0
"""Seconds after its last byte in which an upload's writer says what it is, if it lives."""


def visible(caller: Caller, image_id: str) -> Image:
    """Find an image that the caller may see; ItemNotFound else."""
    return find(shelf_of(caller), image_id)


def listing(caller: Caller) -> list[Image]:
    """List every image that the caller may see."""
    return [rules.read(item) for item in shelf_of(caller).items()]


def seen_by(user_id: str) -> list[Image]:
    """List what a user sees, or what everybody sees, for an operator."""
    return [rules.read(item) for item in shelf_for(user_id).items()]


def seen_as(user_id: str, image_id: str) -> Image:
    """Find an image as a user, or everybody, sees it, for an operator."""
    return find(shelf_for(user_id), image_id)


def _mine(caller: Caller, image_id: str) -> Image:
    image = visible(caller, image_id)
    if image.owner != caller.user_id:
        raise Forbidden("Only the owner of an image may change it.")
    return image


def create(caller: Caller, changes: Changes, *, container: str = "") -> Image:
    """Make an image that waits for its content."""
    rules.check(changes)
    shelf = shelf_of(caller)
    place = container or conf.of(ImageSettings).default_plankton_container
    item = _place(shelf, place, changes.name or "image")
    told = msgspec.structs.replace(
        changes, status=ImageStatus.QUEUED, created=clock.now().timestamp()
    )
    try:
        item = shelf.describe(item.id, {rules.NAME: rules.EMPTY_MARK, **rules.metadata_of(told)})
        if changes.visibility in {Visibility.PUBLIC, Visibility.COMMUNITY}:
            item = shelf.share(item.id, rules.readers(rules.read(item), changes.visibility))
    except Fault:
        shelf.remove(item.id)
        raise
    return rules.read(item)


def _place(shelf: ImageShelf, container: str, name: str) -> ShelfItem:
    """Find a free place for an image of this name: names of images need not be unique."""
    path = _path(name)
    try:
        return shelf.place(container, path)
    except Conflict:
        return shelf.place(container, f"{path[:900]}-{new_uuid()[:8]}")


def _path(name: str) -> str:
    safe = "".join("_" if c == "/" or ord(c) < 32 else c for c in name).strip(". ")
    return safe.encode()[:900].decode(errors="ignore") or "image"


def upload(caller: Caller, image_id: str, source: Source, told: Expected) -> Image:
    """Take an image's content as it arrives; whole and checked, or not at all."""
    shelf = shelf_of(caller)
    _mine(caller, image_id)
    empty = _empty(shelf, image_id)
    image = rules.read(empty)
    passing = Upload(source, told)
    try:
        stored = shelf.write(empty, passing, told.size)
    except Fault:
        if passing.failure is not None:
            raise passing.failure from None
        raise
    done = Changes(
        status=ImageStatus.ACTIVE,
        content=stored.merkle,
        sha512=passing.sha512,
        virtual_size=image_formats.virtual_size(image.disk_format, passing.head, passing.size),
    )
    if image.disk_format in CONVERTED:
        queue_conversion(image_id, image.owner)
        done.status = ImageStatus.IMPORTING
    return rules.read(shelf.describe(image_id, rules.metadata_of(done)))


def _empty(shelf: ImageShelf, image_id: str) -> ShelfItem:
    """Find an image's object as long as nobody wrote to it: its content is written once.

    Content that arrived and was never described (its writer died in between) may be replaced.
    """
    item = shelf.item(image_id)
    status = rules.read(item).status
    if status is not ImageStatus.QUEUED:
        raise Conflict(f"The image has its content already: it is {status}.")
    if item.size and clock.now().timestamp() - item.changed < DESCRIBED_WITHIN:
        raise Conflict("The image got its content from somebody else meanwhile.")
    return item


def expected(caller: Caller, image_id: str, *, size: int | None, md5: str = "") -> Expected:
    """Tell what the content of an image must be like, from what its owner said of it."""
    image = visible(caller, image_id)
    told = image.properties
    return Expected(
        disk_format=image.disk_format,
        size=size,
        largest=conf.of(ImageSettings).cyclades_image_max_size,
        md5=md5 or told.get("owner_specified.openstack.md5", ""),
        sha256=told.get("owner_specified.openstack.sha256", ""),
    )


def download(
    caller: Caller, image: Image, *, offset: int = 0, length: int | None = None
) -> Iterator[bytes]:
    """Give an image's content piece by piece."""
    if image.status is ImageStatus.DEACTIVATED and image.owner != caller.user_id:
        raise Forbidden("The image is deactivated.")
    shelf = shelf_of(caller)
    return shelf.read(shelf.item(image.id), offset=offset, length=length)


def change(caller: Caller, image_id: str, changes: Changes) -> Image:
    """Change what an image says of itself, and who may use it."""
    rules.check(changes)
    image = _mine(caller, image_id)
    shelf = shelf_of(caller)
    _check_format_stays(image, changes.disk_format)
    told = rules.metadata_of(changes)
    item = shelf.describe(image_id, told) if told else shelf.item(image_id)
    if changes.visibility is not None and changes.visibility is not image.visibility:
        item = shelf.share(image_id, rules.readers(image, changes.visibility))
    return rules.read(item)


def _check_format_stays(image: Image, wanted: str | None) -> None:
    if wanted is None or image.status is ImageStatus.QUEUED or wanted == image.disk_format:
        return
    if not {wanted, image.disk_format} <= rules.RAW_NAMES:
        raise Forbidden("The disk format of an image that has its content stays as it is.")


def delete(caller: Caller, image_id: str) -> None:
    """Delete an image with its content; servers made from it live on."""
    image = _mine(caller, image_id)
    if image.protected:
        raise Forbidden("The image is protected. Take the protection off before deleting it.")
    shelf_of(caller).remove(image_id)


def set_status(caller: Caller, image_id: str, status: ImageStatus) -> Image:
    """Keep an image from being used for a while, or let it be used again."""
    image = _mine(caller, image_id)
    if image.status not in {ImageStatus.ACTIVE, ImageStatus.DEACTIVATED}:
        raise Forbidden(f"The image is {image.status}.")
    item = shelf_of(caller).describe(image_id, rules.metadata_of(Changes(status=status)))
    return rules.read(item)


def add_member(caller: Caller, image_id: str, member: str) -> Image:
    """Let somebody else use an image."""
    image = _mine(caller, image_id)
    if image.visibility is Visibility.PUBLIC:
        raise Forbidden("A public image needs no members.")
    if member in image.members:
        raise Conflict(f"The image is shared with {member} already.")
    return set_members(caller, image_id, [*image.members, member])


def remove_member(caller: Caller, image_id: str, member: str) -> Image:
    """Stop sharing an image with somebody."""
    image = _mine(caller, image_id)
    return set_members(caller, image_id, [m for m in image.members if m != member])


def set_members(caller: Caller, image_id: str, members: list[str]) -> Image:
    """Share an image with exactly these people, public or not as before."""
    image = _mine(caller, image_id)
    if len(members) > 100 or any(not m or len(m) > 200 or "," in m for m in members):
        raise BadRequest("A member is the id of a user or project.")
    shelf = shelf_of(caller)
    everybody = ["*"] if image.is_public else []
    item = shelf.share(image_id, [image.owner, *dict.fromkeys(members), *everybody])
    gone = {f"{rules.MEMBER}{m}": "" for m in image.members if m not in members}
    if image.visibility is Visibility.PRIVATE and members:
        gone["plankton:visibility"] = Visibility.SHARED
    return rules.read(shelf.describe(image_id, gone) if gone else item)


def answer_sharing(caller: Caller, image_id: str, status: MemberStatus) -> Image:
    """Say what the caller makes of an image that was shared with them."""
    image = visible(caller, image_id)
    if caller.user_id not in image.members and caller.project_id not in image.members:
        raise Forbidden("Only somebody whom an image is shared with may accept it.")
    member = caller.user_id if caller.user_id in image.members else caller.project_id
    item = shelf_for(image.owner).describe(image_id, {f"{rules.MEMBER}{member}": status})
    return rules.read(item)


def for_boot(caller: Caller, image_id: str) -> BootImage:
    """Make an image ready for a new server: its list of blocks is published, nothing copied.

    ItemNotFound for somebody else's private image, BuildInProgress while it is being unpacked,
    BadRequest when it has no content or is switched off.
    """
    shelf = shelf_of(caller)
    image = find(shelf, image_id)
    _check_bootable(image)
    name = rules.map_name(image)
    lists = boot_lists.of_this_host()
    if not lists.renew(name):
        lists.publish(name, _blocks_of(shelf, image))
    return BootImage(
        id=image.id,
        name=image.name,
        size_bytes=image.size or 0,
        min_disk=image.min_disk,
        min_ram=image.min_ram,
        disk_format=image.disk_format,
        properties=image.properties,
        map_name=name,
    )


def _blocks_of(shelf: ImageShelf, image: Image) -> BlockList:
    """Read the blocks of an image; Conflict when they are no longer those that it was found with.

    A list is named after its content and serves everybody who boots that content, so nobody may
    put other blocks under its name by writing to the object in this moment.
    """
    blocks = shelf.blocks(shelf.item(image.id))
    if (merkle_root(blocks.hashes), blocks.size) != (image.merkle, image.size):
        raise Conflict(f"The image '{image.name}' changes just now. Try again in a moment.")
    return blocks


def _check_bootable(image: Image) -> None:
    if image.status is ImageStatus.IMPORTING:
        raise BuildInProgress(
            f"The image '{image.name}' is still being unpacked. Try again in a minute."
        )
    if image.status is not ImageStatus.ACTIVE or image.available != 1:
        raise BadRequest(f"The image '{image.name}' is {image.status} and cannot be used.")
    if not image.size:
        raise BadRequest(f"The image '{image.name}' is empty.")
