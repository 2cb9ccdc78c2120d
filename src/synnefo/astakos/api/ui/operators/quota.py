"""Resources with their defaults, and what is over its limit."""

from django.db.models import Q, Sum

from synnefo.astakos.api.ui.operators.bounds import bounded
from synnefo.astakos.api.ui.operators.project_schemas import (
    OverPage,
    OverRow,
    ResourceChanges,
    ResourceRow,
    Resources,
)
from synnefo.astakos.api.ui.operators.project_views import units
from synnefo.astakos.models import Holding, Project, Resource, User
from synnefo.astakos.usecases import operator_projects, presentations, registry
from synnefo.kit.faults import BadRequest
from synnefo.serve.http import Call
from synnefo.serve.http.paging import limit_of
from synnefo.wire.provisions import INF

PAGE = 100


def list_resources(_call: Call) -> Resources:
    """List all resources with their defaults, and what all projects may use and use."""
    whole = Holding.objects.filter(source="")
    sums = whole.values("resource").annotate(
        used=Sum("usage_max"), allocated=Sum("limit", filter=Q(limit__lt=INF))
    )
    totals = {row["resource"]: (row["used"] or 0, row["allocated"] or 0) for row in sums}
    by_name = {one.name: one for one in Resource.objects.all()}
    order = [card.name for card in presentations.cards(hidden=True)]
    return Resources([_row(by_name[name], totals.get(name, (0, 0))) for name in order])


def change_resource(_call: Call, name: str, body: ResourceChanges) -> Resources:
    """Change the defaults or the visibility of a resource; projects keep their limits."""
    if body.api_visible is False and body.ui_visible:
        raise BadRequest("What pages show, the API shows too.")
    asked: dict[str, int | bool | None] = {
        "uplimit": _limit(body.system_default),
        "project_default": _limit(body.project_default),
        "api_visible": body.api_visible,
        "ui_visible": body.ui_visible,
    }
    changes: dict[str, object] = {key: value for key, value in asked.items() if value is not None}
    if changes:
        registry.modify_resource(name, changes)
    return list_resources(_call)


def list_over(call: Call) -> OverPage:
    """List what holds more than its limit, the worst first."""
    limit = limit_of(call, maximum=1000) or PAGE
    found = operator_projects.over_quota()
    held = list(found[:limit])
    names = _Names(held)
    return OverPage([names.row(one) for one in held], found.count())


def _limit(limit: int | None) -> int | None:
    if limit is not None and limit < 0:
        raise BadRequest("A limit is a number that is not negative.")
    return None if limit is None else bounded(limit)


def _row(one: Resource, totals: tuple[int, int]) -> ResourceRow:
    return ResourceRow(
        name=one.name,
        description=one.desc or "",
        unit=one.unit or "",
        service=one.service_origin,
        system_default=one.uplimit,
        project_default=one.project_default,
        api_visible=one.api_visible,
        ui_visible=one.ui_visible,
        used=totals[0],
        allocated=totals[1],
    )


class _Names:
    """The names of the people and projects of some holdings, read at once."""

    def __init__(self, held: list[Holding]) -> None:
        ids = {_id(text) for one in held for text in (one.holder, one.source) if text}
        self.people = dict(User.objects.filter(uuid__in=ids).values_list("uuid", "email"))
        made = Project.objects.filter(uuid__in=ids).values_list("uuid", "realname")
        self.projects = {**dict(made), **self.people}
        self.units = units()

    def row(self, one: Holding) -> OverRow:
        """Show one holding."""
        is_user = one.holder.startswith("user:")
        place = _id(one.source or one.holder)
        names = self.people if is_user else self.projects
        return OverRow(
            kind="user" if is_user else "project",
            id=_id(one.holder),
            name=names.get(_id(one.holder), ""),
            project=place,
            project_name=self.projects.get(place, ""),
            resource=one.resource,
            unit=self.units.get(one.resource, ""),
            limit=one.limit,
            usage=one.usage_max,
        )


def _id(text: str) -> str:
    return text.partition(":")[2]
