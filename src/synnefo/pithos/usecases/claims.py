"""Who may make an object of a block by naming it: who had it, or may read it.

Without this rule a hash map would tell anybody whether somebody has stored some content, and give
it to who knows no more than its hash. Spec: object-storage 8.3.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import connections

from synnefo.kit import conf
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.sharing import Right
from synnefo.pithos.models import SentBlock
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import content
from synnefo.pithos.usecases.content import Source
from synnefo.pithos.usecases.found import DB, Found, look, microseconds, with_rights
from synnefo.serve.http.auth import Caller
from synnefo.wire.hashmaps import NOTHING

_AT_ONCE = 400
_CANDIDATES = 500
"""Places of others that are looked at for one request; a block beyond must be sent."""

_IN_LISTS = (
    "SELECT u.digest FROM pithos_blockuse u WHERE u.digest IN ({0}) AND EXISTS "
    "(SELECT 1 FROM pithos_version v JOIN pithos_node n ON n.id = v.node_id {1} "
    "WHERE v.hash_list_id = u.hash_list_id AND {2})"
)
_ALONE = (
    "SELECT v.hash FROM pithos_version v JOIN pithos_node n ON n.id = v.node_id {1} "
    "WHERE v.hash IN ({0}) AND v.hash_list_id IS NULL AND {2}"
)
_CONTAINER = "JOIN pithos_container c ON c.id = n.container_id"
_SHARED_LISTS = (
    "SELECT DISTINCT u.digest, c.account, c.name, n.name FROM pithos_blockuse u "
    "JOIN pithos_version v ON v.hash_list_id = u.hash_list_id "
    "JOIN pithos_node n ON n.current_id = v.serial "
    "JOIN pithos_container c ON c.id = n.container_id "
    "WHERE u.digest IN ({0}) AND c.is_shared LIMIT {1}"
)
_SHARED_ALONE = (
    "SELECT DISTINCT v.hash, c.account, c.name, n.name FROM pithos_version v "
    "JOIN pithos_node n ON n.current_id = v.serial "
    "JOIN pithos_container c ON c.id = n.container_id "
    "WHERE v.hash IN ({0}) AND v.hash_list_id IS NULL AND c.is_shared LIMIT {1}"
)


def unproven(caller: Caller, found: Found, names: Iterable[str]) -> set[str]:
    """Tell which blocks the caller may not claim: they must be sent, whoever has them.

    The store is not asked, so neither the answer nor its time depends on what others have.
    """
    left = {bytes.fromhex(name) for name in names if name.lower() != NOTHING}
    if caller.is_service or not conf.of(PithosSettings).pithos_block_proof:
        return set()
    for known in (_of_place, _sent, _of_account, _shared):
        if left:
            left -= known(caller, found, left)
    return {digest.hex() for digest in left}


def receive_blocks(caller: Caller, source: Source) -> list[str]:
    """Store a body cut into blocks, tell their hashes, and remember who sent them."""
    names = content.receive_blocks(source)
    _note_sent(caller, names)
    return names


def _note_sent(caller: Caller, names: Iterable[str]) -> None:
    now = microseconds()
    rows = [
        SentBlock(sender=caller.user_id, digest=bytes.fromhex(name), sent=now)
        for name in sorted(set(names))
        if name != NOTHING
    ]
    SentBlock.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["sender", "digest"],
        update_fields=["sent"],
        batch_size=_AT_ONCE,
    )


def forget_sent() -> int:
    """Forget who sent what longer ago than unused blocks are kept."""
    limit = microseconds() - conf.of(PithosSettings).pithos_gc_grace * 1_000_000
    return SentBlock.objects.filter(sent__lt=limit).delete()[0]


def _of_place(_caller: Caller, found: Found, left: set[bytes]) -> set[bytes]:
    """Tell which blocks some version of the place itself has; who writes there may read it."""
    if found.node_id is None:
        return set()
    return _having(left, "", "v.node_id = %s", [found.node_id])


def _sent(caller: Caller, _found: Found, left: set[bytes]) -> set[bytes]:
    rows = SentBlock.objects.filter(sender=caller.user_id)
    return {
        bytes(digest)
        for some in _portions(left)
        for digest in rows.filter(digest__in=some).values_list("digest", flat=True)
    }


def _of_account(caller: Caller, found: Found, left: set[bytes]) -> set[bytes]:
    """Tell which blocks are in the caller's account, or in that of the place if it is theirs."""
    accounts = {caller.user_id, found.box.account if found.right is Right.OWN else caller.user_id}
    which = f"c.account IN ({_marks(accounts)})"
    return _having(left, _CONTAINER, which, sorted(accounts))


def _having(left: set[bytes], join: str, which: str, values: list[str | int]) -> set[bytes]:
    known: set[bytes] = set()
    for some in _portions(left):
        marks = _marks(some)
        with connections[DB].cursor() as cursor:
            cursor.execute(_IN_LISTS.format(marks, join, which), [*some, *values])
            known.update(bytes(row[0]) for row in cursor.fetchall())
            cursor.execute(
                _ALONE.format(marks, join, which), [*(one.hex() for one in some), *values]
            )
            known.update(bytes.fromhex(row[0]) for row in cursor.fetchall())
    return known


def _shared(caller: Caller, _found: Found, left: set[bytes]) -> set[bytes]:
    """Tell which blocks are in objects that others share with the caller."""
    known: set[bytes] = set()
    rights: dict[Place, bool] = {}
    for digest, place in islice(_candidates(left), _CANDIDATES):
        if digest in known:
            continue
        if place not in rights:
            rights[place] = with_rights(caller, look(place)).right >= Right.READ
        if rights[place]:
            known.add(digest)
    return known


def _candidates(left: set[bytes]) -> Iterator[tuple[bytes, Place]]:
    for some in _portions(left):
        marks = _marks(some)
        with connections[DB].cursor() as cursor:
            cursor.execute(_SHARED_LISTS.format(marks, _CANDIDATES), list(some))
            rows = [(bytes(row[0]), Place(*row[1:])) for row in cursor.fetchall()]
            names = [one.hex() for one in some]
            cursor.execute(_SHARED_ALONE.format(marks, _CANDIDATES), names)
            rows += [(bytes.fromhex(row[0]), Place(*row[1:])) for row in cursor.fetchall()]
        yield from rows


def _portions(digests: set[bytes]) -> Iterator[list[bytes]]:
    ordered = sorted(digests)
    return (ordered[at : at + _AT_ONCE] for at in range(0, len(ordered), _AT_ONCE))


def _marks(values: Iterable[object]) -> str:
    return ", ".join("%s" for _ in values)
