"""What-if: what an application would bring, before anybody sends it."""

from collections import defaultdict

import msgspec

from synnefo.astakos.domain import applications as rules
from synnefo.astakos.domain import forecasts
from synnefo.astakos.domain.applications import Capacity, Wish
from synnefo.astakos.domain.forecasts import Forecast, Now
from synnefo.astakos.models import Holding, Project, Resource, User
from synnefo.astakos.models.projects import ACCEPTED_STATES
from synnefo.astakos.usecases import pending_apps, project_rights
from synnefo.astakos.usecases.pending_apps import Allowance
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict
from synnefo.wire.provisions import INF, project_holder


class Outlook(msgspec.Struct, frozen=True):
    """What would come of an application: per resource, for its members, for its applicant."""

    resources: dict[str, Forecast]
    members: int
    member_limit: int
    too_many_members: bool
    is_name_taken: bool
    allowance: Allowance
    may_apply: bool
    problem: str


def look_ahead(wish: Wish, user: User, project: Project | None) -> Outlook:
    """Tell what an application would bring; Forbidden for another's project."""
    if project is not None:
        project_rights.check_owner(project, user)
    members = 0 if project is None else _members(project)
    limit = wish.limit_on_members_number
    if limit is None:
        limit = project.limit_on_members_number if project else INF
    allowance = pending_apps.allowance(user, project.pk if project else None)
    return Outlook(
        resources=_resources(wish, project, members),
        members=members,
        member_limit=limit,
        too_many_members=members > limit,
        is_name_taken=_is_taken(wish, project),
        allowance=allowance,
        may_apply=allowance.fits or project_rights.is_admin(user),
        problem=_problem(wish, project),
    )


def _resources(wish: Wish, project: Project | None, members: int) -> dict[str, Forecast]:
    found = {}
    held = _held(project) if project is not None else {}
    for resource in Resource.objects.filter(api_visible=True).order_by("pk"):
        first = Capacity(resource.project_default, resource.project_default)
        standing = held.get(resource.name, Now(first if project is None else Capacity(0, 0)))
        after = wish.resources.get(resource.name, standing.capacity)
        found[resource.name] = forecasts.forecast(standing, after, members)
    return found


def _held(project: Project) -> dict[str, Now]:
    source = project_holder(project.uuid)
    whole = dict(
        Holding.objects.filter(holder=source, source="").values_list("resource", "usage_max")
    )
    members: dict[str, list[int]] = defaultdict(list)
    used = Holding.objects.filter(source=source, usage_max__gt=0)
    for resource, usage in used.values_list("resource", "usage_max"):
        members[resource].append(usage)
    return {
        grant.resource.name: Now(
            Capacity(grant.member_capacity, grant.project_capacity),
            whole.get(grant.resource.name, 0),
            members[grant.resource.name],
        )
        for grant in project.grants.select_related("resource")
    }


def _members(project: Project) -> int:
    return project.memberships.filter(state__in=ACCEPTED_STATES).count()


def _is_taken(wish: Wish, project: Project | None) -> bool:
    """Tell whether a project that everybody sees has the name; approval would be refused."""
    if not wish.name:
        return False
    holders = Project.objects.open_to_all().filter(name=wish.name)
    return (holders.exclude(pk=project.pk) if project else holders).exists()


def _problem(wish: Wish, project: Project | None) -> str:
    try:
        if project is None:
            rules.check_new(wish, now())
        else:
            rules.check(wish, now())
            rules.check_system(wish, is_base=project.is_base)
    except (BadRequest, Conflict) as fault:
        return fault.message
    return ""
