"""Buckets over S3."""

from collections.abc import Callable

from synnefo.kit.faults import Conflict, ItemNotFound
from synnefo.pithos.api import formats
from synnefo.pithos.api.s3 import access, faults
from synnefo.pithos.api.s3.documents import Node, document, root, text_of
from synnefo.pithos.api.s3.places import SEGMENTS, account_of, bucket_of, check_new, own_bucket_of
from synnefo.pithos.domain.acls import LISTINGS, READ
from synnefo.pithos.domain.listings import Listing
from synnefo.pithos.domain.policies import Versioning
from synnefo.pithos.models import Container
from synnefo.pithos.usecases import accounts, containers
from synnefo.pithos.usecases.containers import Order
from synnefo.serve.http.call import Call, Reply

REGION = "default"


def list_buckets(call: Call) -> Reply:
    """List the caller's buckets."""
    account = account_of(call.who)
    rows = accounts.containers(call.who, account, Listing())
    buckets: list[Node] = [
        (
            "Bucket",
            [
                ("Name", row.container.name),
                ("CreationDate", formats.iso_z(row.container.modified)),
            ],
        )
        for row in rows
        if not row.container.name.endswith(SEGMENTS)
    ]
    return document("ListAllMyBucketsResult", [("Owner", owner(call)), ("Buckets", buckets)])


def owner(call: Call) -> list[Node]:
    """Name the caller as the owner of something."""
    return [("ID", call.who.user_id), ("DisplayName", call.who.user_name)]


def head_bucket(call: Call, bucket: str) -> Reply:
    """Tell whether a bucket is there."""
    bucket_of(call.who, bucket)
    return Reply(200, {"x-amz-bucket-region": REGION}, None)


def put_bucket(call: Call, bucket: str) -> Reply:
    """Make a bucket."""
    check_new(bucket)
    account = account_of(call.who)
    if Container.objects.filter(account=account, name=bucket).exists():
        raise faults.taken("This bucket is yours already.", "BucketAlreadyOwnedByYou")
    is_open = access.canned(call)
    rules = {READ: LISTINGS} if is_open else {}
    order = Order({"versioning": Versioning.NONE}, {}, access=rules)
    containers.put(call.who, account, bucket, order)
    return Reply(200, {"Location": f"/{bucket}"}, None)


def delete_bucket(call: Call, bucket: str) -> Reply:
    """Remove an empty bucket."""
    account = bucket_of(call.who, bucket).account
    try:
        containers.delete(call.who, account, bucket)
    except Conflict as fault:
        raise faults.taken("The bucket is not empty.", "BucketNotEmpty") from fault
    return Reply(204, {}, None)


def show_location(call: Call, bucket: str) -> Reply:
    """Tell where a bucket lies: everything lies in one place here."""
    bucket_of(call.who, bucket)
    return document("LocationConstraint", [])


def show_versioning(call: Call, bucket: str) -> Reply:
    """Tell whether a bucket keeps former versions."""
    keeps = own_bucket_of(call.who, bucket).versioning == Versioning.AUTO
    return document("VersioningConfiguration", [("Status", "Enabled")] if keeps else [])


def put_versioning(call: Call, bucket: str) -> Reply:
    """Let a bucket keep former versions, or no longer."""
    account = bucket_of(call.who, bucket).account
    status = text_of(root(call), "Status")
    if status not in {"Enabled", "Suspended"}:
        raise faults.wrong("The status is Enabled or Suspended.", "MalformedXML")
    kept = Versioning.AUTO if status == "Enabled" else Versioning.NONE
    containers.update(call.who, account, bucket, Order({"versioning": kept}, {}))
    return Reply(200, {}, None)


def absent(what: str, code: str) -> Callable[[Call, str], Reply]:
    """Make the answer for a configuration that no bucket here has; S3 says so by a fault."""

    def answer(call: Call, bucket: str) -> Reply:
        """Say so, if the bucket is there."""
        bucket_of(call.who, bucket)
        raise ItemNotFound(f"The bucket has no {what}.", details=code)

    return answer
