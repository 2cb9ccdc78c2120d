"""Quota as people and components see it. Spec: identity 8.1 to 8.4."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from synnefo.astakos.models import DATABASE, Resource, Service, User, standings
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
    rows = standings.of_user(DATABASE, user_holder(user.uuid), user.pk)
    return _folded(rows).get(user.uuid, {})


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
    wanted = None if projects is None else [project_holder(uuid) for uuid in projects]
    found: dict[str, dict[str, ProjectStanding]] = defaultdict(dict)
    rows = standings.of_projects(DATABASE, _resources_of(component), wanted)
    for holder, resource, limit, least, most in rows:
        standing = ProjectStanding(limit, most, most - least)
        found[holder.removeprefix("project:")][resource] = standing
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
    holders = None if users is None else [user_holder(uuid) for uuid in users]
    sources = None if projects is None else [project_holder(uuid) for uuid in projects]
    return _folded(standings.of_members(DATABASE, resources, holders, sources))


def _folded(rows: Iterable[standings.Row]) -> UserQuotas:
    found: UserQuotas = defaultdict(lambda: defaultdict(dict))
    for holder, source, resource, *numbers in rows:
        limit, least, most, pool, pool_least, pool_most = (number or 0 for number in numbers)
        found[holder.removeprefix("user:")][source.removeprefix("project:")][resource] = Standing(
            limit, most, most - least, pool, pool_most, pool_most - pool_least
        )
    return found
