"""Recording versions: the one place where an object comes to be, changes or goes.

Everything here runs inside the transaction of a change. Spec: object-storage 14.1.
"""

from typing import Any

import msgspec
from django.db import connections

from synnefo.kit import conf
from synnefo.kit.faults import Forbidden, ItemNotFound, PreconditionFailed
from synnefo.kit.ids import new_uuid
from synnefo.pithos.domain import charges
from synnefo.pithos.domain.archives import archived_name
from synnefo.pithos.domain.charges import Keeping
from synnefo.pithos.domain.manifests import MANIFEST
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.sharing import Right
from synnefo.pithos.domain.symlinks import LINK
from synnefo.pithos.models import Cluster, Facet, Grant, Node, Public, Version
from synnefo.pithos.models.containers import STRIPES
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import quotas
from synnefo.pithos.usecases.allowances import Raced, spend
from synnefo.pithos.usecases.block_uses import keep_hashes
from synnefo.pithos.usecases.content import Content
from synnefo.pithos.usecases.found import Box, Found, State, look, microseconds

DB = "pithos"
_TALLY = (
    "UPDATE pithos_tally SET population = population + %s, size = size + %s, "
    "history = history + %s, modified = CASE WHEN modified < %s THEN %s ELSE modified END "
    "WHERE container_id = %s AND stripe = %s"
)


_SMALL = (
    "INSERT INTO pithos_smallblock (hash, data, touched) VALUES (%s, %s, %s) "
    "ON CONFLICT (hash) DO UPDATE SET touched = excluded.touched"
)
_NODE = (
    "INSERT INTO pithos_node (container_id, name) VALUES (%s, %s) "
    "ON CONFLICT (container_id, name) DO NOTHING RETURNING id"
)
_FIELDS = (
    *("node_id", "cluster", "hash", "size", "type", "checksum", "uuid", "modified"),
    *("modified_by", "source", "available", "is_snapshot", "metadata", "hash_list_id"),
    *("expires", "large_etag", "large_size"),
)
_VERSION = (
    f"INSERT INTO pithos_version ({', '.join(_FIELDS)}) "  # noqa: S608 - no value is pasted in
    f"VALUES ({', '.join(['%s'] * len(_FIELDS))}) RETURNING serial"
)
_CURRENT = "UPDATE pithos_node SET current_id = %s WHERE id = %s"


LEADING = (MANIFEST, LINK)
"""Metadata by which an object shows what lies elsewhere."""


class Draft(msgspec.Struct, frozen=True):
    """A version about to be recorded; without `uuid` the path's own goes on, or a new one."""

    hash: str
    size: int
    type: str
    metadata: dict[str, str]
    checksum: str = ""
    hash_list_id: int | None = None
    uuid: str = ""
    source: int | None = None
    available: int = 1
    is_snapshot: bool = False
    expires: int | None = None
    large_etag: str = ""
    large_size: int | None = None


def draft_of(state: State, **changes: object) -> Draft:
    """Draft a version that is like another one but for some changes."""
    names = set(Draft.__struct_fields__) - {"source"}
    same: dict[str, object] = {name: getattr(state, name) for name in names}
    return Draft(**{**same, "source": state.serial, **changes})  # type: ignore[arg-type] # a State's own


def _keep_small(content: Content) -> None:
    """Lay a small content beside its version; what is there already is wanted anew."""
    if content.data:
        with connections[DB].cursor() as cursor:
            cursor.execute(_SMALL, [content.root, content.data, microseconds()])


def drafted(content: Content, content_type: str, metadata: dict[str, str]) -> Draft:
    """Draft a version of bytes that are in the store, or go into the database here."""
    _keep_small(content)
    return Draft(
        hash=content.root,
        size=content.size,
        type=content_type,
        metadata=metadata,
        checksum=content.checksum,
        hash_list_id=keep_hashes(content),
    )


def locked(place: Place) -> Found:
    """Find a place and hold its path's row until the end of the transaction."""
    found = look(place, is_expiry_hidden=False)
    if found.node_id is not None and connections[DB].features.has_select_for_update:
        Node.objects.select_for_update().filter(pk=found.node_id).first()
        found = look(place, is_expiry_hidden=False)
    if found.state and found.state.has_expired:
        remove(found, found.box.account)
        found = look(place)
    return found


def keeping_of(box: Box) -> Keeping:
    """Tell how a container keeps and charges former versions."""
    is_free = conf.of(PithosSettings).pithos_backend_free_versioning
    return Keeping(box.policy.versioning, is_free)


def record(found: Found, draft: Draft, author: str, *, is_same: bool = False) -> State:
    """Make a draft the current version of a path, charge it, and put the former one away.

    With `is_same` the content is what it was and only metadata changed.
    """
    _check_manifest(found, draft)
    if found.box.archive and found.state is not None and not is_same:
        lay_away(found, author)
    old, keeping = found.state, keeping_of(found.box)
    node_id = found.node_id or _new_node(found)
    version = _insert(node_id, draft, author, old)
    with connections[DB].cursor() as cursor:
        cursor.execute(_CURRENT, [version.serial, node_id])
    if old is not None:
        _retire(old, keeping)
    old_size = old.size if old else 0
    cost = charges.of_write(keeping, old_size, draft.size)
    if is_same:
        cost = charges.of_metadata(keeping, draft.size)
    history = old_size if old and keeping.keeps_history else 0
    count(found.box, node_id, (0 if old else 1, draft.size - old_size, history))
    quotas.check(found.box, 0 if old else 1, draft.size - old_size)
    spend(found.box.account, found.box.policy.project, cost)
    return version


def _check_manifest(found: Found, draft: Draft) -> None:
    """Refuse what leads elsewhere by somebody else: who may write here may not read it all."""
    if found.right is Right.OWN:
        return
    old = found.state.metadata if found.state else {}
    if any(key in draft.metadata and draft.metadata[key] != old.get(key) for key in LEADING):
        raise Forbidden("Only the owner of an account may make manifests and links in it.")


def lay_away(found: Found, author: str) -> None:
    """Keep what is about to be replaced in the container that the owner named for it."""
    old, name = found.object, found.box.archive.partition(":")[2]
    place = Place(found.place.account, name, archived_name(found.place.name, old.modified))
    try:
        target = locked(place)
    except ItemNotFound as fault:
        raise PreconditionFailed(
            f"The container '{name}', in which former objects are kept, is not there."
        ) from fault
    box = msgspec.structs.replace(target.box, archive="")
    record(msgspec.structs.replace(target, box=box), draft_of(old, uuid=new_uuid()), author)


def _new_node(found: Found) -> int:
    with connections[DB].cursor() as cursor:
        cursor.execute(_NODE, [found.box.id, found.place.name])
        row = cursor.fetchone()
    if row is None:
        raise Raced
    return int(row[0])


def _insert(node_id: int, draft: Draft, author: str, old: State | None) -> State:
    known: dict[str, Any] = {
        **{name: getattr(draft, name) for name in Draft.__struct_fields__},
        "uuid": draft.uuid or (old.uuid if old else new_uuid()),
        "modified": microseconds(),
        "modified_by": author,
    }
    row = {
        **known,
        "node_id": node_id,
        "cluster": int(Cluster.NORMAL),
        "metadata": msgspec.json.encode(draft.metadata).decode(),
    }
    with connections[DB].cursor() as cursor:
        cursor.execute(_VERSION, [row[name] for name in _FIELDS])
        serial = int(cursor.fetchone()[0])
    del known["source"]
    return State(serial=serial, **known)


def _retire(old: State, keeping: Keeping) -> None:
    row = Version.objects.filter(serial=old.serial)
    if keeping.keeps_history:
        row.update(cluster=Cluster.HISTORY)
    else:
        row.delete()


def count(box: Box, node_id: int, change: tuple[int, int, int]) -> None:
    """Add objects, their bytes, and bytes of former versions to a container's totals.

    Raced when the container has gone meanwhile with its totals.
    """
    now = microseconds()
    with connections[DB].cursor() as cursor:
        cursor.execute(_TALLY, [*change, now, now, box.id, node_id % STRIPES])
        if not cursor.rowcount:
            raise Raced


def remove(found: Found, author: str) -> None:
    """Delete the current object of a path: its history stays as the policy says."""
    old, keeping = found.object, keeping_of(found.box)
    if found.node_id is None:
        raise ItemNotFound(f"There is no object '{found.place.name}' here.")
    forget(found.node_id)
    Node.objects.filter(pk=found.node_id).update(current=None)
    _retire(old, keeping)
    if keeping.keeps_history:
        Version.objects.create(
            node_id=found.node_id,
            cluster=Cluster.DELETED,
            hash="",
            size=0,
            type="",
            uuid=old.uuid,
            modified=microseconds(),
            modified_by=author,
            source=old.serial,
        )
    elif not Version.objects.filter(node_id=found.node_id).exists():
        Node.objects.filter(pk=found.node_id).delete()
    history = old.size if keeping.keeps_history else 0
    count(found.box, found.node_id, (-1, -old.size, history))
    cost = charges.of_delete(keeping, old.size)
    spend(found.box.account, found.box.policy.project, cost)


def forget(node_id: int) -> None:
    """Drop what hangs on a path beside its versions: sharing, address, domains."""
    Grant.objects.filter(node_id=node_id).delete()
    Public.objects.filter(node_id=node_id).delete()
    Facet.objects.filter(node_id=node_id).delete()
