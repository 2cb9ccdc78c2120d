"""Images of old: files of a user that are registered where they lie. Spec: compute 6.3."""

import msgspec

from synnefo.cyclades.domain import image_formats
from synnefo.cyclades.domain import images as rules
from synnefo.cyclades.domain.images import Changes, Image, ImageStatus, ShelfItem
from synnefo.cyclades.engines.images import ImageShelf
from synnefo.cyclades.image_settings import ImageSettings
from synnefo.cyclades.usecases.image_shelves import find, shelf_of
from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest, Forbidden
from synnefo.serve.http import Caller


class Place(msgspec.Struct, frozen=True):
    """Where a file lies."""

    owner: str
    container: str
    path: str


def register(
    caller: Caller,
    place: Place,
    changes: Changes,
    *,
    public: bool = False,
    size: int | None = None,
    checksum: str = "",
) -> Image:
    """Make a file an image; it stays where it is."""
    rules.check(changes)
    if place.owner != caller.user_id:
        raise Forbidden("Only your own files can be registered as images.")
    shelf = shelf_of(caller)
    item = shelf.at(place.owner, place.container, place.path)
    _check_file(shelf, item, changes.disk_format or "diskdump")
    if size is not None and size != item.size:
        raise BadRequest(f"The file has {item.size} bytes, not {size}.")
    if checksum and checksum.lower() not in {item.merkle, item.etag}:
        raise BadRequest("The checksum is not that of the file.")
    told = msgspec.structs.replace(
        changes,
        status=ImageStatus.ACTIVE,
        disk_format=changes.disk_format or "diskdump",
        container_format=changes.container_format or "bare",
        created=clock.now().timestamp(),
    )
    shelf.describe(item.id, rules.metadata_of(told), replace=True)
    readers = [caller.user_id, "*"] if public else [caller.user_id]
    return rules.read(shelf.share(item.id, readers))


def _check_file(shelf: ImageShelf, item: ShelfItem, claimed: str) -> None:
    """Look at the first bytes of a file before believing that it is an image."""
    largest = conf.of(ImageSettings).cyclades_image_max_size
    head = b"".join(shelf.read(item, length=min(image_formats.HEAD, item.size)))
    image_formats.check_claim(claimed, head, largest=largest)


def unregister(caller: Caller, image_id: str) -> None:
    """Make an image a plain file again. Spec: compute 6.3."""
    shelf = shelf_of(caller)
    image = find(shelf, image_id)
    if image.owner != caller.user_id:
        raise Forbidden("Only the owner of an image may unregister it.")
    shelf.describe(image_id, {}, replace=True)
