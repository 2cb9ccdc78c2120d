"""Packed images are unpacked by an errand: servers boot from plain blocks only."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synnefo.cyclades.domain import images as rules
from synnefo.cyclades.domain.images import Changes, Image, ImageStatus
from synnefo.cyclades.engines.image_tool import ConversionError, qcow2_to_raw
from synnefo.cyclades.engines.images import ImageShelf
from synnefo.cyclades.image_settings import ImageSettings
from synnefo.cyclades.usecases.image_shelves import find, shelf_for
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound, OverLimit
from synnefo.kit.logs import get_logger
from synnefo.serve.errands import Errand, Later

log = get_logger(__name__)

CONVERT = Errand("cyclades.convert_image", give_up_after=6 * 3600)
GRACE = 2.0


def queue_conversion(image_id: str, owner: str) -> None:
    """Record that an image is to be unpacked soon."""
    CONVERT.later(delay=0.2, image_id=image_id, owner=owner)


def convert(image_id: str, owner: str) -> None:
    """Replace a packed image's content by the plain disk; safe to run twice.

    An image that cannot be unpacked is marked as killed, with the reason.
    """
    shelf = shelf_for(owner)
    try:
        image = find(shelf, image_id)
    except ItemNotFound:
        return
    if image.status is not ImageStatus.IMPORTING:
        if image.status is ImageStatus.QUEUED:
            raise Later(GRACE)
        return
    with _alone(image_id) as folder:
        try:
            _unpack(shelf, image, folder)
        except (ConversionError, OverLimit, BadRequest) as error:
            log.warning("image-not-unpacked", image=image_id, why=str(error))
            _give_up(shelf, image, str(error))
        except Conflict:
            log.info("image-changed-meanwhile", image=image_id)


def abandon(image_id: str, owner: str, reason: str) -> None:
    """Mark an image that could not be unpacked for hours as killed; its owner sees why."""
    shelf = shelf_for(owner)
    try:
        image = find(shelf, image_id)
    except ItemNotFound:
        return
    if image.status is ImageStatus.IMPORTING:
        _give_up(shelf, image, f"It could not be unpacked for a long time: {reason}")


def _unpack(shelf: ImageShelf, image: Image, folder: Path) -> None:
    settings = conf.of(ImageSettings)
    item = shelf.item(image.id)
    packed, plain = folder / "packed", folder / "plain"
    with packed.open("wb") as out:
        for piece in shelf.read(item):
            out.write(piece)
    size = qcow2_to_raw(
        packed,
        plain,
        largest=settings.cyclades_image_max_size,
        timeout=settings.cyclades_image_convert_timeout,
    )
    packed.unlink()
    md5, sha512 = shelf.write_file(item, plain)
    done = Changes(
        status=ImageStatus.ACTIVE,
        disk_format="raw",
        content=shelf.item(image.id).merkle,
        checksum=md5,
        sha512=sha512,
        virtual_size=size,
    )
    shelf.describe(image.id, rules.metadata_of(done))


def _give_up(shelf: ImageShelf, image: Image, reason: str) -> None:
    killed = Changes(status=ImageStatus.KILLED, reason=reason)
    shelf.describe(image.id, rules.metadata_of(killed))


@contextmanager
def _alone(image_id: str) -> Iterator[Path]:
    """Work in a folder of one's own; Later while another errand has this image in hand."""
    root = Path(conf.of(ImageSettings).cyclades_image_work_dir or tempfile.gettempdir())
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root / f"synnefo-image-{image_id}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Later(30.0) from error
        with tempfile.TemporaryDirectory(prefix="synnefo-image-", dir=root) as folder:
            yield Path(folder)
        Path(lock.name).unlink(missing_ok=True)
