"""Every route of the block storage API, whose paths may name the project first."""

from synnefo.cyclades.api.volume import surroundings, volumes
from synnefo.serve.http import Route

ROOT = [
    Route("GET", "/", surroundings.show_versions, auth=False, name="volume-versions"),
]

V3 = [
    Route("GET", "/", surroundings.list_versions, auth=False),
    Route("GET", "/volumes", volumes.list_volumes),
    Route("POST", "/volumes", volumes.create_volume, status=202),
    Route("GET", "/volumes/detail", volumes.list_details),
    Route("GET", "/volumes/{volume_id}", volumes.show_volume),
    Route("PUT", "/volumes/{volume_id}", volumes.update_volume),
    Route("DELETE", "/volumes/{volume_id}", volumes.delete_volume, status=202),
    Route("POST", "/volumes/{volume_id}/action", volumes.act, status=202),
    Route("GET", "/volumes/{volume_id}/metadata", volumes.show_metadata),
    Route("POST", "/volumes/{volume_id}/metadata", volumes.merge_metadata),
    Route("PUT", "/volumes/{volume_id}/metadata", volumes.replace_metadata),
    Route("DELETE", "/volumes/{volume_id}/metadata/{key}", volumes.delete_metadata),
    Route("GET", "/types", volumes.list_types),
    Route("GET", "/types/default", volumes.show_default_type),
    Route("GET", "/types/{type_id}", volumes.show_type),
    Route("GET", "/limits", surroundings.show_limits),
    Route("GET", "/os-quota-sets/{quota_id}", surroundings.show_quotas),
    Route("PUT", "/os-quota-sets/{quota_id}", surroundings.refuse_quotas),
    Route("GET", "/os-quota-sets/{quota_id}/defaults", surroundings.show_quotas),
    Route("GET", "/os-availability-zone", surroundings.list_zones),
    Route("GET", "/extensions", surroundings.list_extensions),
    Route("GET", "/snapshots", surroundings.list_snapshots),
    Route("GET", "/snapshots/detail", surroundings.list_snapshots),
    Route("GET", "/backups", surroundings.list_backups),
    Route("GET", "/backups/detail", surroundings.list_backups),
]
