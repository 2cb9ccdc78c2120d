"""Quota as people and components see it. Spec: identity 8.1 to 8.4."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from django.db.models import QuerySet

from synnefo.astakos.models import Holding, Project, ProjectMembership, Resource, Service, User
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, INITIALISED, ProjectState
from synnefo.kit.faults import ItemNotFound
from synnefo.wire.provisions import project_holder, user_holder


class ProjectStanding(msgspec.Struct, frozen=True):
    """How a resource stands for a project."""

    project_limit: int
    project_usage: int
    project_pending: int


class Standing(msgspec.Struct, frozen=True):
    """How a resource stands for a member and for the project."""

    limit: int
    usage: int
    pending: int
    project_limit: int
    project_usage: int
    project_pending: int


ByResource = dict[str, Standing]
UserQuotas = dict[str, dict[str, ByResource]]


def of_user(user: User) -> dict[str, ByResource]:
    """Answer a user's own quotas of resources that the API shows, by project."""
    seats = ProjectMembership.objects.filter(person=user, state__in=ACTUALLY_ACCEPTED)
    projects = list(
        seats.exclude(project__state=ProjectState.DELETED).values_list("project__uuid", flat=True)
    )
    visible = Resource.objects.filter(api_visible=True)
    found = _standings(list(visible.values_list("name", flat=True)), [user.uuid], projects)
    return found.get(user.uuid, {})


def left_behind(user: User, projects: Iterable[str]) -> dict[str, ByResource]:
    """Answer what a user still holds in projects of which they are no member any more."""
    visible = Resource.objects.filter(api_visible=True)
    names = list(visible.values_list("name", flat=True))
    return _standings(names, [user.uuid], list(projects)).get(user.uuid, {})


def for_component(
    component: str, users: Sequence[str] | None = None, projects: Sequence[str] | None = None
) -> UserQuotas:
    """Answer what users hold of a component's own resources.

    ItemNotFound when users were named and nothing was found.
    """
    found = _standings(_resources_of(component), users, projects)
    if users is not None and not found:
        raise ItemNotFound("None of these users holds anything of this component.")
    return found


def projects_for_component(
    component: str, projects: Sequence[str] | None = None
) -> dict[str, dict[str, ProjectStanding]]:
    """Answer what projects hold of a component's own resources.

    ItemNotFound when projects were named and nothing was found.
    """
    known = Project.objects.filter(state__in=INITIALISED)
    if projects is not None:
        known = known.filter(uuid__in=projects)
    uuids = list(known.values_list("uuid", flat=True))
    found: dict[str, dict[str, ProjectStanding]] = defaultdict(dict)
    for (uuid, resource), row in _project_rows(_resources_of(component), uuids).items():
        found[uuid][resource] = ProjectStanding(row.limit, row.usage_max, _pending(row))
    if projects is not None and not found:
        raise ItemNotFound("None of these projects holds anything of this component.")
    return dict(found)


def _resources_of(component: str) -> list[str]:
    origins = Service.objects.filter(component__name=component).values_list("name", flat=True)
    mine = Resource.objects.filter(service_origin__in=list(origins))
    return list(mine.values_list("name", flat=True))


def _standings(
    resources: Sequence[str], users: Sequence[str] | None, projects: Sequence[str] | None
) -> UserQuotas:
    members = list(_member_rows(resources, users, projects))
    sources = {row.source.removeprefix("project:") for row in members}
    whole = _project_rows(resources, sources)
    found: UserQuotas = defaultdict(lambda: defaultdict(dict))
    for row in members:
        uuid = row.source.removeprefix("project:")
        pool = whole.get((uuid, row.resource))
        found[row.holder.removeprefix("user:")][uuid][row.resource] = Standing(
            row.limit,
            row.usage_max,
            _pending(row),
            pool.limit if pool else 0,
            pool.usage_max if pool else 0,
            _pending(pool) if pool else 0,
        )
    return found


def _member_rows(
    resources: Sequence[str], users: Sequence[str] | None, projects: Sequence[str] | None
) -> QuerySet[Holding]:
    rows = Holding.objects.filter(resource__in=resources).exclude(source="")
    if users is not None:
        rows = rows.filter(holder__in=[user_holder(uuid) for uuid in users])
    if projects is not None:
        rows = rows.filter(source__in=[project_holder(uuid) for uuid in projects])
    return rows.order_by("pk")


def _project_rows(
    resources: Sequence[str], uuids: Iterable[str]
) -> dict[tuple[str, str], Holding]:
    holders = [project_holder(uuid) for uuid in uuids]
    rows: dict[tuple[str, str], Holding] = {}
    for start in range(0, len(holders), 500):
        part = Holding.objects.filter(
            resource__in=resources, source="", holder__in=holders[start : start + 500]
        )
        rows |= {(row.holder.removeprefix("project:"), row.resource): row for row in part}
    return rows


def _pending(row: Holding) -> int:
    return row.usage_max - row.usage_min
