"""Which of S3's operations a request is: by method, by place, and by a word in its query."""

from collections.abc import Callable
from typing import TypeVar

from synnefo.pithos.api.s3 import (
    access,
    buckets,
    callers,
    configs,
    faults,
    lists,
    object_tags,
    objects,
    uploads,
    versions,
)
from synnefo.pithos.api.s3.buckets import absent
from synnefo.pithos.usecases import lifecycles
from synnefo.serve.http import Api, Call, Reply, Route

InBucket = Callable[[Call, str], Reply]
OnObject = Callable[[Call, str, str], Reply]
Act = TypeVar("Act", InBucket, OnObject)
_BUCKET: dict[str, dict[str, InBucket]] = {
    "GET": {
        "location": buckets.show_location,
        "versioning": buckets.show_versioning,
        "acl": access.show_bucket,
        "versions": versions.list_versions,
        "policy": configs.show_policy,
        "policyStatus": configs.show_policy_status,
        "tagging": configs.show_tags,
        "lifecycle": configs.show_lifecycle,
        "cors": configs.show_cors,
        "encryption": absent("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        "object-lock": absent("locks", "ObjectLockConfigurationNotFoundError"),
        "ownershipControls": absent("ownership rules", "OwnershipControlsNotFoundError"),
        "publicAccessBlock": absent("blocks", "NoSuchPublicAccessBlockConfiguration"),
        "replication": absent("replication", "ReplicationConfigurationNotFoundError"),
        "website": absent("site; see web-index", "NoSuchWebsiteConfiguration"),
        "uploads": uploads.list_uploads,
        "": lists.list_objects,
    },
    "HEAD": {"": buckets.head_bucket},
    "PUT": {
        "versioning": buckets.put_versioning,
        "acl": access.put_bucket,
        "policy": configs.put_policy,
        "tagging": configs.put_tags,
        "lifecycle": configs.put_lifecycle,
        "cors": configs.put_cors,
        "": buckets.put_bucket,
    },
    "POST": {"delete": objects.delete_objects},
    "DELETE": {
        "policy": configs.delete_policy,
        "tagging": configs.forget(configs.TAGS),
        "lifecycle": configs.forget(lifecycles.KEY),
        "cors": configs.forget(configs.CORS),
        "": buckets.delete_bucket,
    },
}
_OBJECT: dict[str, dict[str, OnObject]] = {
    "GET": {
        "uploadId": uploads.list_parts,
        "acl": access.show_object,
        "tagging": object_tags.show,
        "": objects.get_object,
    },
    "HEAD": {"": objects.head_object},
    "PUT": {
        "partNumber": uploads.put_part,
        "acl": access.put_object,
        "tagging": object_tags.put,
        "": objects.put_object,
    },
    "POST": {"uploads": uploads.begin, "uploadId": uploads.complete},
    "DELETE": {
        "uploadId": uploads.abort,
        "tagging": object_tags.delete,
        "": objects.delete_object,
    },
}
_WORDS = {
    *("accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption"),
    *("inventory", "legal-hold", "lifecycle", "location", "logging", "metrics", "notification"),
    *("object-lock", "ownershipControls", "partNumber", "policy", "policyStatus"),
    *("publicAccessBlock", "replication", "requestPayment", "restore", "retention", "select"),
    *("tagging", "torrent", "uploadId", "uploads", "versioning", "versions", "website"),
}
"""Words that make another operation of a request. One that is unknown here is refused: taken for
the plain operation, it could store or delete what nobody meant."""


def list_buckets(call: Call) -> Reply:
    """List the caller's buckets."""
    return buckets.list_buckets(call)


def act_on_bucket(call: Call, bucket: str) -> Reply:
    """Do what the query names to a bucket."""
    return _chosen(call, _BUCKET)(call, bucket)


def act_on_object(call: Call, bucket: str, key: str) -> Reply:
    """Do what the query names to an object."""
    return _chosen(call, _OBJECT)(call, bucket, key)


def _chosen(call: Call, table: dict[str, dict[str, Act]]) -> Act:
    acts = table[call.method]
    words = _WORDS & call.query.keys()
    found = next((acts[word] for word in acts if word and word in words), None)
    if found is None and not words:
        found = acts.get("")
    if found is None:
        raise faults.not_here(", ".join(sorted(words)) or call.method)
    return found


_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
ROUTES = [
    Route("GET", "/", list_buckets, auth="optional"),
    *(Route(m, "/{bucket}", act_on_bucket, auth="optional") for m in _METHODS if m in _BUCKET),
    *(Route(m, "/{bucket}/{key*}", act_on_object, auth="optional") for m in _METHODS),
]
API = Api(
    "pithos-s3",
    "s3",
    ROUTES,
    fault_style=faults.style,
    authenticate=callers.nobody,
    token_of=lambda _call: None,
    request_id_headers=("x-amz-request-id",),
).wrapped(callers.known)
