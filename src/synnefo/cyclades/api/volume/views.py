"""Volumes as clients of Cinder see them. Spec: openstack-api 8."""

from datetime import UTC, datetime

from synnefo.cyclades.models import Volume, VolumeType
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf

View = dict[str, object]
_WORDS = {
    "AVAILABLE": "available",
    "CREATING": "creating",
    "IN_USE": "in-use",
    "ERROR": "error",
    "DELETING": "deleting",
    "ATTACHING": "attaching",
    "DETACHING": "detaching",
    "EXTENDING": "extending",
}


def base() -> str:
    """Answer the address of the service."""
    return f"{conf.of(CycladesSettings).cyclades_base_url.rstrip('/')}/volume"


def brief(volume: Volume) -> View:
    """Show a volume in short."""
    href = f"{base()}/v3/volumes/{volume.id}"
    return {
        "id": str(volume.id),
        "name": volume.name or "",
        "links": [{"rel": "self", "href": href}, {"rel": "bookmark", "href": href}],
    }


def of_volume(volume: Volume) -> View:
    """Show a volume with all that is known of it."""
    kind, _, image = (volume.source or "").partition(":")
    is_boot = volume.index == 0
    view: View = {
        **brief(volume),
        "description": volume.description,
        "status": _WORDS.get(volume.status, volume.status.lower()),
        "size": volume.size,
        "availability_zone": "nova",
        "volume_type": volume.volume_type.name,
        "bootable": "true" if is_boot else "false",
        "encrypted": False,
        "multiattach": False,
        "metadata": volume.metadata,
        "snapshot_id": None,
        "source_volid": None,
        "consistencygroup_id": None,
        "replication_status": None,
        "attachments": _attachments(volume),
        "created_at": _time(volume.created),
        "updated_at": _time(volume.updated),
        "user_id": volume.userid,
        "os-vol-tenant-attr:tenant_id": volume.project,
    }
    if is_boot and kind == "image":
        view["volume_image_metadata"] = {"image_id": image}
    return view


def _attachments(volume: Volume) -> list[View]:
    if volume.server_id is None:
        return []
    letter = chr(ord("a") + (volume.index or 0))
    return [
        {
            "id": str(volume.id),
            "attachment_id": str(volume.id),
            "volume_id": str(volume.id),
            "server_id": str(volume.server_id),
            "device": f"/dev/vd{letter}",
            "attached_at": _time(volume.created),
        }
    ]


def of_type(kind: VolumeType) -> View:
    """Show a kind of volume."""
    return {
        "id": str(kind.id),
        "name": kind.name,
        "description": kind.disk_template,
        "is_public": True,
        "os-volume-type-access:is_public": True,
        "extra_specs": {"SNF:disk_template": kind.disk_template},
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
