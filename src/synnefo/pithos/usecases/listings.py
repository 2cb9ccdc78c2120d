"""Listing what is in a container, page by page, skipping below what is rolled up.

Spec: object-storage 6.2, 14.4.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from django.db import connections
from django.db.models import Q

from synnefo.kit.faults import Forbidden
from synnefo.pithos.domain import metadata
from synnefo.pithos.domain.listings import Bounds, Listing, bounds, past
from synnefo.pithos.domain.metadata import Term
from synnefo.pithos.domain.places import ancestors, is_folder
from synnefo.pithos.domain.sharing import Right, Sharing
from synnefo.pithos.models import Cluster, Container, Node, Public
from synnefo.pithos.models.sharing import holders, records
from synnefo.pithos.usecases.found import STATE_SQL, State, microseconds, state_from
from synnefo.pithos.usecases.visitors import owns, right_in
from synnefo.serve.http.auth import Caller

DB = "pithos"
BATCH = 1000
_SELECT = (
    f"SELECT n.id, n.name, {STATE_SQL} FROM pithos_node n "  # noqa: S608 - no value is pasted in
    "JOIN pithos_version v ON v.serial = n.current_id WHERE n.container_id = %s"
)


_SELECT_THEN = (
    f"SELECT n.id, n.name, {STATE_SQL} FROM pithos_node n "  # noqa: S608 - no value is pasted in
    "JOIN pithos_version v ON v.serial = (SELECT MAX(w.serial) FROM pithos_version w"
    " WHERE w.node_id = n.id AND w.modified < %s)"
    f" WHERE v.cluster <> {int(Cluster.DELETED)} AND n.container_id = %s"
)


class Line(msgspec.Struct, frozen=True):
    """One entry: an object, or a name that others are rolled up into."""

    name: str
    node_id: int = 0
    state: State | None = None
    sharing: Sharing | None = None
    public_id: str = ""
    right: Right = Right.OWN
    shared_by: str = ""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which objects are wanted."""

    terms: list[Term] = []
    is_shared: bool = False
    is_public: bool = False


def page(caller: Caller, container: Container, listing: Listing, wanted: Filter) -> list[Line]:
    """List one page of what the caller may see."""
    view = _View(caller, container, wanted)
    lines: list[Line] = []
    last = ""
    if not listing.limit:
        return lines
    for line in _scan(container.pk, listing, view.admits):
        if line.state is None and (line.name == last or not listing.virtual):
            continue
        last = line.name
        lines.append(view.dressed(line))
        if len(lines) >= listing.limit:
            break
    return lines


Admits = Callable[[Line], bool]


def _scan(container_id: int, listing: Listing, admits: Admits) -> Iterator[Line]:
    """Walk the names in order; below a rolled-up name the walk begins anew after it."""
    at: Bounds | None = _start(listing)
    size = min(listing.limit + 1, BATCH)
    while at is not None:
        rows = _rows(container_id, at, size, listing)
        next_at = _after(rows[-1][1], at, listing) if len(rows) == size else None
        virtual = None
        for row in rows:
            name: str = row[1]
            if virtual is not None and name.startswith(virtual) and name != virtual:
                continue
            rolled = listing.rolled(name)
            line = _line(row)
            if not admits(line):
                continue
            if rolled is not None:
                virtual = rolled
                yield Line(rolled)
            else:
                yield line
        if next_at is not None and virtual is not None and rows[-1][1].startswith(virtual):
            next_at = _past_virtual(virtual, at, listing)
        at = next_at


def _start(listing: Listing) -> Bounds:
    if not listing.reverse:
        return bounds(listing)
    forward = bounds(msgspec.structs.replace(listing, marker="", end_marker=""))
    high = min((end for end in (forward.high, listing.marker) if end), default="")
    low = max(forward.low, listing.end_marker)
    return Bounds(low, low != listing.end_marker or not low, high)


def _after(name: str, at: Bounds, listing: Listing) -> Bounds:
    if listing.reverse:
        return Bounds(at.low, at.is_low_included, name)
    return Bounds(name, False, at.high)


def _past_virtual(virtual: str, at: Bounds, listing: Listing) -> Bounds | None:
    if listing.reverse:
        return Bounds(at.low, at.is_low_included, virtual)
    beyond = past(virtual)
    return Bounds(beyond, True, at.high) if beyond else None


def _rows(container_id: int, at: Bounds, size: int, listing: Listing) -> list[Any]:
    sql = _SELECT_THEN if listing.until else _SELECT
    times = [listing.until] if listing.until else []
    values: list[int | str] = [*times, container_id, *([at.low] if at.low else [])]
    if at.low:
        sql += " AND n.name >= %s" if at.is_low_included else " AND n.name > %s"
    if at.high:
        sql += " AND n.name < %s"
        values.append(at.high)
    sql += f" ORDER BY n.name {'DESC' if listing.reverse else ''} LIMIT {size:d}"
    with connections[DB].cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _line(row: Any) -> Line:
    return Line(row[1], row[0], state_from(row[2:]))


class _View:
    """What one caller sees of a container: rights and sharing, read once for the whole page."""

    def __init__(self, caller: Caller, container: Container, wanted: Filter) -> None:
        self._wanted = wanted
        self._is_owner = owns(caller, container.account)
        right = right_in(caller, container.account, container.name, is_listing=True)
        self._everywhere = Right.OWN if self._is_owner else right
        self._prefix = f"{container.account}/{container.name}"
        self._now = microseconds()
        self._records: dict[str, tuple[Sharing, bool]] = {}
        if container.is_shared:
            self._records = _records_of(container)
        self._holders = holders(caller.user_id) if caller.user_id else frozenset[str]()
        self._public = _public_of(container) if self._is_owner else {}
        if self._everywhere < Right.READ and not self._records:
            raise Forbidden("Nothing in this container is shared with you.")

    def admits(self, line: Line) -> bool:
        """Tell whether an object is among what is listed."""
        state = line.state
        if state is None or (state.expires is not None and state.expires <= self._now):
            return False
        if not self._is_owner and self._right(line.name)[0] < Right.READ:
            return False
        if self._wanted.terms and not metadata.matches(self._wanted.terms, state.metadata):
            return False
        return self._is_picked(line)

    def _is_picked(self, line: Line) -> bool:
        """Apply `shared` and `public`; both together are a union."""
        if not (self._wanted.is_shared or self._wanted.is_public):
            return True
        is_shared = self._wanted.is_shared and self._governing(line.name)[1] is not None
        return is_shared or (self._wanted.is_public and line.node_id in self._public)

    def _right(self, name: str) -> tuple[Right, str]:
        path, sharing = self._governing(name)
        own = sharing.right_of(self._holders) if sharing else Right.NONE
        return max(own, self._everywhere), path

    def _governing(self, name: str) -> tuple[str, Sharing | None]:
        if not self._records:
            return "", None
        for path in ancestors(name):
            found = self._records.get(path)
            if found is not None and (path == name or found[1]):
                return path, found[0]
        return "", None

    def dressed(self, line: Line) -> Line:
        """Add what is told about sharing to an object's entry."""
        if line.state is None:
            return line
        own = self._records.get(line.name)
        right, by = (Right.OWN, "") if self._is_owner else self._right(line.name)
        return msgspec.structs.replace(
            line,
            sharing=own[0] if own else None,
            public_id=self._public.get(line.node_id, ""),
            right=right,
            shared_by="" if by in {"", line.name} else f"{self._prefix}/{by}",
        )


def _records_of(container: Container) -> dict[str, tuple[Sharing, bool]]:
    """Answer every permission record of a container by name, and whether that is a folder."""
    found = records(Q(node__container=container))
    nodes = Node.objects.filter(pk__in=found, current__isnull=False)
    return {
        name: (found[node_id], is_folder(kind))
        for node_id, name, kind in nodes.values_list("id", "name", "current__type")
    }


def _public_of(container: Container) -> dict[int, str]:
    rows = Public.objects.filter(node__container=container)
    return dict(rows.values_list("node_id", "url_id"))
