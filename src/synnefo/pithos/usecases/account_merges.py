"""Moving what one account holds into another. Spec: object-storage 19.2, operations 6.4."""

import msgspec
from django.db import IntegrityError

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict
from synnefo.pithos.domain.places import Place
from synnefo.pithos.models import Container, Tally
from synnefo.pithos.models.containers import STRIPES
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import group_moves, holdings, path_moves, quotas
from synnefo.pithos.usecases.allowances import settle_now, spend
from synnefo.pithos.usecases.containers import account_quota, touch_account
from synnefo.pithos.usecases.found import look, microseconds
from synnefo.pithos.usecases.path_moves import Pair, Sums
from synnefo.pithos.usecases.rehearsals import carried_out, covered

LIKE_THE_SOURCE = (
    *("quota", "versioning", "metadata", "is_shared", "quota_count", "archive", "rules"),
)
"""What a container made in the target has from the one whose objects it takes."""


class Merged(msgspec.Struct):
    """What one merge did; in a dry run, what it would do. Bytes count current objects."""

    containers: list[str] = []
    objects: int = 0
    replaced: list[str] = []
    former: int = 0
    size: int = 0
    groups: int = 0


def merge(source: str, target: str, *, dry_run: bool = False) -> Merged:
    """Move all objects with their past, and all groups; an object there gets a new version.

    OverLimit when the target's quota does not suffice, TooLarge when a container's does not,
    Conflict when somebody writes meanwhile; nothing is changed then.
    """
    if source == target:
        raise BadRequest("The two accounts are the same one.")
    for account in (source, target):
        holdings.check_known(account)
    touched: set[tuple[str, str]] = set()
    try:
        told = carried_out(
            lambda: _merge(source, target, touched, dry_run=dry_run), dry_run=dry_run
        )
    except IntegrityError as error:
        raise Conflict(
            "Something was just written to one of the accounts; nothing was changed. Try again."
        ) from error
    if not dry_run:
        for account, project in sorted(touched):
            settle_now(account, project)
    return told


def _merge(source: str, target: str, touched: set[tuple[str, str]], *, dry_run: bool) -> Merged:
    """Lock paths, then totals, then allowances, as every writer does."""
    told = Merged()
    pairs = [_paired(one, target, told) for one in _boxes(source)]
    sums = [path_moves.move_free(pair) for pair in pairs]
    clashes = [path_moves.clashing(pair) for pair in pairs]
    ids = [box for pair in pairs for box in (pair.source.pk, pair.target.pk)]
    list(Tally.objects.select_for_update().filter(container_id__in=ids).order_by("pk"))
    boxes = Container.objects.filter(account=target)
    projects = set(boxes.values_list("project", flat=True))
    with covered(target, projects, dry_run=dry_run):
        for pair, moved, names in zip(pairs, sums, clashes, strict=True):
            for one in moved:
                path_moves.count_over(pair, one)
            for name in names:
                moved.append(path_moves.lay_over(pair, name))
                if moved[-1].objects:
                    told.replaced.append(f"{pair.source.name}/{name}")
            _account_for(pair, moved, told)
    told.groups = group_moves.move(source, target)
    for account in (source, target):
        touch_account(account)
    touched |= {(source, pair.source.project) for pair in pairs}
    touched |= {(target, project) for project in projects}
    return told


def _boxes(account: str) -> list[Container]:
    rows = Container.objects.select_for_update(no_key=True).filter(account=account)
    return list(rows.order_by("name"))


def _paired(source: Container, target: str, told: Merged) -> Pair:
    """Find or make the container of the same name; a user's own project becomes the target's."""
    project = target if source.project == source.account else source.project
    found, is_new = Container.objects.get_or_create(
        account=target,
        name=source.name,
        defaults={
            **{field: getattr(source, field) for field in LIKE_THE_SOURCE},
            "project": project,
            "modified": microseconds(),
            "account_quota": account_quota(target),
        },
    )
    if is_new:
        Tally.objects.bulk_create(Tally(container=found, stripe=n) for n in range(STRIPES))
        told.containers.append(source.name)
    elif source.is_shared:
        Container.objects.filter(pk=found.pk).update(is_shared=True)
    return Pair(source, found)


def _account_for(pair: Pair, moved: list[Sums], told: Merged) -> None:
    """Charge what was moved where it is now, and see that it fits there."""
    is_free = conf.of(PithosSettings).pithos_backend_free_versioning
    freed = sum(one.size + (0 if is_free else one.history) for one in moved)
    spent = sum(one.charge(is_history_free=is_free) for one in moved)
    spend(pair.source.account, pair.source.project, -freed)
    if spent:
        spend(pair.target.account, pair.target.project, spent)
    objects, size = sum(one.objects for one in moved), sum(one.size for one in moved)
    quotas.check(look(Place(pair.target.account, pair.target.name, "")).box, objects, size)
    told.objects += objects
    told.size += size
    told.former += sum(one.former for one in moved)
