"""Moving paths with all their versions into the container of another account.

Everything here runs inside the transaction of a merge. Spec: object-storage 19.2.
"""

import msgspec
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from synnefo.pithos.domain.places import Place
from synnefo.pithos.models import Cluster, Container, Facet, Grant, Node, Public, Version
from synnefo.pithos.models.containers import STRIPES
from synnefo.pithos.usecases.found import Found, State, look
from synnefo.pithos.usecases.permits import new_address
from synnefo.pithos.usecases.versions import count, draft_of, locked, record

BATCH = 500
_NORMAL, _HISTORY = Q(cluster=Cluster.NORMAL), Q(cluster=Cluster.HISTORY)


class Pair(msgspec.Struct, frozen=True):
    """A container, and the one of another account that takes its objects."""

    source: Container
    target: Container


class Sums(msgspec.Struct, frozen=True):
    """What moved: current objects and their bytes, former versions and theirs."""

    objects: int = 0
    size: int = 0
    former: int = 0
    history: int = 0
    stripe: int = 0
    """The part of the totals in which they count."""
    is_charged: bool = False
    """Whether the current objects are charged to the target already."""

    def charge(self, *, is_history_free: bool) -> int:
        """Tell what the target is still to be charged."""
        history = 0 if is_history_free else self.history
        return history if self.is_charged else self.size + history


def move_free(pair: Pair) -> list[Sums]:
    """Move every path that the target does not have; its versions stay the same rows.

    The totals are not touched yet: all paths are locked before any of them.
    """
    taken = Node.objects.filter(container=pair.target).values("name")
    free = Node.objects.filter(container=pair.source).exclude(name__in=taken)
    found = []
    while ids := list(free.select_for_update().values_list("pk", flat=True)[:BATCH]):
        Node.objects.filter(pk__in=ids).update(container=pair.target)
        for row in Public.objects.filter(node_id__in=ids):
            Public.objects.filter(pk=row.pk).update(url_id=new_address())
        by_stripe: dict[int, list[int]] = {}
        for node_id in ids:
            by_stripe.setdefault(node_id % STRIPES, []).append(node_id)
        found += [_sums(part, stripe) for stripe, part in by_stripe.items()]
    return found


def count_over(pair: Pair, moved: Sums) -> None:
    """Move what paths add to the totals, in the part that their numbers choose."""
    for container, sign in ((pair.source, -1), (pair.target, 1)):
        change = (sign * moved.objects, sign * moved.size, sign * moved.history)
        count(look(Place(container.account, container.name, "")).box, moved.stripe, change)


def _sums(node_ids: list[int], stripe: int = 0) -> Sums:
    told = Version.objects.filter(node_id__in=node_ids).aggregate(
        objects=Count("pk", filter=_NORMAL),
        total=Coalesce(Sum("size", filter=_NORMAL), 0),
        former=Count("pk", filter=_HISTORY),
        history=Coalesce(Sum("size", filter=_HISTORY), 0),
    )
    return Sums(size=told.pop("total"), stripe=stripe, **told)


def clashing(pair: Pair) -> list[str]:
    """Name the paths that both have, and hold them until the end of the transaction."""
    rest = Node.objects.filter(container=pair.source).order_by("name")
    names = list(rest.select_for_update().values_list("name", flat=True))
    there = Node.objects.filter(container=pair.target, name__in=names).order_by("name")
    list(there.select_for_update().values_list("pk", flat=True))
    return names


def lay_over(pair: Pair, name: str) -> Sums:
    """Make the source's object the target's new version, and join what both were before."""
    old = look(Place(pair.source.account, pair.source.name, name), is_expiry_hidden=False)
    new = locked(Place(pair.target.account, pair.target.name, name))
    if old.state is not None:
        record(new, draft_of(old.state, uuid=old.state.uuid), old.state.modified_by)
    node, _ = Node.objects.get_or_create(container=pair.target, name=name)
    before = Node.objects.get(container=pair.source, name=name)
    if old.state is not None:
        _take_over(before, node)
        _drop_current(old, old.state)
    is_shown = old.state is not None or new.state is not None
    past = _join(before, node, is_shown=is_shown)
    before.delete()
    count(old.box, _known(old), (0, 0, -past.history))
    count(new.box, node.pk, (0, 0, past.history))
    if old.state is None:
        _to_the_end(node)
    return msgspec.structs.replace(
        past,
        objects=0 if old.state is None else 1,
        size=0 if old.state is None else old.state.size,
        is_charged=True,
    )


def _known(found: Found) -> int:
    return found.node_id or 0


def _drop_current(old: Found, state: State) -> None:
    """Remove the source's own row of what is now the target's."""
    Node.objects.filter(pk=_known(old)).update(current=None)
    Version.objects.filter(pk=state.serial).delete()
    count(old.box, _known(old), (-1, -state.size, 0))


def _take_over(before: Node, node: Node) -> None:
    """Give the path what hangs on the source's: sharing, a new address, domains."""
    is_public = Public.objects.filter(node=before).exists()
    for kind in (Grant, Facet):
        kind.objects.filter(node=node).delete()
        kind.objects.filter(node=before).update(node=node)
    Public.objects.filter(node__in=(before, node)).delete()
    if is_public:
        Public.objects.create(node=node, url_id=new_address())


def _join(before: Node, node: Node, *, is_shown: bool) -> Sums:
    """Hang the former versions on the target's path; notes of deletions would hide its object."""
    past = _sums([before.pk])
    rows = Version.objects.filter(node=before)
    if is_shown:
        rows.filter(cluster=Cluster.DELETED).delete()
    rows.update(node=node)
    return past


def _to_the_end(node: Node) -> None:
    """Give what tells how the path is now the latest serial, since serials tell the order."""
    rows = Version.objects.filter(node=node).order_by("-serial")
    newest = rows.first()
    last = rows.filter(_NORMAL).first() or rows.filter(cluster=Cluster.DELETED).first()
    if newest is None or last is None or last.pk == newest.pk:
        return
    serial = last.pk
    last.pk = None
    last.save(force_insert=True)
    Node.objects.filter(pk=node.pk, current_id=serial).update(current=last)
    Version.objects.filter(pk=serial).delete()
