"""Volumes as their owners see and name them. Spec: compute 5.1."""

from synnefo.cyclades.models import Volume
from synnefo.kit import clock
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.serve.http import Caller

NAME_LENGTH = 255


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
    for text in (name, description):
        if text is not None and len(text) > NAME_LENGTH:
            raise BadRequest(f"A name or description has at most {NAME_LENGTH} characters.")
    volume.name = volume.name if name is None else name
    volume.description = volume.description if description is None else description
    volume.updated = clock.now()
    volume.save(update_fields=["name", "description", "updated"])
    return volume
