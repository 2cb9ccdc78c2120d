"""Looking an object up: what is at a place, and what the caller may do with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from synnefo.kit import clock
from synnefo.kit.faults import Forbidden, ItemNotFound
from synnefo.kit.units import KIB, is_number
from synnefo.pithos.domain.places import Place, ancestors, is_folder
from synnefo.pithos.domain.policies import Policy, Versioning
from synnefo.pithos.domain.sharing import EVERYBODY, Right, Sharing, of_lists
from synnefo.pithos.models import Container, HashList, Version
from synnefo.pithos.models.sharing import holders
from synnefo.pithos.usecases.visitors import right_in
from synnefo.serve import statements
from synnefo.serve.http.auth import Caller

DB = "pithos"
INLINE = 32 * KIB
"""Contents up to this size lie in the database, beside what is known about them."""
STATE_COLUMNS = (
    *("serial", "hash", "size", "type", "checksum", "uuid", "modified", "modified_by"),
    *("available", "is_snapshot", "metadata", "hash_list_id", "expires"),
    *("large_etag", "large_size"),
)
STATE_SQL = ", ".join(f"v.{column}" for column in STATE_COLUMNS)
COLUMNS = (
    "c.id, c.account, c.name, c.quota, c.versioning, c.project, c.is_shared, "
    "c.quota_count, c.account_quota, c.archive, "
    "n.id, n.name, p.url_id, " + STATE_SQL
)
_JOINS = (
    "FROM pithos_container c "
    "LEFT JOIN pithos_node n ON n.container_id = c.id AND n.name = %s "
    "LEFT JOIN pithos_version v ON v.serial = n.current_id "
    "LEFT JOIN pithos_public p ON p.node_id = n.id "
)
_AT = "WHERE c.account = %s AND c.name = %s"
_BY_PLACE = f"SELECT {COLUMNS}, NULL {_JOINS} {_AT}"
_WITH_DATA = (
    f"SELECT {COLUMNS}, s.data {_JOINS} "
    f"LEFT JOIN pithos_smallblock s ON s.hash = v.hash AND v.size <= {INLINE} {_AT}"
)

_GOVERNING = """
SELECT n.name, v.type, g.holder, g.is_write
FROM pithos_node n JOIN pithos_version v ON v.serial = n.current_id
JOIN pithos_grant g ON g.node_id = n.id
WHERE n.container_id = %s AND n.name IN ({})
"""


class Box(msgspec.Struct, frozen=True):
    """A container as object calls need it."""

    id: int
    account: str
    name: str
    policy: Policy
    is_shared: bool
    quota_count: int = 0
    account_quota: int = 0
    archive: str = ""


class State(msgspec.Struct, frozen=True):
    """One version of an object. Times are microseconds since 1970."""

    serial: int
    hash: str
    size: int
    type: str
    checksum: str
    uuid: str
    modified: int
    modified_by: str
    available: int
    is_snapshot: bool
    metadata: dict[str, str]
    hash_list_id: int | None = None
    expires: int | None = None
    large_etag: str = ""
    large_size: int | None = None

    @property
    def has_expired(self) -> bool:
        """Tell whether its time is over. Spec: object-storage 18.2."""
        return self.expires is not None and self.expires <= microseconds()

    @property
    def seconds(self) -> int:
        """Tell when it was made in whole seconds."""
        return self.modified // 1_000_000


class Found(msgspec.Struct, frozen=True):
    """What is at a place: the container, the path's row, its object, if there is one."""

    place: Place
    box: Box
    node_id: int | None = None
    public_id: str | None = None
    state: State | None = None
    right: Right = Right.OWN
    shared_by: str = ""
    sharing: Sharing = Sharing()
    data: bytes | None = None
    """The content, where it lies in the database and was asked for."""

    @property
    def object(self) -> State:
        """Answer the object; ItemNotFound when there is none."""
        if self.state is None:
            raise ItemNotFound(f"There is no object '{self.place.name}' here.")
        return self.state


def microseconds(moment: datetime | None = None) -> int:
    """Tell a time, or now, in microseconds since 1970."""
    return int((moment or clock.now()).timestamp() * 1_000_000)


def look(place: Place, *, is_expiry_hidden: bool = True, with_data: bool = False) -> Found:
    """Look a place up without asking who may; ItemNotFound when the container is not there."""
    sql = _WITH_DATA if with_data else _BY_PLACE
    rows = statements.fetch(DB, sql, [place.name, place.account, place.container])
    if not rows:
        raise ItemNotFound(f"There is no container '{place.container}'.")
    return found_in(rows[0], place, is_expiry_hidden=is_expiry_hidden)


def found_in(
    row: Sequence[Any], place: Place | None = None, *, is_expiry_hidden: bool = True
) -> Found:
    """Read what a statement found: `COLUMNS`, and the content or NULL."""
    place = place or Place(row[1], row[2], row[11])
    policy = Policy(row[3], Versioning(row[4]), row[5])
    box = Box(row[0], row[1], row[2], policy, bool(row[6]), *row[7:10])
    state = None
    if row[13] is not None:
        state = state_from(row[13:-1])
        if is_expiry_hidden and state.has_expired:
            state = None
    data = None if row[-1] is None else bytes(row[-1])
    return Found(place, box, node_id=row[10], public_id=row[12], state=state, data=data)


def state_from(row: Sequence[Any]) -> State:
    """Read a version's columns in the order of `STATE_COLUMNS`."""
    values = dict(zip(STATE_COLUMNS, row, strict=True))
    values["metadata"] = decoded(values["metadata"])
    values["is_snapshot"] = bool(values["is_snapshot"])
    return State(**values)


def decoded(known: Any) -> dict[str, str]:
    """Read metadata as the database's driver gives it: text, or decoded already; NULL is none."""
    if known is None:
        return {}
    told: dict[str, str] = known if isinstance(known, dict) else msgspec.json.decode(known)
    return told


def readable(caller: Caller | None, place: Place, *, with_data: bool = False) -> Found:
    """Find an object that the caller may read. Forbidden when they may not, or ItemNotFound."""
    found = with_rights(caller, look(place, with_data=with_data))
    if found.right < Right.READ:
        raise Forbidden("Nothing here is shared with you.")
    found.object  # noqa: B018 - raises when there is none
    return found


def with_rights(caller: Caller | None, found: Found) -> Found:
    """Add the caller's rights, and for the owner the sharing that is in force."""
    right = right_in(caller, found.box.account, found.box.name)
    if not found.box.is_shared:
        return found if right is Right.OWN else msgspec.structs.replace(found, right=right)
    name, sharing = governing(found.box.id, found.place.name)
    if right < Right.OWN and sharing and caller and caller.user_id:
        right = max(right, sharing.right_of(_names_of(caller.user_id, sharing)))
    by = "" if name in {"", found.place.name} else f"{found.box.account}/{found.box.name}/{name}"
    return msgspec.structs.replace(found, right=right, sharing=sharing, shared_by=by)


def _names_of(user_id: str, sharing: Sharing) -> frozenset[str]:
    """Tell every name that may stand for a user in a record; without groups nobody is asked."""
    has_groups = any(":" in name for name in (*sharing.read, *sharing.write))
    return holders(user_id) if has_groups else frozenset({user_id, EVERYBODY})


def governing(container_id: int, name: str) -> tuple[str, Sharing]:
    """Find the permission record that counts for a path. Spec: object-storage 10.2."""
    names = ancestors(name)
    marks = ", ".join(["%s"] * len(names))
    rows = statements.fetch(DB, _GOVERNING.format(marks), [container_id, *names])
    lists: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for path, kind, holder, is_write in rows:
        lists.setdefault((path, kind), ([], []))[int(is_write)].append(holder)
    for (path, kind), both in sorted(lists.items(), key=lambda one: -len(one[0][0])):
        if path == name or is_folder(kind):
            return path, of_lists(*both)
    return "", Sharing()


def container_of(account: str, name: str) -> Container:
    """Find a container without asking who may."""
    found = Container.objects.filter(account=account, name=name).first()
    if found is None:
        raise ItemNotFound(f"There is no container '{name}'.")
    return found


def at_version(found: Found, version: str) -> Found:
    """Go to a former version of the same path. Spec: object-storage 9."""
    row = None
    if is_number(version):
        rows = Version.objects.filter(serial=int(version), node_id=found.node_id or 0)
        row = rows.exclude(hash="").first()
    if row is None:
        raise ItemNotFound(f"There is no version '{version}' of this object.")
    return msgspec.structs.replace(found, state=state_of(row))


def state_of(row: Version) -> State:
    """Read a version's row."""
    return State(**{name: getattr(row, name) for name in State.__struct_fields__})


def digests_of(state: State) -> bytes:
    """Answer the packed hashes of a version's blocks."""
    if state.hash_list_id is not None:
        return bytes(HashList.objects.values_list("hashes", flat=True).get(pk=state.hash_list_id))
    return bytes.fromhex(state.hash) if state.size else b""
