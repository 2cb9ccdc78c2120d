"""Usage over time: sampled, thinned out, shown. Settings: ASTAKOS_USAGE_*."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from django.db import transaction
from django.db.models import Max

from synnefo.astakos.domain.usage_series import Point, frame, reduce
from synnefo.astakos.models import DATABASE, Holding, Project, Resource, UsageSample, User
from synnefo.astakos.settings import ProjectSettings
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest
from synnefo.kit.logs import get_logger
from synnefo.wire.provisions import project_holder, user_holder

log = get_logger(__name__)

HOUR, DAY = 3600, 86400
MOST_POINTS = 400


class Series(msgspec.Struct, frozen=True):
    """One resource over time; each point is [seconds since 1970, usage, peak, limit]."""

    resource: str
    unit: str | None
    description: str
    points: list[Point]


class Span(msgspec.Struct, frozen=True):
    """From when to when, in seconds since 1970."""

    since: int
    until: int


def sample() -> int:
    """Write down every holding that changed since it was last looked at; answer how many."""
    with transaction.atomic(using=DATABASE):
        return UsageSample.objects.take(_now())


def thin() -> None:
    """Thin out what grew old, and forget what grew too old."""
    settings = conf.of(ProjectSettings)
    moment = _now()
    for days, span in (
        (settings.astakos_usage_fine_days, HOUR),
        (settings.astakos_usage_hourly_days, DAY),
    ):
        before = (moment - days * DAY) // span * span
        with transaction.atomic(using=DATABASE):
            UsageSample.objects.thin(before, span)
    with transaction.atomic(using=DATABASE):
        gone = UsageSample.objects.forget(moment - settings.astakos_usage_daily_days * DAY)
    log.info("usage-thinned", forgotten=gone)


def span_of(since: str | None, until: str | None) -> Span:
    """Read a span; by default the last week. BadRequest for what is no time."""
    end = _moment(until) if until else _now()
    begin = _moment(since) if since else end - 7 * DAY
    if begin >= end:
        raise BadRequest("'since' must lie before 'until'.")
    return Span(begin, end)


def of_project(
    project: Project, span: Span, *, member: User | None = None, resource: str | None = None
) -> list[Series]:
    """Answer how a project, or one member of it, used each resource over time."""
    whole = project_holder(project.uuid)
    held = Holding.objects.filter(holder=whole, source="")
    if member is not None:
        held = Holding.objects.filter(holder=user_holder(member.uuid), source=whole)
    known = {one.name: one for one in Resource.objects.filter(api_visible=True)}
    names = [resource] if resource in known else [] if resource else list(known)
    rows = list(held.filter(resource__in=names).order_by("resource"))
    earlier, points = _earlier(rows, span), _points(rows, span)
    return [
        Series(
            row.resource,
            known[row.resource].unit,
            known[row.resource].desc,
            reduce(
                frame(points[row.pk], earlier.get(row.pk), _current(row, span), span.since),
                span.since,
                span.until,
                MOST_POINTS,
            ),
        )
        for row in rows
    ]


def _points(rows: Sequence[Holding], span: Span) -> dict[int, list[Point]]:
    found: dict[int, list[Point]] = defaultdict(list)
    samples = UsageSample.objects.filter(
        holding__in=[row.pk for row in rows], at__gt=span.since, at__lte=span.until
    )
    for one in samples.order_by("at"):
        found[one.holding_id].append(Point(one.at, one.usage, one.peak, one.limit))
    return found


def _earlier(rows: Sequence[Holding], span: Span) -> dict[int, Point]:
    """Answer how each holding stood when the span began."""
    before = UsageSample.objects.filter(holding__in=[row.pk for row in rows], at__lte=span.since)
    last = dict(before.order_by().values_list("holding").annotate(Max("at")))
    found = before.filter(at__in=set(last.values()))
    return {
        one.holding_id: Point(one.at, one.usage, one.peak, one.limit)
        for one in found
        if last[one.holding_id] == one.at
    }


def _current(row: Holding, span: Span) -> Point:
    """Answer how a holding stands at the span's end: now, or as it was last sampled by then."""
    if span.until >= _now() - HOUR:
        return Point(span.until, row.usage_max, row.usage_max, row.limit)
    last = UsageSample.objects.filter(holding=row, at__lte=span.until).order_by("-at").first()
    if last is None:
        return Point(span.until, 0, 0, row.limit)
    return Point(span.until, last.usage, last.usage, last.limit)


def _moment(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        raise BadRequest(f"'{text}' is no time. Write seconds since 1970.")
    return int(text)


def _now() -> int:
    return int(now().timestamp())
