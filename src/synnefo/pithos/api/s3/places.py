"""Buckets and keys as containers and objects of the caller's account."""

import re

from synnefo.kit.faults import ItemNotFound
from synnefo.pithos.api.s3.faults import no_bucket, wrong
from synnefo.pithos.domain.places import Place, check_name
from synnefo.pithos.models import Container
from synnefo.pithos.usecases.found import container_of
from synnefo.serve.http.auth import Caller

SEGMENTS = "+segments"
"""What the container is called, after its bucket's name, that holds the parts of uploads."""
_NAME = re.compile(r"(?!xn--)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)


def account_of(caller: Caller) -> str:
    """Answer the account whose buckets a caller sees."""
    return caller.user_id


def bucket_of(caller: Caller, bucket: str) -> Container:
    """Find a bucket of the caller's."""
    try:
        if bucket.endswith(SEGMENTS):
            raise no_bucket(bucket)
        return container_of(account_of(caller), bucket)
    except ItemNotFound as fault:
        raise no_bucket(bucket) from fault


def place_of(caller: Caller, bucket: str, key: str) -> Place:
    """Name the place of an object in a bucket that is there."""
    bucket_of(caller, bucket)
    return Place(account_of(caller), bucket, check_name(key))


def check_new(bucket: str) -> None:
    """Refuse a name that no new bucket may have."""
    if not _NAME.fullmatch(bucket) or ".." in bucket:
        raise wrong(
            "A bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens.",
            "InvalidBucketName",
        )
