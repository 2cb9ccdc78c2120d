"""Volumes as their owners see and name them. Spec: compute 5.1."""

import msgspec
from django.db import transaction

from synnefo.cyclades.domain import costs
from synnefo.cyclades.models import Volume, VolumeType
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import commissions, images
from synnefo.cyclades.volume_settings import VolumeSettings
from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.kit.ids import new_uuid
from synnefo.kit.units import GIB
from synnefo.serve.http import Caller

DB = "cyclades"
NAME_LENGTH = 255
_KEY, _VALUE = 64, 255


class VolumeOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A volume as it was asked for; its size is in GiB."""

    size: int
    name: str = ""
    description: str | None = None
    kind: str | None = None
    """Name or id of the volume type."""
    image_id: str | None = None
    metadata: dict[str, str] = {}


def create(caller: Caller, order: VolumeOrder) -> Volume:
    """Make a volume that belongs to no server yet; storage hears of it with the first one.

    Spec: compute 5.1, 8.4.
    """
    check_size(order.size)
    _check_words(order.name, order.description)
    check_metadata(order.metadata)
    kind = _kind(order.kind)
    origin: dict[str, object] = {}
    if order.image_id is not None:
        image = images.for_boot(caller, order.image_id)
        needed = max(image.min_disk or 0, -(-image.size_bytes // GIB))
        if order.size < needed:
            raise BadRequest(f"The image needs a volume of at least {needed} GiB.")
        origin = {
            "source": f"image:{image.id}",
            "origin": image.map_name,
            "origin_size": image.size_bytes,
        }
    project = caller.project_id or caller.user_id
    wanted = commissions.provisions(caller.user_id, project, costs.of_volumes(order.size))
    with (
        commissions.reserve(wanted, f"client: api, volume {order.name}") as serial,
        transaction.atomic(using=DB),
    ):
        moment = clock.now()
        volume = Volume.objects.create(
            uuid=new_uuid(),
            name=order.name,
            description=order.description,
            userid=caller.user_id,
            project=project,
            size=order.size,
            volume_type=kind,
            delete_on_termination=False,
            status="AVAILABLE",
            metadata=order.metadata,
            created=moment,
            updated=moment,
            **origin,
        )
        if serial is not None:
            commissions.ledger().accept(serial)
    return volume


def is_detachable(kind: VolumeType) -> bool:
    """Tell whether volumes of a kind may leave a server and keep what they hold."""
    return kind.disk_template in conf.of(VolumeSettings).cyclades_detachable_disk_templates


def _kind(wanted: str | None) -> VolumeType:
    kinds = VolumeType.objects.filter(deleted=False).order_by("id")
    found = [one for one in kinds if wanted in {None, one.name, str(one.id)}]
    if not found:
        raise BadRequest(f"There is no kind of volumes '{wanted}'.")
    fit = next((one for one in found if is_detachable(one)), None)
    if fit is None:
        raise BadRequest("Volumes of this kind live with their servers: create a server.")
    return fit


def check_size(gib: int) -> None:
    """Refuse a size that no volume may have."""
    most = conf.of(CycladesSettings).cyclades_volume_max_size
    if not 0 < gib <= most:
        raise BadRequest(f"A volume has from 1 to {most} GiB.")


def check_metadata(metadata: dict[str, str]) -> None:
    """Refuse too many items, or too long ones. Spec: compute 2.7."""
    most = conf.of(VolumeSettings).cyclades_volume_max_metadata
    if len(metadata) > most:
        raise BadRequest(f"A volume has at most {most} metadata items.")
    for key, value in metadata.items():
        if not key or len(key) > _KEY or len(value) > _VALUE:
            raise BadRequest(
                f"A metadata key has at most {_KEY} characters, a value at most {_VALUE}."
            )


def _check_words(*texts: str | None) -> None:
    for text in texts:
        if text is not None and len(text) > NAME_LENGTH:
            raise BadRequest(f"A name or description has at most {NAME_LENGTH} characters.")


def set_metadata(
    caller: Caller, volume_id: str, metadata: dict[str, str], *, merge: bool
) -> Volume:
    """Replace a volume's metadata, or add to it."""
    found = visible(caller, volume_id)
    with transaction.atomic(using=DB):
        volume = Volume.objects.select_for_update(of=("self",)).get(id=found.id)
        told = {**volume.metadata, **metadata} if merge else dict(metadata)
        check_metadata(told)
        volume.metadata, volume.updated = told, clock.now()
        volume.save(update_fields=["metadata", "updated"])
    return volume


def drop_metadata(caller: Caller, volume_id: str, key: str) -> None:
    """Remove one metadata item."""
    found = visible(caller, volume_id)
    with transaction.atomic(using=DB):
        volume = Volume.objects.select_for_update(of=("self",)).get(id=found.id)
        if key not in volume.metadata:
            raise ItemNotFound(f"The volume has no metadata item '{key}'.")
        volume.metadata = {k: v for k, v in volume.metadata.items() if k != key}
        volume.save(update_fields=["metadata"])


def visible(caller: Caller, volume_id: str) -> Volume:
    """Find a living volume that the caller may see; ItemNotFound else."""
    found = None
    if volume_id.isascii() and volume_id.isdigit() and len(volume_id) < 19:
        rows = Volume.objects.visible_to(caller).filter(deleted=False)
        found = rows.select_related("volume_type").filter(id=int(volume_id)).first()
    if found is None:
        raise ItemNotFound(f"There is no volume '{volume_id}'.")
    return found


def rename(caller: Caller, volume_id: str, *, name: str | None, description: str | None) -> Volume:
    """Change a volume's name or description."""
    volume = visible(caller, volume_id)
    _check_words(name, description)
    volume.name = volume.name if name is None else name
    volume.description = volume.description if description is None else description
    volume.updated = clock.now()
    volume.save(update_fields=["name", "description", "updated"])
    return volume
