"""Taking single versions out of an object's past, and going back to one.

Spec: object-storage 9, 18.2.
"""

from synnefo.kit.faults import ItemNotFound
from synnefo.kit.units import is_number
from synnefo.pithos.domain import charges
from synnefo.pithos.domain.places import Place
from synnefo.pithos.models import Cluster, Node, Version
from synnefo.pithos.usecases import quotas
from synnefo.pithos.usecases.allowances import charged, spend
from synnefo.pithos.usecases.found import Found, look
from synnefo.pithos.usecases.versions import count, forget, keeping_of, locked
from synnefo.pithos.usecases.visitors import refuse_others
from synnefo.serve.http.auth import Caller


def drop(caller: Caller, place: Place, version: str) -> bool:
    """Remove one version for good; true where it was the note of a deletion.

    Where it was the newest, the one before it shows again. ItemNotFound when it is not there.
    """
    refuse_others(caller, place.account)
    return charged(lambda: _drop(place, version))


def _drop(place: Place, version: str) -> bool:
    found = locked(place)
    rows = Version.objects.filter(node_id=found.node_id or 0)
    row = rows.filter(serial=int(version)).first() if is_number(version) else None
    if row is None:
        raise ItemNotFound(f"There is no version '{version}' of this object.")
    is_newest = not rows.filter(serial__gt=row.serial).exists()
    if row.cluster == Cluster.NORMAL:
        Node.objects.filter(pk=row.node_id).update(current=None)
        count(found.box, row.node_id, (-1, -row.size, 0))
        spend(found.box.account, found.box.policy.project, -row.size)
    elif row.cluster == Cluster.HISTORY:
        count(found.box, row.node_id, (0, 0, -row.size))
        cost = charges.of_purge(keeping_of(found.box), row.size)
        spend(found.box.account, found.box.policy.project, cost)
    row.delete()
    if is_newest:
        _show_newest(look(place))
    return row.cluster == Cluster.DELETED


def _show_newest(found: Found) -> None:
    """Make the newest version that is left the current one, unless it tells of a deletion."""
    node_id = found.node_id or 0
    newest = Version.objects.filter(node_id=node_id).order_by("-serial").first()
    if newest is None:
        Node.objects.filter(pk=node_id).delete()
        return
    if newest.cluster != Cluster.HISTORY:
        forget(node_id)
        return
    Version.objects.filter(pk=newest.pk).update(cluster=Cluster.NORMAL)
    Node.objects.filter(pk=node_id).update(current_id=newest.pk)
    count(found.box, node_id, (1, newest.size, -newest.size))
    quotas.check(found.box, 1, newest.size)
    if not keeping_of(found.box).charges_history:
        spend(found.box.account, found.box.policy.project, newest.size)
