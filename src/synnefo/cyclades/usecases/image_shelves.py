"""Opens the shelf of images for whoever asks: with their token, or with ours for errands."""

from collections.abc import Callable

from synnefo.cyclades.domain.images import Image, is_image, read
from synnefo.cyclades.engines.images import ImageShelf
from synnefo.cyclades.engines.pithos_shelf import PithosShelf
from synnefo.cyclades.image_settings import ImageSettings
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf
from synnefo.kit.faults import ItemNotFound
from synnefo.kit.ids import is_uuid
from synnefo.serve.http import Caller

Opener = Callable[[str], ImageShelf]

_installed: list[Opener] = []


def install(opener: Opener | None) -> None:
    """Open shelves with this function of a user's id instead of Pithos; None goes back."""
    _installed[:] = [opener] if opener is not None else []


def shelf_of(caller: Caller) -> ImageShelf:
    """Open the shelf of a caller, with the caller's own rights."""
    if _installed:
        return _installed[0](caller.user_id)
    return PithosShelf(_endpoint(), caller.token, caller.user_id)


def shelf_for(user_id: str) -> ImageShelf:
    """Open the shelf of somebody who is not calling now, for an errand of theirs.

    Of nobody (`""`) it holds what everybody may see.
    """
    if _installed:
        return _installed[0](user_id)
    token = conf.of(CycladesSettings).cyclades_service_token
    return PithosShelf(_endpoint(), token, user_id, on_behalf=bool(user_id))


def _endpoint() -> str:
    return f"{conf.of(ImageSettings).pithos_base_url.rstrip('/')}/v1"


def find(shelf: ImageShelf, image_id: str) -> Image:
    """Find an image that the shelf's person may see; a name or a plain file is not found."""
    if is_uuid(image_id):
        item = shelf.item(image_id)
        if is_image(item):
            return read(item)
    raise ItemNotFound(f"There is no image '{image_id}'.")
