"""Every route of the image API."""

from synnefo.cyclades.api.image import (
    glance,
    glance_data,
    glance_members,
    glance_schemas,
    legacy,
)
from synnefo.serve.http import Route

ONE = "/images/{image_id}"

ROOT = [
    Route("GET", "/", glance.show_versions, auth=False, name="image-versions"),
    Route("GET", "/versions", glance.list_versions, auth=False),
]

GLANCE = [
    Route("GET", "/", glance.list_versions, auth=False),
    Route("GET", "/images", glance.list_images),
    Route("POST", "/images", glance.create_image, status=201),
    Route("GET", ONE, glance.show_image),
    Route("PATCH", ONE, glance.update_image),
    Route("DELETE", ONE, glance.delete_image, status=204),
    Route("PUT", f"{ONE}/file", glance_data.upload, status=204),
    Route("GET", f"{ONE}/file", glance_data.download),
    Route("PUT", f"{ONE}/stage", glance_data.refuse_import),
    Route("POST", f"{ONE}/import", glance_data.refuse_import),
    Route("POST", f"{ONE}/actions/deactivate", glance.deactivate, status=204),
    Route("POST", f"{ONE}/actions/reactivate", glance.reactivate, status=204),
    Route("PUT", f"{ONE}/tags/{{tag}}", glance.add_tag, status=204),
    Route("DELETE", f"{ONE}/tags/{{tag}}", glance.remove_tag, status=204),
    Route("GET", f"{ONE}/members", glance_members.list_members),
    Route("POST", f"{ONE}/members", glance_members.add_member),
    Route("GET", f"{ONE}/members/{{member_id}}", glance_members.show_member),
    Route("PUT", f"{ONE}/members/{{member_id}}", glance_members.answer),
    Route("DELETE", f"{ONE}/members/{{member_id}}", glance_members.remove_member, status=204),
    Route("GET", "/schemas/{name}", glance_schemas.show_schema),
    Route("GET", "/info/import", glance.show_import_methods),
]

LEGACY = [
    Route("GET", "/", legacy.show_versions, auth=False),
    Route("GET", "/versions", legacy.show_versions, auth=False),
    Route("GET", "/images", legacy.list_images),
    Route("GET", "/images/detail", legacy.list_details),
    Route("POST", "/images", legacy.register),
    Route("GET", ONE, legacy.show_image),
    Route("PUT", ONE, legacy.update_image),
    Route("DELETE", ONE, legacy.unregister, status=204),
    Route("GET", f"{ONE}/members", legacy.list_members),
    Route("PUT", f"{ONE}/members", legacy.replace_members, status=204),
    Route("PUT", f"{ONE}/members/{{member_id}}", legacy.add_member, status=204),
    Route("DELETE", f"{ONE}/members/{{member_id}}", legacy.remove_member, status=204),
    Route("GET", "/shared-images/{member_id}", legacy.list_shared),
]
