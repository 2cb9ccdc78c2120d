"""The image API of old: images registered by the place of their content. Spec: compute 6."""

from urllib.parse import unquote

import msgspec

from synnefo.cyclades.api.image.legacy_headers import (
    Wish,
    brief,
    headers_of,
    of_image,
)
from synnefo.cyclades.api.image.views import View
from synnefo.cyclades.domain.images import Image, ImageStatus, Visibility
from synnefo.cyclades.usecases import image_registry, images
from synnefo.cyclades.usecases.image_registry import Place
from synnefo.kit.faults import BadRequest, NotImplementedHere
from synnefo.kit.units import is_number
from synnefo.serve.http import Call, Reply

SORT_KEYS = (
    "id",
    "name",
    "status",
    "size",
    "disk_format",
    "container_format",
    "created_at",
    "updated_at",
)


class Member(msgspec.Struct):
    """Somebody whom an image is shared with."""

    member_id: str
    can_share: bool = False


class Memberships(msgspec.Struct):
    """The body of PUT /images/ID/members."""

    memberships: list[Member]


def show_versions(_call: Call) -> View:
    """List the versions of this API."""
    return {"versions": [{"id": "v1.0", "status": "SUPPORTED", "links": []}]}


def list_images(call: Call) -> list[View]:
    """List images in short."""
    return [brief(image) for image in _chosen(call)]


def list_details(call: Call) -> list[View]:
    """List images with all that is known of them."""
    return [of_image(image) for image in _chosen(call)]


def _chosen(call: Call) -> list[Image]:
    """Filter and sort; images without content are not shown here."""
    key = call.arg("sort_key", "created_at") or "created_at"
    if key not in SORT_KEYS:
        raise BadRequest(f"Images are sorted by one of {', '.join(SORT_KEYS)}.")
    way = (call.arg("sort_dir", "desc") or "desc").lower()
    if way not in {"asc", "desc"}:
        raise BadRequest("The order is 'asc' or 'desc'.")
    least, most = _number(call, "size_min"), _number(call, "size_max")
    kept = [
        image
        for image in images.listing(call.who)
        if image.status is not ImageStatus.QUEUED
        and _fits(call, of_image(image))
        and (least is None or (image.size or 0) >= least)
        and (most is None or (image.size or 0) <= most)
    ]
    return sorted(kept, key=lambda image: _rank(of_image(image)[key]), reverse=way == "desc")


def _rank(value: object) -> tuple[int, str]:
    return (value, "") if isinstance(value, int) else (0, str(value))


def _fits(call: Call, told: dict[str, object]) -> bool:
    for name in ("name", "container_format", "disk_format", "status"):
        wanted = call.arg(name)
        if wanted is not None and wanted.lower() != str(told[name]).lower():
            return False
    return True


def _number(call: Call, name: str) -> int | None:
    text = call.arg(name)
    if text is None:
        return None
    if not is_number(text):
        raise BadRequest(f"'{name}' must be a whole number.")
    return int(text)


def register(call: Call) -> Reply:
    """Make an image of a file that lies in object storage."""
    wish = Wish(call.headers)
    if "id" in wish.fields:
        raise BadRequest("The id of an image cannot be chosen.")
    if not wish.fields.get("name"):
        raise BadRequest("An image needs a name (X-Image-Meta-Name).")
    if wish.fields.get("store", "pithos") != "pithos":
        raise BadRequest("The store of images is 'pithos'.")
    size = wish.fields.get("size")
    made = image_registry.register(
        call.who,
        _place(call, wish.fields.get("location", "")),
        wish.changes(),
        public=bool(wish.is_public),
        size=int(size) if size and is_number(size) else None,
        checksum=wish.fields.get("checksum", ""),
    )
    return Reply(headers=headers_of(made), body=b"")


def _place(call: Call, location: str) -> Place:
    """Read `pithos://ACCOUNT/CONTAINER/PATH`; no account means the caller's."""
    if not location.startswith("pithos://"):
        raise BadRequest(
            "Say where the file lies: X-Image-Meta-Location: pithos://ACCOUNT/CONTAINER/PATH."
        )
    account, _, rest = location.removeprefix("pithos://").partition("/")
    container, _, path = rest.partition("/")
    if not container or not path:
        raise BadRequest(f"'{location}' names no file.")
    return Place(unquote(account) or call.who.user_id, unquote(container), unquote(path))


def show_image(call: Call, image_id: str) -> Reply:
    """Show an image in headers; its content is not served here."""
    image = images.visible(call.who, image_id)
    if call.method != "HEAD":
        raise NotImplementedHere("Read the content from object storage, at its location.")
    return Reply(headers=headers_of(image), body=b"")


def update_image(call: Call, image_id: str) -> Reply:
    """Change what an image says of itself; properties are merged."""
    wish = Wish(call.headers)
    changes = wish.changes()
    if wish.is_public is not None:
        changes.visibility = Visibility.PUBLIC if wish.is_public else Visibility.SHARED
    changed = images.change(call.who, image_id, changes)
    return Reply(headers=headers_of(changed), body=b"")


def unregister(call: Call, image_id: str) -> None:
    """Make an image a plain file again."""
    image_registry.unregister(call.who, image_id)


def list_members(call: Call, image_id: str) -> View:
    """List whom an image is shared with."""
    image = images.visible(call.who, image_id)
    return {"members": [{"member_id": m, "can_share": False} for m in image.members]}


def replace_members(call: Call, image_id: str, body: Memberships) -> None:
    """Share an image with exactly these people."""
    images.set_members(call.who, image_id, [one.member_id for one in body.memberships])


def add_member(call: Call, image_id: str, member_id: str) -> None:
    """Share an image with one more."""
    image = images.visible(call.who, image_id)
    images.set_members(call.who, image_id, [*image.members, member_id])


def remove_member(call: Call, image_id: str, member_id: str) -> None:
    """Stop sharing an image with somebody."""
    images.remove_member(call.who, image_id, member_id)


def list_shared(call: Call, member_id: str) -> View:
    """List the images that somebody shares with the caller."""
    shared = [
        {"image_id": image.id, "can_share": False}
        for image in images.listing(call.who)
        if image.owner == member_id and not image.is_public and member_id != call.who.user_id
    ]
    return {"shared_images": shared}
