"""Usage over time: what is sampled, thinned and shown."""

from datetime import timedelta

import pytest
import time_machine

from synnefo.astakos.domain.usage_series import Point, frame, reduce
from synnefo.astakos.models import Holding, UsageSample, User
from synnefo.astakos.settings import ProjectSettings
from synnefo.astakos.usecases import memberships, usage_history
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest
from synnefo.wire.provisions import project_holder, user_holder
from tests.support.astakos import a_user
from tests.support.projects import VM, an_approved, the_resources

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)
HOUR, DAY = 3600, 86400


@pytest.fixture
def ada() -> User:
    the_resources()
    return a_user()


def use(user: User, amount: int) -> None:
    """Let a user's own project use so much."""
    own = project_holder(user.uuid)
    Holding.objects.filter(holder=own, source="", resource=VM).update(usage_max=amount)
    mine = Holding.objects.filter(holder=user_holder(user.uuid), source=own, resource=VM)
    mine.update(usage_max=amount)


def at(moment: int) -> time_machine.travel:
    """Let it be so many seconds after the beginning of some day."""
    return time_machine.travel(1_790_000_000 // DAY * DAY + moment, tick=False)


def shown(user: User, since: int, until: int) -> list[tuple[int, int, int]]:
    """Answer the points of the machines as seconds of the day, usage and peak."""
    day = 1_790_000_000 // DAY * DAY
    span = usage_history.Span(day + since, day + until)
    (series,) = usage_history.of_project(user.base_project, span, resource=VM)
    return [(point.at - day, point.usage, point.peak) for point in series.points]


def test_only_changes_are_written(ada: User) -> None:
    with at(0):
        assert usage_history.sample() == 0
        use(ada, 3)
        assert usage_history.sample() == 2
    with at(600):
        assert usage_history.sample() == 0
        Holding.objects.filter(resource=VM).update(limit=9)
        assert usage_history.sample() == 2
        use(ada, 0)
        assert usage_history.sample() == 0, "a second look at one moment writes nothing twice"
    with at(1200):
        assert usage_history.sample() == 2
    assert UsageSample.objects.count() == 6


def test_a_series_begins_with_what_was_and_ends_with_what_is(ada: User) -> None:
    for moment, amount in ((100, 1), (5000, 4), (9000, 2)):
        with at(moment):
            use(ada, amount)
            usage_history.sample()
    with at(10_000):
        whole = [(0, 0, 0), (100, 1, 1), (5000, 4, 4), (9000, 2, 2), (10_000, 2, 2)]
        assert shown(ada, 0, 10_000) == whole
        assert shown(ada, 6000, 10_000)[0] == (6000, 4, 4)
        assert shown(ada, 200, 6000)[-1] == (6000, 4, 4)


def test_old_samples_are_thinned_and_keep_their_peaks(ada: User) -> None:
    for moment, amount in ((0, 1), (600, 5), (1200, 2), (HOUR + 60, 3), (2 * DAY, 1)):
        with at(moment):
            use(ada, amount)
            usage_history.sample()
    whole = Holding.objects.get(holder=project_holder(ada.uuid), source="", resource=VM)
    rows = UsageSample.objects.filter(holding=whole).order_by("at")
    with conf.override(ProjectSettings, astakos_usage_fine_days=1), at(2 * DAY + 60):
        usage_history.thin()
        usage_history.thin()
    assert [(row.usage, row.peak) for row in rows.all()] == [(2, 5), (3, 3), (1, 1)]
    with (
        conf.override(ProjectSettings, astakos_usage_fine_days=1, astakos_usage_hourly_days=1),
        at(2 * DAY + 60),
    ):
        usage_history.thin()
    assert [(row.usage, row.peak) for row in rows.all()] == [(3, 5), (1, 1)]
    with conf.override(ProjectSettings, astakos_usage_daily_days=3), at(9 * DAY):
        usage_history.thin()
    assert [row.usage for row in rows.all()] == [1]


def test_members_and_projects_are_told_apart(ada: User) -> None:
    ben = a_user()
    project = an_approved(ada, member_join_policy=1)
    memberships.join(project, ben)
    mine = Holding.objects.filter(
        holder=user_holder(ben.uuid), source=project_holder(project.uuid), resource=VM
    )
    mine.update(usage_max=2)
    Holding.objects.filter(holder=project_holder(project.uuid), resource=VM).update(usage_max=7)
    usage_history.sample()
    span = usage_history.span_of(None, str(int((now() + timedelta(seconds=1)).timestamp())))
    whole = {one.resource: one for one in usage_history.of_project(project, span)}
    own = {one.resource: one for one in usage_history.of_project(project, span, member=ben)}
    assert (whole[VM].points[-1].usage, own[VM].points[-1].usage) == (7, 2)
    assert (whole[VM].points[-1].limit, own[VM].points[-1].limit) == (10, 2)


@pytest.mark.parametrize(("since", "until"), [("x", None), ("9", "8"), ("1" * 12, None)])
def test_spans_that_are_none_are_refused(since: str, until: str | None) -> None:
    with pytest.raises(BadRequest):
        usage_history.span_of(since, until)


def test_many_points_become_few_without_losing_a_peak() -> None:
    points = [Point(n, n % 7, 99 if n == 500 else n % 7, 10) for n in range(1000)]
    few = reduce(points, 0, 1000, 50)
    assert len(few) <= 50
    assert max(point.peak for point in few) == 99
    assert few[-1].usage == points[-1].usage
    assert frame([], None, Point(9, 4, 4, 5), 0)[0] == Point(0, 4, 4, 5)
