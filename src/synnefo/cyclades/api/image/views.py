"""Images as Glance v2 shows them. Spec: openstack-api 7."""

from synnefo.cyclades.domain.images import Image, ImageStatus, Visibility
from synnefo.kit import clock

View = dict[str, object]
_GLANCE_FORMAT = {"diskdump": "raw"}


def of_image(image: Image) -> View:
    """Show an image: all fields, then its properties beside them."""
    path = f"/v2/images/{image.id}"
    own: View = {
        "id": image.id,
        "name": image.name or None,
        "status": image.status,
        "visibility": image.visibility,
        "owner": image.owner,
        "size": image.size,
        "virtual_size": image.virtual_size,
        "disk_format": _GLANCE_FORMAT.get(image.disk_format, image.disk_format) or None,
        "container_format": image.container_format or None,
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "checksum": image.checksum,
        "os_hash_algo": "sha512" if image.sha512 else None,
        "os_hash_value": image.sha512,
        "protected": image.protected,
        "os_hidden": image.hidden,
        "tags": list(image.tags),
        "created_at": clock.stamp(clock.from_timestamp(image.created)),
        "updated_at": clock.stamp(clock.from_timestamp(image.updated)),
        "self": path,
        "file": f"{path}/file",
        "schema": "/v2/schemas/image",
    }
    if image.status is ImageStatus.KILLED and image.reason:
        own["import_error"] = image.reason
    if image.description:
        own["description"] = image.description
    return {**image.properties, **own}


def of_member(image: Image, member: str) -> View:
    """Show somebody whom an image is shared with."""
    moment = clock.stamp(clock.from_timestamp(image.updated))
    return {
        "member_id": member,
        "image_id": image.id,
        "status": image.members[member],
        "created_at": moment,
        "updated_at": moment,
        "schema": "/v2/schemas/member",
    }


def is_listed(image: Image, reader: tuple[str, str], member_status: str) -> bool:
    """Tell whether an image is in its reader's usual list; `reader` is user and project.

    Images shared with somebody are listed once accepted. Spec: openstack-api 7.
    """
    if image.owner in reader or image.visibility is Visibility.PUBLIC:
        return True
    status = next((image.members[one] for one in reader if one in image.members), None)
    return status is not None and member_status in {status, "all"}
