"""Volumes, as commands print them. Spec: compute 16.5."""

from typing import Any

from synnefo.cyclades.domain import placement
from synnefo.cyclades.models import Volume

COLUMNS = (
    "id",
    "user.uuid",
    "size",
    "status",
    "source",
    "disk_template",
    "volume_type",
    "server_id",
)
FIELDS = ("name", "project", "created", "deleted", "index")


def of_volume(volume: Volume) -> dict[str, Any]:
    """Tell everything of a volume that lists may show."""
    return {
        "id": volume.id,
        "user.uuid": volume.userid,
        "size": volume.size,
        "status": volume.status,
        "source": volume.source,
        "disk_template": volume.volume_type.disk_template,
        "volume_type": volume.volume_type.name,
        "server_id": volume.server_id,
        "name": volume.name,
        "project": volume.project,
        "created": volume.created,
        "deleted": volume.deleted,
        "index": volume.index,
    }


def details(volume: Volume) -> dict[str, Any]:
    """Tell everything of one volume."""
    template, provider = placement.template_of(volume.volume_type.disk_template)
    return {
        "id": volume.id,
        "name": volume.name,
        "size": volume.size,
        "status": volume.status,
        "disk_template": template,
        "disk_provider": provider,
        "server_id": volume.server_id,
        "userid": volume.userid,
        "project": volume.project,
        "shared_to_project": volume.shared_to_project,
        "index": volume.index,
        "source": volume.source,
        "delete_on_termination": volume.delete_on_termination,
        "deleted": volume.deleted,
        "backendjobid": volume.backendjobid,
        "created": volume.created,
        "updated": volume.updated,
    }
