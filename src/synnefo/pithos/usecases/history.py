"""Former versions: listed and purged. Spec: object-storage 9, 14.6."""

from django.db.models import F, Sum

from synnefo.kit.faults import ItemNotFound
from synnefo.pithos.domain import charges
from synnefo.pithos.domain.places import Place
from synnefo.pithos.models import Cluster, Node, Tally, Version
from synnefo.pithos.models.containers import STRIPES
from synnefo.pithos.usecases.allowances import charged, spend
from synnefo.pithos.usecases.found import Box, Found, State, look, state_of
from synnefo.pithos.usecases.versions import keeping_of, locked, remove
from synnefo.pithos.usecases.visitors import refuse_others
from synnefo.serve.http.auth import Caller


def versions(found: Found) -> list[State]:
    """List a path's versions in the order in which they were made, deletions left out."""
    if found.node_id is None:
        raise ItemNotFound(f"There never was an object '{found.place.name}' here.")
    rows = Version.objects.filter(node_id=found.node_id).exclude(cluster=Cluster.DELETED)
    return [state_of(row) for row in rows.order_by("serial")]


def purge_object(caller: Caller, place: Place, until: int) -> None:
    """Remove an object's versions up to a time, the current one too if it is that old."""
    refuse_others(caller, place.account)

    def change() -> None:
        found = locked(place)
        if found.node_id is None:
            raise ItemNotFound(f"There is no object '{place.name}' here.")
        if found.state and found.state.modified <= until:
            remove(found, caller.user_id)
        _purge(found.box, found.node_id, until)

    charged(change)


def purge_container(caller: Caller, account: str, container: str, until: int) -> None:
    """Remove a container's former versions up to a time; current ones stay."""
    refuse_others(caller, account)
    box = look(Place(account, container, "")).box
    nodes = Version.objects.filter(node__container_id=box.id, modified__lte=until)
    former = nodes.exclude(cluster=Cluster.NORMAL).values_list("node_id", flat=True).distinct()
    for node_id in list(former):
        charged(lambda: _purge(box, node_id, until))  # noqa: B023 - run at once


def _purge(box: Box, node_id: int, until: int) -> None:
    rows = Version.objects.filter(node_id=node_id, modified__lte=until)
    former = rows.exclude(cluster=Cluster.NORMAL)
    size = former.aggregate(total=Sum("size"))["total"] or 0
    former.delete()
    node = Node.objects.filter(pk=node_id, current=None)
    if not Version.objects.filter(node_id=node_id).exists():
        node.delete()
    Tally.objects.filter(container_id=box.id, stripe=node_id % STRIPES).update(
        history=F("history") - size
    )
    spend(box.account, box.policy.project, charges.of_purge(keeping_of(box), size))
