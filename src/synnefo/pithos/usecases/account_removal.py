"""Removing an account with everything in it. Spec: object-storage 19.2."""

from django.db import IntegrityError
from django.db.models import ProtectedError

from synnefo.kit import conf
from synnefo.kit.faults import Conflict
from synnefo.pithos.models import Account, Container, Group, Node, Tally
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import holdings
from synnefo.pithos.usecases.allowances import settle_now, spend
from synnefo.pithos.usecases.rehearsals import carried_out

BATCH = 500


def remove(account: str, *, dry_run: bool = False) -> int:
    """Empty and delete an account's containers, its groups and itself; answer the bytes freed.

    ItemNotFound when there is no such account. Conflict when somebody writes to it meanwhile;
    nothing is changed then.
    """
    holdings.check_known(account)
    try:
        freed = carried_out(lambda: _remove(account), dry_run=dry_run)
    except (IntegrityError, ProtectedError) as error:
        raise Conflict(
            f"Something was just written to {account}; nothing was changed. Try again."
        ) from error
    if not dry_run:
        for project in freed:
            settle_now(account, project)
    return sum(freed.values())


def _remove(account: str) -> dict[str, int]:
    freed: dict[str, int] = {}
    for container in _boxes(account):
        size = _emptied(container)
        container.delete()
        freed[container.project] = freed.get(container.project, 0) + size
    for project, size in freed.items():
        spend(account, project, -size)
    Group.objects.filter(owner=account).delete()
    Account.objects.filter(name=account).delete()
    return freed


def _boxes(account: str) -> list[Container]:
    """Hold the containers so that writers can finish: each looks at its container at the end."""
    rows = Container.objects.select_for_update(no_key=True).filter(account=account)
    return list(rows.order_by("pk"))


def _emptied(container: Container) -> int:
    """Remove every path with all its versions; answer what was charged for them."""
    nodes = Node.objects.filter(container=container).order_by("pk")
    while ids := list(nodes.select_for_update().values_list("pk", flat=True)[:BATCH]):
        batch = Node.objects.filter(pk__in=ids)
        batch.update(current=None)
        batch.delete()
    is_free = conf.of(PithosSettings).pithos_backend_free_versioning
    rows = Tally.objects.select_for_update().filter(container=container)
    totals = rows.values_list("size", "history")
    return sum(size + (0 if is_free else history) for size, history in totals)
