"""Volumes and their kinds over HTTP. Spec: openstack-api 8."""

import msgspec

from synnefo.cyclades.api.volume import views
from synnefo.cyclades.api.volume.views import View
from synnefo.cyclades.models import Volume, VolumeType
from synnefo.cyclades.usecases import reassignments, volume_plugs, volumes
from synnefo.kit.faults import BadRequest, ItemNotFound, NotImplementedHere
from synnefo.kit.units import is_number
from synnefo.serve.http import Call, Reply
from synnefo.serve.http.paging import limit_of, marker_of

_TRUE = frozenset({"true", "1"})


class Change(msgspec.Struct):
    """What can be changed of a volume, in the words of both dialects."""

    name: str | None = None
    description: str | None = None
    display_name: str | None = None
    display_description: str | None = None


class UpdateVolume(msgspec.Struct):
    """The body of PUT /volumes/ID."""

    volume: Change


def list_volumes(call: Call) -> View:
    """List the caller's volumes in short."""
    return {"volumes": [views.brief(volume) for volume in _chosen(call)]}


def list_details(call: Call) -> View:
    """List the caller's volumes with all that is known of them."""
    return {"volumes": [views.of_volume(volume) for volume in _chosen(call)]}


def _chosen(call: Call) -> list[Volume]:
    rows = Volume.objects.visible_to(call.who).filter(deleted=False)
    everybodys = (call.arg("all_tenants") or "").lower() in _TRUE
    if not (everybodys and call.who.is_admin):
        rows = rows.filter(userid=call.who.user_id)
    rows = rows.select_related("volume_type").order_by("id")
    name, status = call.arg("name"), call.arg("status")
    if name is not None:
        rows = rows.filter(name=name)
    if status is not None:
        rows = rows.filter(status=status.replace("-", "_").upper())
    marker, limit = marker_of(call), limit_of(call)
    if marker is not None:
        if not is_number(marker):
            raise BadRequest(f"There is no volume '{marker}' to list from.")
        rows = rows.filter(id__gt=int(marker))
    return list(rows if limit is None else rows[:limit])


def show_volume(call: Call, volume_id: str) -> View:
    """Show one volume."""
    return {"volume": views.of_volume(volumes.visible(call.who, volume_id))}


def update_volume(call: Call, volume_id: str, body: UpdateVolume) -> View:
    """Rename a volume."""
    asked = body.volume
    changed = volumes.rename(
        call.who,
        volume_id,
        name=asked.name if asked.name is not None else asked.display_name,
        description=(
            asked.description if asked.description is not None else asked.display_description
        ),
    )
    return {"volume": views.of_volume(changed)}


class NewVolume(msgspec.Struct, rename={"image_ref": "imageRef"}):
    """A volume to be, in the words of both dialects."""

    size: int | None = None
    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    display_description: str | None = None
    volume_type: str | int | None = None
    metadata: dict[str, str] | None = None
    image_ref: str | None = None
    snapshot_id: str | None = None
    source_volid: str | None = None
    backup_id: str | None = None


class CreateVolume(msgspec.Struct):
    """The body of POST /volumes."""

    volume: NewVolume


def create_volume(call: Call, body: CreateVolume) -> View:
    """Make a volume, empty or of an image. It waits for a server to be attached to."""
    asked = body.volume
    if asked.snapshot_id is not None or asked.backup_id is not None:
        raise NotImplementedHere("Volumes are not made of snapshots or backups here.")
    if asked.source_volid is not None:
        raise BadRequest("Volumes of other volumes are not supported.")
    if asked.size is None:
        raise BadRequest("Say how many GiB the volume is to have: size.")
    order = volumes.VolumeOrder(
        size=asked.size,
        name=asked.name or asked.display_name or "",
        description=asked.description or asked.display_description,
        kind=None if asked.volume_type is None else str(asked.volume_type),
        image_id=asked.image_ref,
        metadata=asked.metadata or {},
    )
    return {"volume": views.of_volume(volumes.create(call.who, order))}


def delete_volume(call: Call, volume_id: str) -> None:
    """Delete a volume that no server has."""
    volume = volumes.visible(call.who, volume_id)
    if volume.server_id is not None:
        raise BadRequest("The volume is attached. Detach it first, or delete its server.")
    volume_plugs.delete(call.who, volume_id)


class Extension(msgspec.Struct):
    """How large a volume is to become, in GiB."""

    new_size: int


class Bootability(msgspec.Struct):
    """Whether a volume is to boot."""

    bootable: bool


class Move(msgspec.Struct):
    """The project that is to pay for a volume, and whether its members may use it."""

    project: str
    shared_to_project: bool = False


class VolumeAction(msgspec.Struct, rename={"extend": "os-extend", "boots": "os-set_bootable"}):
    """The body of POST /volumes/ID/action."""

    extend: Extension | None = None
    boots: Bootability | None = None
    reassign: Move | None = None


def act(call: Call, volume_id: str, body: VolumeAction) -> Reply | None:
    """Make a volume larger, while a server uses it too, or have another project pay for it."""
    if body.extend is not None:
        volume_plugs.grow(call.who, volume_id, body.extend.new_size)
    elif body.boots is not None:
        volumes.visible(call.who, volume_id)
    elif body.reassign is not None:
        return _move(call, volume_id, body.reassign)
    else:
        raise BadRequest("Say what to do with the volume: os-extend or reassign.")
    return None


def _move(call: Call, volume_id: str, move: Move) -> Reply:
    if not move.project:
        raise BadRequest("Say which project the volume moves to.")
    reassignments.move_volume(
        call.who,
        volume_id,
        project=move.project,
        shared_to_project=move.shared_to_project,
    )
    return Reply(status=200)


class Metadata(msgspec.Struct):
    """Metadata of a volume."""

    metadata: dict[str, str]


def show_metadata(call: Call, volume_id: str) -> View:
    """Show a volume's metadata."""
    return {"metadata": volumes.visible(call.who, volume_id).metadata}


def merge_metadata(call: Call, volume_id: str, body: Metadata) -> View:
    """Add to a volume's metadata."""
    changed = volumes.set_metadata(call.who, volume_id, body.metadata, merge=True)
    return {"metadata": changed.metadata}


def replace_metadata(call: Call, volume_id: str, body: Metadata) -> View:
    """Replace a volume's metadata."""
    changed = volumes.set_metadata(call.who, volume_id, body.metadata, merge=False)
    return {"metadata": changed.metadata}


def delete_metadata(call: Call, volume_id: str, key: str) -> None:
    """Remove one metadata item of a volume."""
    volumes.drop_metadata(call.who, volume_id, key)


def list_types(_call: Call) -> View:
    """List the kinds of volumes."""
    rows = VolumeType.objects.filter(deleted=False).order_by("id")
    return {"volume_types": [views.of_type(kind) for kind in rows]}


def show_default_type(_call: Call) -> View:
    """Show the kind that a volume has when nothing is said."""
    kind = VolumeType.objects.filter(deleted=False).order_by("id").first()
    if kind is None:
        raise ItemNotFound("There is no default kind of volumes.")
    return {"volume_type": views.of_type(kind)}


def show_type(_call: Call, type_id: str) -> View:
    """Show one kind of volumes."""
    kind = VolumeType.objects.filter(id=int(type_id)).first() if is_number(type_id) else None
    if kind is None:
        raise ItemNotFound(f"There is no kind of volumes '{type_id}'.")
    return {"volume_type": views.of_type(kind)}
