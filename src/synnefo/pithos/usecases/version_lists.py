"""Every version of every object of a container, page by page. Spec: object-storage 9, 18.2."""

from collections.abc import Iterator
from typing import Any

import msgspec
from django.db import connections

from synnefo.pithos.domain.listings import Bounds, Listing, bounds, past
from synnefo.pithos.models import Cluster, Container
from synnefo.pithos.usecases.found import STATE_SQL, State, state_from
from synnefo.pithos.usecases.visitors import refuse_others
from synnefo.serve.http.auth import Caller

DB = "pithos"
BATCH = 1000
_SELECT = (
    f"SELECT n.name, v.cluster, {STATE_SQL} FROM pithos_node n "  # noqa: S608 - no value is pasted in
    "JOIN pithos_version v ON v.node_id = n.id WHERE n.container_id = %s"
)


class Entry(msgspec.Struct, frozen=True):
    """One version, the note of a deletion, or a name that others are rolled up into."""

    name: str
    state: State | None = None
    is_latest: bool = False
    is_deletion: bool = False


def page(caller: Caller, container: Container, listing: Listing, before: int = 0) -> list[Entry]:
    """List versions by name and, within one, the newest first; only for the owner.

    With `before` the list goes on within the name of the marker, at older serials.
    """
    refuse_others(caller, container.account)
    found: list[Entry] = []
    last = ""
    for entry in _scan(container.pk, listing, before):
        if entry.state is None and not entry.is_deletion and entry.name == last:
            continue
        last = entry.name
        found.append(entry)
        if len(found) >= listing.limit:
            break
    return found


def _scan(container_id: int, listing: Listing, before: int) -> Iterator[Entry]:
    at: tuple[Bounds, int] | None = (bounds(listing), before)
    known = listing.marker if before else ""
    while at is not None:
        rows = _rows(container_id, *at)
        full = len(rows) == BATCH
        at = (Bounds(rows[-1][0], True, at[0].high), int(rows[-1][2])) if full else None
        for name, cluster, *columns in rows:
            rolled = listing.rolled(name)
            if rolled is not None:
                yield Entry(rolled)
                if at is not None and rows[-1][0].startswith(rolled):
                    at = (Bounds(past(rolled), True, at[0].high), 0)
                continue
            is_deletion = cluster == Cluster.DELETED
            yield Entry(name, state_from(columns), name != known, is_deletion)
            known = name


def _rows(container_id: int, at: Bounds, before: int) -> list[Any]:
    sql, values = _SELECT, list[int | str]([container_id])
    if before:
        sql += " AND (n.name > %s OR (n.name = %s AND v.serial < %s))"
        values += [at.low, at.low, before]
    elif at.low:
        sql += " AND n.name >= %s" if at.is_low_included else " AND n.name > %s"
        values.append(at.low)
    if at.high:
        sql += " AND n.name < %s"
        values.append(at.high)
    sql += f" ORDER BY n.name, v.serial DESC LIMIT {BATCH:d}"
    with connections[DB].cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
