"""Lists of blocks, kept once each, and which of them a block is in. Spec: object-storage 15.4."""

from collections.abc import Iterable, Iterator

import msgspec
from django.db import connections, transaction

from synnefo.pithos.models import BlockUse, Cluster, HashList, Version
from synnefo.pithos.usecases.content import Content
from synnefo.pithos.usecases.found import DB
from synnefo.wire.hashmaps import DIGEST_SIZE

_FIND = "SELECT id FROM pithos_hashlist WHERE root = %s AND blocks = %s"
_AT_ONCE = 500


class Use(msgspec.Struct, frozen=True):
    """A version that a block is part of."""

    account: str
    container: str
    name: str
    serial: int
    is_current: bool


def keep_hashes(content: Content) -> int | None:
    """Keep a content's list of blocks once; contents of one block need none.

    The row is held until the end of the transaction, so that nobody drops it as unused meanwhile.
    """
    count = len(content.digests) // DIGEST_SIZE
    if count < 2:
        return None
    found = _held(content.root, count)
    if found is not None:
        return found
    HashList.objects.bulk_create(
        [HashList(root=content.root, blocks=count, hashes=content.digests, is_indexed=True)],
        ignore_conflicts=True,
    )
    made = _held(content.root, count)
    if made is None:
        return keep_hashes(content)
    _index(made, content.digests)
    return made


def _held(root: str, count: int) -> int | None:
    connection = connections[DB]
    lock = " FOR KEY SHARE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(_FIND + lock, [root, count])
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _index(hash_list_id: int, digests: bytes) -> None:
    BlockUse.objects.bulk_create(
        [BlockUse(hash_list_id=hash_list_id, digest=one) for one in sorted(set(cut(digests)))],
        ignore_conflicts=True,
        batch_size=_AT_ONCE,
    )


def cut(digests: bytes) -> Iterator[bytes]:
    """Cut packed hashes into single ones."""
    return (digests[at : at + DIGEST_SIZE] for at in range(0, len(digests), DIGEST_SIZE))


def index_some(limit: int = 200) -> int:
    """Index lists that were kept before there was an index; count them."""
    rows = HashList.objects.filter(is_indexed=False).values_list("pk", "hashes")[:limit]
    for pk, hashes in list(rows):
        with transaction.atomic(using=DB):
            _index(pk, bytes(hashes))
            HashList.objects.filter(pk=pk).update(is_indexed=True)
    return len(rows)


def drop_unused_lists() -> int:
    """Drop the lists of blocks that no version has any more, a few hundred at a time."""
    total = 0
    while dropped := _drop_some():
        total += dropped
    return total


def _drop_some() -> int:
    with transaction.atomic(using=DB):
        rows = HashList.objects.filter(version__isnull=True).order_by("pk")
        some = list(rows.values_list("pk", flat=True)[:_AT_ONCE])
        if not some:
            return 0
        has_locks = connections[DB].features.has_select_for_update_skip_locked
        held = HashList.objects.filter(pk__in=some)
        if has_locks:
            held = held.select_for_update(skip_locked=True)
        names = list(held.values_list("pk", flat=True))
        needed = Version.objects.filter(hash_list_id__in=names).values_list(
            "hash_list_id", flat=True
        )
        gone = set(names) - set(needed)
        BlockUse.objects.filter(hash_list_id__in=gone).delete()
        HashList.objects.filter(pk__in=gone).delete()
        return len(gone)


def uses_of(names: Iterable[str]) -> dict[str, list[Use]]:
    """Tell which versions are made of some blocks."""
    return {name: list(_uses(name)) for name in names}


def _uses(name: str) -> Iterator[Use]:
    in_lists = BlockUse.objects.filter(digest=bytes.fromhex(name)).values("hash_list_id")
    for rows in (
        Version.objects.filter(hash=name, hash_list__isnull=True, size__gt=0),
        Version.objects.filter(hash_list_id__in=in_lists),
    ):
        columns = ("node__container__account", "node__container__name", "node__name", "serial")
        for row in rows.order_by("serial").values_list(*columns, "cluster"):
            yield Use(row[0], row[1], row[2], row[3], row[4] == Cluster.NORMAL)
