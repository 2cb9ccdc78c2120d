"""Limits: from projects and memberships into the ledger, in the transaction of the change.

Spec: identity 4.5, 4.6. Usage is never touched, and rows are written in place (identity 22, L3).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Q, QuerySet

from synnefo.astakos.domain import ledger, limits
from synnefo.astakos.models import (
    DATABASE,
    Holding,
    Project,
    ProjectMembership,
    ProjectResourceQuota,
    Resource,
)
from synnefo.astakos.models.limit_differences import Difference, differences
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, INITIALISED, ProjectState
from synnefo.wire.provisions import project_holder, user_holder

FEW = 500
"""Projects or holders that one statement names; beyond, it reads all of them."""


def fill_grants(projects: Iterable[Project], resources: Iterable[Resource]) -> None:
    """Give projects their first limits of resources that they have none of. Spec: identity 4.7."""
    wanted = list(resources)
    rows = []
    for project in projects:
        for resource in wanted:
            first = limits.skeleton(
                resource.uplimit, resource.project_default, is_system=project.is_base
            )
            rows.append(
                ProjectResourceQuota(
                    project=project,
                    resource=resource,
                    project_capacity=first,
                    member_capacity=first,
                )
            )
    ProjectResourceQuota.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def sync(projects: Iterable[Project], resource: str | None = None) -> None:
    """Set the limits of these projects' holdings and of their members'."""
    _bring(wanted_limits([project.pk for project in projects], resource))


def sync_member(membership: ProjectMembership) -> None:
    """Set the limits of one member's holdings in a project. Spec: identity 4.6."""
    if not membership.initialized:
        return
    grants = ProjectResourceQuota.objects.filter(
        project=membership.project_id, project__state__in=INITIALISED
    )
    seats = [(membership.person.uuid, int(membership.state))]
    wanted: dict[ledger.Key, int] = {}
    for grant in grants.select_related("project", "resource"):
        limits_of_all = _limits_of(grant, seats)
        wanted.update({key: limit for key, limit in limits_of_all.items() if key[1]})
    _bring(wanted)


def _bring(wanted: dict[ledger.Key, int]) -> None:
    """Lock the holdings in question, and no others of their holders, and set their limits."""
    if not wanted:
        return
    with transaction.atomic(using=DATABASE):
        held = _in_question(wanted).order_by("pk").select_for_update()
        _set({row.key: row for row in held}, wanted)


def _in_question(wanted: dict[ledger.Key, int]) -> QuerySet[Holding]:
    projects = {key[1] or key[0] for key in wanted}
    holders, resources = {key[0] for key in wanted}, {key[2] for key in wanted}
    found = Holding.objects.filter(resource__in=resources)
    if len(projects) <= FEW:
        found = found.filter(Q(source__in=projects) | Q(holder__in=projects, source=""))
    return found.filter(holder__in=holders) if len(holders) <= FEW else found


def _set(known: dict[ledger.Key, Holding], wanted: dict[ledger.Key, int]) -> None:
    changed = []
    for key, limit in wanted.items():
        row = known.get(key)
        if row is not None and row.limit != limit:
            row.limit = limit
            changed.append(row)
    Holding.objects.bulk_update(changed, ["limit"], batch_size=200)
    missing = [
        Holding(holder=key[0], source=key[1], resource=key[2], limit=limit)
        for key, limit in wanted.items()
        if key not in known
    ]
    Holding.objects.bulk_create(missing, batch_size=200)


def wanted_limits(
    projects: Iterable[int] | None = None, resource: str | None = None
) -> dict[ledger.Key, int]:
    """Compute the limits that projects and memberships give, in two queries.

    `projects` are primary keys; None: all that are initialised.
    """
    grants = ProjectResourceQuota.objects.filter(project__state__in=INITIALISED)
    members = ProjectMembership.objects.filter(initialized=True)
    if projects is not None:
        chosen = list(projects)
        grants, members = grants.filter(project__in=chosen), members.filter(project__in=chosen)
    if resource is not None:
        grants = grants.filter(resource__name=resource)
    seats: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for project, person, state in members.values_list("project", "person__uuid", "state"):
        seats[project].append((person, state))
    wanted: dict[ledger.Key, int] = {}
    for grant in grants.select_related("project", "resource"):
        wanted.update(_limits_of(grant, seats[grant.project_id]))
    return wanted


def _limits_of(grant: ProjectResourceQuota, seats: list[tuple[str, int]]) -> dict[ledger.Key, int]:
    normal = grant.project.state == ProjectState.NORMAL
    told = limits.Grant(project=grant.project_capacity, member=grant.member_capacity)
    source, name = project_holder(grant.project.uuid), grant.resource.name
    found: dict[ledger.Key, int] = {
        (source, "", name): limits.project_limit(told, project_normal=normal)
    }
    for person, state in seats:
        found[user_holder(person), source, name] = limits.member_limit(
            told, project_normal=normal, accepted=state in ACTUALLY_ACCEPTED
        )
    return found


def verify(holders: Sequence[str] | None = None) -> list[Difference]:
    """Compare limits with what the projects say: of some holders, or all. Spec: identity 16.6."""
    return differences(DATABASE, holders)


def repair(found: Sequence[Difference], *, unexpected: bool = False) -> None:
    """Set limits right by what the projects say now; unexpected holdings go only when asked.

    Such a holding that is in use stays, with a limit of zero (identity 2.9).
    """
    uuids = sorted({_project_of(one) for one in found if one.wanted is not None})
    with transaction.atomic(using=DATABASE):
        wrong = _locked(uuids)
        for first in range(0, len(wrong), FEW):
            sync(wrong[first : first + FEW])
        for one in found if unexpected else ():
            if one.wanted is None:
                _drop(one)


def _locked(uuids: Sequence[str]) -> list[Project]:
    """Lock projects in the order of their keys; all of them before any holding."""
    keys: list[int] = []
    for first in range(0, len(uuids), FEW):
        named = Project.objects.filter(uuid__in=uuids[first : first + FEW])
        keys += named.values_list("pk", flat=True)
    keys.sort()
    found: list[Project] = []
    for first in range(0, len(keys), FEW):
        part = Project.objects.filter(pk__in=keys[first : first + FEW]).order_by("pk")
        found += part.select_for_update()
    return found


def _project_of(one: Difference) -> str:
    return (one.source or one.holder).removeprefix("project:")


def _drop(one: Difference) -> None:
    mine = Holding.objects.filter(holder=one.holder, source=one.source, resource=one.resource)
    if not mine.filter(usage_min=0, usage_max=0).delete()[0]:
        mine.update(limit=0)
