"""Comparing the totals that containers keep with the sums of what is in them.

Spec: object-storage 13.4, 14.3.
"""

from collections.abc import Iterable

import msgspec
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from synnefo.pithos.models import Cluster, Container, Tally, Version
from synnefo.pithos.usecases.found import DB

_NORMAL, _HISTORY = Q(cluster=Cluster.NORMAL), Q(cluster=Cluster.HISTORY)


class Totals(msgspec.Struct, frozen=True):
    """Objects, their bytes, and the bytes of their former versions."""

    objects: int = 0
    size: int = 0
    history: int = 0


class Difference(msgspec.Struct, frozen=True):
    """A container whose totals are not the sums of what is in it."""

    container: int
    account: str
    name: str
    kept: Totals
    real: Totals

    def row(self) -> dict[str, object]:
        """Write it as a line of a table."""
        numbers = {
            f"{kind}.{name}": getattr(told, name)
            for kind, told in (("kept", self.kept), ("real", self.real))
            for name in Totals.__struct_fields__
        }
        return {"account": self.account, "container": self.name, **numbers}


def differences(account: str | None = None) -> list[Difference]:
    """List the containers whose totals are wrong; each is compared in one transaction."""
    rows = Container.objects.order_by("pk")
    wanted = rows.filter(account=account) if account else rows
    found = (_compared(container) for container in wanted.iterator())
    return [one for one in found if one.kept != one.real]


def _compared(container: Container) -> Difference:
    """Compare one container while nobody writes to its totals."""
    with transaction.atomic(using=DB):
        list(Tally.objects.select_for_update().filter(container=container))
        kept = Tally.objects.filter(container=container).aggregate(
            objects=Coalesce(Sum("population"), 0),
            size=Coalesce(Sum("size"), 0),
            history=Coalesce(Sum("history"), 0),
        )
        real = Version.objects.filter(node__container=container).aggregate(
            objects=Count("pk", filter=_NORMAL),
            total=Coalesce(Sum("size", filter=_NORMAL), 0),
            history=Coalesce(Sum("size", filter=_HISTORY), 0),
        )
    real["size"] = real.pop("total")
    return Difference(
        container.pk, container.account, container.name, Totals(**kept), Totals(**real)
    )


def correct(found: Iterable[Difference]) -> None:
    """Set wrong totals right, by what is there now."""
    for one in found:
        with transaction.atomic(using=DB):
            stripes = list(
                Tally.objects.select_for_update().filter(container=one.container).order_by("pk")
            )
            now = _compared(Container.objects.get(pk=one.container))
            first = stripes[0]
            Tally.objects.filter(pk=first.pk).update(
                population=first.population + now.real.objects - now.kept.objects,
                size=first.size + now.real.size - now.kept.size,
                history=first.history + now.real.history - now.kept.history,
            )
