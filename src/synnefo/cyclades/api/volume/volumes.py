"""Volumes and their kinds over HTTP. Spec: openstack-api 8."""

import msgspec

from synnefo.cyclades.api.volume import views
from synnefo.cyclades.api.volume.views import View
from synnefo.cyclades.models import Volume, VolumeType
from synnefo.cyclades.usecases import volumes
from synnefo.kit.faults import BadRequest, ItemNotFound, NotImplementedHere
from synnefo.kit.units import is_number
from synnefo.serve.http import Call
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


def create_volume(_call: Call) -> None:
    """Refuse: volumes are made with their servers here."""
    raise NotImplementedHere("Volumes are made with their servers here. Create a server.")


def delete_volume(call: Call, volume_id: str) -> None:
    """Refuse: a volume goes with its server."""
    volumes.visible(call.who, volume_id)
    raise BadRequest("The volume is attached and goes with its server. Delete the server.")


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
