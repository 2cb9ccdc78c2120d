"""Glance v2: images, their tags and switches. Spec: openstack-api 7."""

from typing import Any

from synnefo.cyclades.api.image import patches, selection
from synnefo.cyclades.api.image.patches import Operation
from synnefo.cyclades.api.image.views import View, of_image
from synnefo.cyclades.domain.images import Changes, ImageStatus
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import images
from synnefo.kit import conf
from synnefo.kit.faults import ItemNotFound
from synnefo.serve.http import Call, Reply

LEVELS = ("v2.9", "v2.8", "v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0")


def show_versions(_call: Call) -> Reply:
    """List the versions of this API, for clients to choose from."""
    return Reply(status=300, body=_versions())


def list_versions(_call: Call) -> View:
    """List the versions of this API."""
    return _versions()


def _versions() -> View:
    base = conf.of(CycladesSettings).cyclades_base_url.rstrip("/")
    links = [{"rel": "self", "href": f"{base}/image/v2/"}]
    return {
        "versions": [
            {
                "id": level,
                "status": "CURRENT" if level == LEVELS[0] else "SUPPORTED",
                "links": links,
            }
            for level in LEVELS
        ]
    }


def list_images(call: Call) -> View:
    """List the images that the caller may use."""
    return selection.select(call, images.listing(call.who))


def show_image(call: Call, image_id: str) -> View:
    """Show one image."""
    return of_image(images.visible(call.who, image_id))


def create_image(call: Call, body: dict[str, Any]) -> Reply:
    """Make an image that waits for its content."""
    made = images.create(call.who, patches.from_body(body))
    base = conf.of(CycladesSettings).cyclades_base_url.rstrip("/")
    return Reply(
        status=201,
        headers={"Location": f"{base}/image/v2/images/{made.id}"},
        body=of_image(made),
    )


def update_image(call: Call, image_id: str, body: list[Operation]) -> View:
    """Change an image by a list of steps."""
    image = images.visible(call.who, image_id)
    return of_image(images.change(call.who, image_id, patches.from_patch(image, body)))


def delete_image(call: Call, image_id: str) -> None:
    """Delete an image with its content."""
    images.delete(call.who, image_id)


def deactivate(call: Call, image_id: str) -> None:
    """Keep an image from being used for a while."""
    images.set_status(call.who, image_id, ImageStatus.DEACTIVATED)


def reactivate(call: Call, image_id: str) -> None:
    """Let an image be used again."""
    images.set_status(call.who, image_id, ImageStatus.ACTIVE)


def add_tag(call: Call, image_id: str, tag: str) -> None:
    """Tie a word to an image."""
    image = images.visible(call.who, image_id)
    tags = tuple(dict.fromkeys([*image.tags, tag]))
    images.change(call.who, image_id, Changes(tags=tags))


def remove_tag(call: Call, image_id: str, tag: str) -> None:
    """Take a word off an image."""
    image = images.visible(call.who, image_id)
    if tag not in image.tags:
        raise ItemNotFound(f"The image has no tag '{tag}'.")
    images.change(call.who, image_id, Changes(tags=tuple(t for t in image.tags if t != tag)))


def show_import_methods(_call: Call) -> View:
    """List how images can be imported: by uploading them, and in no other way."""
    told = {"description": "Import methods available.", "type": "array", "value": []}
    return {"import-methods": told}
