"""Large changes that can be rehearsed, and whose whole cost is asked for once.

Spec: object-storage 19.2.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from django.db.models import F

from synnefo.pithos.models import Allowance
from synnefo.pithos.usecases.allowances import Short, charged
from synnefo.pithos.usecases.turns import in_transaction

T = TypeVar("T")
_AHEAD = 2**61


class _Undone(Exception):
    """The rehearsal is over; its transaction is rolled back."""


def carried_out(change: Callable[[], T], *, dry_run: bool) -> T:
    """Run a change as `charged` does; in a dry run undo it and answer what it answered."""
    if not dry_run:
        return charged(change)
    told: list[T] = []

    def rehearse() -> None:
        told.append(change())
        raise _Undone

    with suppress(_Undone):
        in_transaction(rehearse)
    return told[-1]


@contextmanager
def covered(account: str, projects: Collection[str], *, dry_run: bool) -> Iterator[None]:
    """Let everything inside be spent, then raise Short for what was not promised.

    Take the locks of paths and totals first: writers take those before their allowance. A dry
    run asks for nothing, since its transaction is undone.
    """
    missing = [Allowance(account=account, project=project) for project in projects]
    Allowance.objects.bulk_create(missing, ignore_conflicts=True)
    rows = Allowance.objects.filter(account=account, project__in=list(projects))
    rows.update(reserved=F("reserved") + _AHEAD)
    yield
    rows.update(reserved=F("reserved") - _AHEAD)
    if dry_run:
        return
    for row in rows.filter(used__gt=F("reserved")).order_by("project"):
        raise Short(account, row.project, row.used - row.reserved)
