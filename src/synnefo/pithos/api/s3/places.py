"""Buckets and keys as containers and objects of the caller's account."""

import re

from django.db.models import Exists, OuterRef, Q

from synnefo.pithos.api.s3.faults import denied, no_bucket, wrong
from synnefo.pithos.domain.acls import READ, WRITE
from synnefo.pithos.domain.places import Place, check_name
from synnefo.pithos.models import Container, Public
from synnefo.pithos.usecases.visitors import is_nobody, owns
from synnefo.serve.http.auth import Caller

SEGMENTS = "+segments"
"""What the container is called, after its bucket's name, that holds the parts of uploads."""
_NAME = re.compile(r"(?!xn--)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)


def account_of(caller: Caller) -> str:
    """Answer the account whose buckets a caller sees: that of the project their key is for."""
    if is_nobody(caller):
        raise denied("Sign the request.")
    return caller.project_id or caller.user_id


def bucket_of(caller: Caller, bucket: str) -> Container:
    """Find a bucket of the caller's, or one of that name that somebody opened."""
    if bucket.endswith(SEGMENTS):
        raise no_bucket(bucket)
    if not is_nobody(caller):
        own = Container.objects.filter(account=account_of(caller), name=bucket).first()
        if own is not None:
            return own
    found = _opened(bucket)
    if found is None:
        raise denied("Sign the request.") if is_nobody(caller) else no_bucket(bucket)
    return found


def own_bucket_of(caller: Caller, bucket: str) -> Container:
    """Find a bucket whose settings the caller may see, for it is theirs."""
    found = bucket_of(caller, bucket)
    if not owns(caller, found.account):
        raise denied("Only its owner may see what is set for a bucket.")
    return found


def _opened(bucket: str) -> Container | None:
    """Find the oldest bucket of a name that is open to others, or holds something that is.

    Names are not the cloud's but each account's, so a newer one never takes an older one's place.
    """
    public = Public.objects.filter(node__container_id=OuterRef("pk"))
    rows = Container.objects.filter(name=bucket)
    rows = rows.filter(Q(rules__has_any_keys=[READ, WRITE]) | Exists(public))
    return rows.order_by("pk").first()


def place_of(caller: Caller, bucket: str, key: str) -> Place:
    """Name the place of an object in a bucket that is there."""
    return Place(bucket_of(caller, bucket).account, bucket, check_name(key))


def check_new(bucket: str) -> None:
    """Refuse a name that no new bucket may have."""
    if not _NAME.fullmatch(bucket) or ".." in bucket:
        raise wrong(
            "A bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens.",
            "InvalidBucketName",
        )
