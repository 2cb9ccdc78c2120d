"""What clients ask before anything else: capabilities and v1 tokens. Spec: object-storage 18."""

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Unauthorized
from synnefo.pithos.api import extracts
from synnefo.pithos.api.links import storage_url
from synnefo.pithos.domain import manifests, metadata, places, symlinks, temp_urls
from synnefo.pithos.engines import identity
from synnefo.pithos.settings import PithosSettings
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call, Reply


def show_info(_call: Call) -> dict[str, object]:
    """Tell which of Swift's features are served here. Spec: openstack-api 10.2."""
    settings = conf.of(PithosSettings)
    limit = settings.pithos_api_list_limit
    return {
        "swift": {
            "version": "2.30.1",
            "policies": [{"name": "default", "aliases": "default", "default": True}],
            "max_file_size": settings.pithos_max_upload_size,
            "max_object_name_length": places.MAX_NAME,
            "max_container_name_length": places.MAX_CONTAINER,
            "max_account_name_length": places.MAX_ACCOUNT,
            "max_meta_count": settings.pithos_resource_max_metadata,
            "max_meta_name_length": metadata.MAX_KEY - len("X-Container-Meta-"),
            "max_meta_value_length": metadata.MAX_VALUE,
            "max_header_size": 8192,
            "container_listing_limit": limit,
            "account_listing_limit": limit,
            "allow_account_management": False,
            "strict_cors_mode": True,
        },
        "slo": {
            "max_manifest_segments": manifests.MAX_SEGMENTS,
            "max_manifest_size": manifests.MAX_MANIFEST,
            "min_segment_size": 1,
            "yield_frequency": 10,
        },
        "dlo": {"max_segments": 100_000},
        "bulk_delete": {"max_deletes_per_request": 10_000, "max_failed_deletes": 10_000},
        "tempurl": {
            "methods": list(temp_urls.METHODS),
            "allowed_digests": list(settings.pithos_signature_digests),
            "incoming_remove_headers": [],
            "incoming_allow_headers": [],
            "outgoing_remove_headers": ["x-object-*"],
            "outgoing_allow_headers": ["x-object-meta-public-*"],
        },
        "account_quotas": {},
        "bulk_upload": {
            "max_containers_per_extraction": 10_000,
            "max_failed_extractions": extracts.MOST_ERRORS,
        },
        "container_quotas": {},
        "formpost": {"allowed_digests": list(settings.pithos_signature_digests)},
        "object_versioning": {},
        "staticweb": {},
        "symlink": {"symloop_max": symlinks.MOST_HOPS, "static_links": True},
        "versioned_writes": {"allowed_flags": ["x-versions-location", "x-history-location"]},
        "pithos": {
            "block_size": settings.pithos_backend_block_size,
            "block_hash": settings.pithos_backend_hash_algorithm,
        },
    }


def give_token(call: Call) -> Reply:
    """Answer v1 clients: the key is an API token, the user is its holder. Spec: 18.3."""
    user = call.headers.get("X-Auth-User") or call.headers.get("X-Storage-User")
    key = call.headers.get("X-Auth-Key") or call.headers.get("X-Storage-Pass")
    if not user or not key:
        raise BadRequest("Send X-Auth-User and X-Auth-Key.")
    caller = identity.authenticate(key)
    if not _is_holder(user, caller):
        raise Unauthorized("The token is not this user's.")
    headers = {
        "X-Auth-Token": key,
        "X-Storage-Token": key,
        "X-Storage-Url": storage_url(caller.user_id),
    }
    return Reply(200, headers, None)


def _is_holder(user: str, caller: Caller) -> bool:
    names = {caller.user_id, caller.user_name.lower()}
    return user.lower() in names or user.rpartition(":")[2].lower() in names


def refuse_unknown(_call: Call, rest: str) -> Reply:
    """Refuse addresses beside the ones that are there. Spec: object-storage 2.2."""
    raise BadRequest(f"API endpoint not found: '{rest[:100]}'.")


def show_health(_call: Call) -> Reply:
    """Tell that the service answers."""
    return Reply(200, {"Content-Type": "text/plain"}, b"OK")
