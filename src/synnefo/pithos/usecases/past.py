"""What was there at a time: counts and names as they were. Spec: object-storage 9.3."""

from collections.abc import Iterable

import msgspec
from django.db.models import Count, Max, Sum

from synnefo.kit.faults import Forbidden
from synnefo.pithos.models import Cluster, Version
from synnefo.pithos.usecases.visitors import sees
from synnefo.serve.http.auth import Caller


class Then(msgspec.Struct, frozen=True):
    """What a container held; `changed` is its latest change before, 0 for none."""

    count: int = 0
    size: int = 0
    changed: int = 0


NOTHING = Then()


def refuse_others(caller: Caller, account: str) -> None:
    """Let only the owner look back."""
    if not sees(caller, account):
        raise Forbidden("Only the owner may ask how things were.")


def totals_at(container_ids: Iterable[int], until: int) -> dict[int, Then]:
    """Count what containers held before a time, in microseconds since 1970."""
    before = Version.objects.filter(node__container_id__in=list(container_ids), modified__lt=until)
    latest = before.values("node_id").annotate(last=Max("serial")).values("last")
    held = Version.objects.filter(serial__in=latest).exclude(cluster=Cluster.DELETED)
    counts = held.values_list("node__container_id").annotate(Count("serial"), Sum("size"))
    sums = {box: (count, size) for box, count, size in counts}
    changes = before.values_list("node__container_id").annotate(Max("modified"))
    return {box: Then(*sums.get(box, (0, 0)), changed) for box, changed in changes}
