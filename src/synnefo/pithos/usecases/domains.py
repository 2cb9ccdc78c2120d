"""Objects as other services see them: by uuid, with metadata in a domain of their own.

Images are objects with metadata in the domain `plankton`. Spec: object-storage 14.7, 17.1.
"""

from collections.abc import Mapping

import msgspec
from django.db import transaction
from django.db.models import Q

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound
from synnefo.pithos.domain import metadata
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.sharing import Right, Sharing, of_lists
from synnefo.pithos.models import Cluster, Facet, Grant, Node
from synnefo.pithos.models.sharing import holders
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import objects, permits
from synnefo.pithos.usecases.found import (
    COLUMNS,
    Found,
    decoded,
    found_in,
    look,
    microseconds,
    with_rights,
)
from synnefo.serve import statements
from synnefo.serve.http.auth import Caller

DB = "pithos"
MAX_PAGE = 10_000
_BY_UUID = f"""
SELECT {COLUMNS}, NULL, f.metadata, f.modified
FROM pithos_version w JOIN pithos_node n ON n.id = w.node_id
JOIN pithos_container c ON c.id = n.container_id
LEFT JOIN pithos_version v ON v.serial = n.current_id
LEFT JOIN pithos_public p ON p.node_id = n.id
LEFT JOIN pithos_facet f ON f.node_id = n.id AND f.domain = %s
WHERE w.uuid = %s AND w.cluster = %s ORDER BY w.serial LIMIT 1
"""  # noqa: S608 - the columns are ours


class Known(msgspec.Struct, frozen=True):
    """An object with what a service knows about it; `changed` in microseconds since 1970."""

    found: Found
    metadata: dict[str, str]
    changed: int


def listed(caller: Caller, domain: str) -> list[Known]:
    """List the objects with metadata in a domain that the caller may read."""
    rows = Facet.objects.filter(domain=domain, node__current__isnull=False)
    if not caller.is_service:
        rows = rows.filter(_readable_by(caller.user_id))
    rows = rows.select_related("node__container").order_by("pk")[:MAX_PAGE]
    found = [_known(caller, row.node, row) for row in rows]
    return [one for one in found if one.found.state and one.found.right >= Right.READ]


def _readable_by(user_id: str) -> Q:
    """Narrow down to what the user owns and to containers where something is shared with them."""
    shared = Grant.objects.filter(holder__in=holders(user_id)).values("node__container_id")
    return Q(node__container__account=user_id) | Q(node__container_id__in=shared)


def _known(caller: Caller, node: Node, facet: Facet | None) -> Known:
    container = node.container
    found = look(Place(container.account, container.name, node.name))
    metadata, changed = (facet.metadata, facet.modified) if facet else ({}, 0)
    return _seen(caller, found, metadata, changed)


def _seen(caller: Caller, found: Found, told: dict[str, str], changed: int | None) -> Known:
    owner = Caller(user_id=found.box.account)
    seen = with_rights(owner if caller.is_service else caller, found)
    last = max(changed or 0, found.state.modified if found.state else 0)
    return Known(seen, told, last)


def by_uuid(caller: Caller, domain: str, uuid: str) -> Known:
    """Find an object by its uuid. Forbidden when the caller may not read it."""
    rows = statements.fetch(DB, _BY_UUID, [domain, uuid, Cluster.NORMAL.value])
    if not rows:
        raise ItemNotFound(f"There is no object with the uuid '{uuid}'.")
    *columns, told, changed = rows[0]
    known = _seen(caller, found_in(columns), decoded(told), changed)
    if known.found.right < Right.READ:
        raise Forbidden("This object is not shared with you.")
    known.found.object  # noqa: B018 - raises when it has expired
    return known


def update(
    caller: Caller, domain: str, uuid: str, wanted: Mapping[str, str], *, replace: bool
) -> Known:
    """Change an object's metadata in a domain; without any it leaves the domain."""
    known = _owned(caller, domain, uuid)
    limit = conf.of(PithosSettings).pithos_resource_max_metadata
    with transaction.atomic(using=DB):
        facet, _ = Facet.objects.select_for_update().get_or_create(
            node_id=known.found.node_id or 0, domain=domain, defaults={"modified": microseconds()}
        )
        facet.metadata = metadata.merged({} if replace else facet.metadata, wanted)
        facet.modified = microseconds()
        metadata.checked(facet.metadata, limit)
        if facet.metadata:
            facet.save()
        else:
            facet.delete()
    return by_uuid(caller, domain, uuid)


def _owned(caller: Caller, domain: str, uuid: str) -> Known:
    known = by_uuid(caller, domain, uuid)
    if known.found.right < Right.OWN:
        raise Forbidden("Only the owner of this object may change what is known about it.")
    return known


def share(caller: Caller, domain: str, uuid: str, lists: tuple[list[str], list[str]]) -> Known:
    """Replace an object's permission record."""
    known = _owned(caller, domain, uuid)
    with transaction.atomic(using=DB):
        node = Node.objects.select_for_update().get(pk=known.found.node_id or 0)
        permits.set_sharing(node, _sharing(lists))
    return by_uuid(caller, domain, uuid)


def _sharing(lists: tuple[list[str], list[str]]) -> Sharing:
    read, write = lists
    if any(not name.strip() or "," in name for name in [*read, *write]):
        raise BadRequest("A sharing list names user ids, owner:group or *.")
    return of_lists(read, write)


def delete(caller: Caller, domain: str, uuid: str) -> None:
    """Delete an object known by its uuid; only its owner may."""
    known = _owned(caller, domain, uuid)
    owner = Caller(user_id=known.found.box.account)
    objects.delete(owner, known.found.place)
