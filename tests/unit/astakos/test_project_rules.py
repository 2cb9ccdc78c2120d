"""States of projects, applications and memberships: pure tables. Spec: identity 3.3 to 3.6."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synnefo.astakos.domain import applications, forecasts, memberships, projects, usage_series
from synnefo.astakos.domain.applications import (
    ApplicationAction,
    ApplicationState,
    Capacity,
    Wish,
)
from synnefo.astakos.domain.forecasts import Now
from synnefo.astakos.domain.memberships import House, MembershipAction, MembershipState
from synnefo.astakos.domain.projects import (
    Policy,
    ProjectAction,
    ProjectFacts,
    ProjectState,
    Standing,
)
from synnefo.astakos.domain.usage_series import Point
from synnefo.kit.faults import BadRequest, Conflict
from synnefo.wire.provisions import INF

NOW = datetime(2030, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
OPEN = House(state=1, join_policy=1, leave_policy=1, accepted=0, limit=INF)


def a_house(**changes: int) -> House:
    """Answer an open project with some changes."""
    facts = {"state": 1, "join_policy": 1, "leave_policy": 1, "accepted": 0, "limit": INF}
    return House(**(facts | changes))


class TestProjects:
    """Spec: identity 3.3, 3.5, 3.8."""

    @pytest.mark.parametrize(
        ("action", "before", "after"),
        [
            (ProjectAction.SUSPEND, ProjectState.NORMAL, ProjectState.SUSPENDED),
            (ProjectAction.UNSUSPEND, ProjectState.SUSPENDED, ProjectState.NORMAL),
            (ProjectAction.TERMINATE, ProjectState.NORMAL, ProjectState.TERMINATED),
            (ProjectAction.TERMINATE, ProjectState.SUSPENDED, ProjectState.TERMINATED),
            (ProjectAction.REINSTATE, ProjectState.TERMINATED, ProjectState.NORMAL),
        ],
    )
    def test_moves_that_are_allowed(
        self, action: ProjectAction, before: ProjectState, after: ProjectState
    ) -> None:
        assert projects.move(action, ProjectFacts(before)) is after

    @given(st.sampled_from(ProjectAction), st.sampled_from(ProjectState), st.booleans())
    def test_what_is_offered_is_what_is_allowed(
        self, action: ProjectAction, state: ProjectState, is_base: bool
    ) -> None:
        facts = ProjectFacts(state, is_base)
        offered = action in projects.allowed_moves(facts)
        try:
            projects.move(action, facts)
        except Conflict:
            assert not offered
        else:
            assert offered

    def test_only_some_states_bear_changes(self) -> None:
        projects.check_initialised(ProjectState.TERMINATED)
        projects.check_alive(ProjectState.SUSPENDED)
        with pytest.raises(Conflict, match="never approved"):
            projects.check_initialised(ProjectState.DELETED)
        with pytest.raises(Conflict, match="terminated"):
            projects.check_alive(ProjectState.TERMINATED)

    @pytest.mark.parametrize(
        ("state", "application", "shown"),
        [
            (0, None, "Uninitialized"),
            (0, "pending", "Pending"),
            (0, "denied", "Denied"),
            (1, "pending", "Active"),
            (10, None, "Suspended"),
            (100, "approved", "Terminated"),
            (1000, None, "Deleted"),
            (1000, "dismissed", "Dismissed"),
            (1000, "cancelled", "Cancelled"),
        ],
    )
    def test_what_is_shown(self, state: int, application: str | None, shown: str) -> None:
        assert projects.show(state, application) == shown

    def test_the_nearest_standing_counts(self) -> None:
        everything = {"is_admin": True, "is_owner": True, "is_member": True, "is_open": True}
        order = [*everything, None]
        found = []
        for name in order:
            found.append(projects.standing(**everything))
            if name:
                everything[name] = False
        assert found == [
            *(Standing.ADMIN, Standing.OWNER, Standing.MEMBER, Standing.VIEWER),
            Standing.STRANGER,
        ]


class TestApplications:
    """Spec: identity 3.4, 9.3."""

    @given(st.sampled_from(ApplicationAction), st.sampled_from(ApplicationState))
    def test_each_action_has_one_state_to_begin_from(
        self, action: ApplicationAction, state: ApplicationState
    ) -> None:
        wanted, target = applications.MOVES[action]
        if state is wanted:
            assert applications.move(action, state) is target
        else:
            with pytest.raises(Conflict, match=applications.WORDS[state]):
                applications.move(action, state)

    @pytest.mark.parametrize("name", ["a.gr", "physics.example.org", "a-b.c1.museum"])
    def test_names_that_are_good(self, name: str) -> None:
        applications.check_name(name)

    @pytest.mark.parametrize(
        "name", ["", "a", "a.", ".gr", "-a.gr", "a-.gr", "a.g", "a.gr7", "α.gr", "a..gr", "a b.gr"]
    )
    def test_names_that_are_not(self, name: str) -> None:
        with pytest.raises(BadRequest):
            applications.check_name(name)
        with pytest.raises(BadRequest):
            applications.check_name("x" * 64 + ".gr")

    def test_a_new_one_needs_a_name_and_an_end(self) -> None:
        applications.check_new(Wish(name="a.gr", end_date=LATER), NOW)
        for wish in (Wish(end_date=LATER), Wish(name="a.gr")):
            with pytest.raises(BadRequest):
                applications.check_new(wish, NOW)

    def test_limits_are_from_nothing_to_everything(self) -> None:
        applications.check_capacity("x", Capacity(0, INF))
        for member, whole in ((-1, 5), (6, 5), (1, INF + 1)):
            with pytest.raises(BadRequest, match="x"):
                applications.check_capacity("x", Capacity(member, whole))

    def test_only_what_is_asked_for_changes(self) -> None:
        wish = Wish(private=False, description="", comments="why", start_date=NOW)
        assert applications.changes_of(wish) == {"private": False, "description": ""}

    def test_system_projects_keep_what_is_their_users(self) -> None:
        applications.check_system(Wish(end_date=LATER), is_base=True)
        applications.check_system(Wish(name="a.gr"), is_base=False)
        with pytest.raises(Conflict, match="homepage"):
            applications.check_system(Wish(homepage="http://a.gr"), is_base=True)


class TestMemberships:
    """Spec: identity 3.6."""

    @given(
        st.sampled_from(MembershipAction),
        st.sampled_from([None, *MembershipState]),
        st.builds(
            House,
            state=st.sampled_from([int(state) for state in ProjectState]),
            join_policy=st.sampled_from([1, 2, 3]),
            leave_policy=st.sampled_from([1, 2, 3]),
            accepted=st.integers(0, 3),
            limit=st.integers(0, 3),
        ),
    )
    def test_every_move_keeps_the_rules(
        self, action: MembershipAction, state: MembershipState | None, house: House
    ) -> None:
        try:
            after = memberships.move(action, state, house)
        except Conflict:
            return
        outside = state not in memberships.ACCEPTED_STATES
        if outside and after in memberships.ACCEPTED_STATES:
            assert house.has_room
            assert house.join_policy != Policy.CLOSED
        if after is MembershipState.REMOVED:
            assert house.leave_policy != Policy.CLOSED
        if action not in {MembershipAction.SUSPEND, MembershipAction.UNSUSPEND}:
            assert house.state in projects.ALIVE
        assert state is None or state in memberships.FROM[action]

    def test_policies_decide_how_one_comes_and_goes(self) -> None:
        move, join, leave = memberships.move, MembershipAction.JOIN, MembershipAction.LEAVE
        accepted = MembershipState.ACCEPTED
        assert move(join, None, OPEN) is accepted
        assert move(join, None, a_house(join_policy=2)) is MembershipState.REQUESTED
        assert move(join, None, a_house(limit=0)) is MembershipState.REQUESTED
        assert move(leave, accepted, OPEN) is MembershipState.REMOVED
        assert move(leave, accepted, a_house(leave_policy=2)) is MembershipState.LEAVE_REQUESTED
        with pytest.raises(Conflict, match="limit of 1 members"):
            move(MembershipAction.ACCEPT, MembershipState.REQUESTED, a_house(accepted=1, limit=1))

    def test_each_side_may_do_its_own(self) -> None:
        def may(state: MembershipState, **who: bool) -> list[str]:
            sides = {"is_member": False, "is_owner": False, "is_admin": False} | who
            return [str(one) for one in memberships.allowed(state, OPEN, **sides)]

        requested, accepted = MembershipState.REQUESTED, MembershipState.ACCEPTED
        assert may(requested, is_member=True) == ["cancel"]
        assert may(requested, is_owner=True) == ["accept", "reject"]
        assert may(accepted, is_member=True) == ["leave"]
        assert may(accepted, is_admin=True) == ["leave", "remove"]
        assert may(MembershipState.REMOVED, is_admin=True) == []

    def test_refusals_tell_why(self) -> None:
        with pytest.raises(Conflict, match="a member already"):
            memberships.move(MembershipAction.JOIN, MembershipState.ACCEPTED, OPEN)
        with pytest.raises(Conflict, match="not a member any more"):
            memberships.move(MembershipAction.LEAVE, MembershipState.REMOVED, OPEN)
        with pytest.raises(Conflict, match="not a member yet"):
            memberships.move(MembershipAction.ACCEPT, None, OPEN)


class TestForecasts:
    """What would come of an application."""

    def test_a_smaller_pool_tells_who_is_over(self) -> None:
        now = Now(Capacity(4, 10), usage=6, members=(4, 2))
        told = forecasts.forecast(now, Capacity(3, 5), members=2)
        assert (told.is_over, told.members_over) == (True, 1)
        assert (told.left_now, told.left_after, told.each_can_use) == (4, 0, 0)

    def test_a_pool_may_be_too_small_for_all_at_once(self) -> None:
        now = Now(Capacity(0, 0))
        assert forecasts.forecast(now, Capacity(5, 9), members=2).is_shared
        assert not forecasts.forecast(now, Capacity(5, 10), members=2).is_shared
        endless = forecasts.forecast(now, Capacity(5, INF), members=9)
        assert (endless.left_after, endless.each_can_use, endless.is_shared) == (INF, 5, False)


class TestSeries:
    """Usage over time."""

    @given(
        st.lists(
            st.tuples(st.integers(0, 999), st.integers(0, 50), st.integers(0, 9)), min_size=1
        ),
        st.integers(1, 40),
    )
    def test_no_peak_is_lost_and_the_end_stays(
        self, rows: list[tuple[int, int, int]], most: int
    ) -> None:
        by_moment = {at: Point(at, usage, usage + more, 60) for at, usage, more in rows}
        points = [by_moment[at] for at in sorted(by_moment)]
        few = usage_series.reduce(points, 0, 1000, most)
        assert len(few) <= max(most, 1)
        assert max(point.peak for point in few) == max(point.peak for point in points)
        assert few[-1].usage == points[-1].usage

    def test_a_series_is_framed(self) -> None:
        current = Point(100, 3, 3, 9)
        assert usage_series.frame([], None, current, 0) == [Point(0, 3, 3, 9), current]
        earlier = Point(-50, 2, 5, 8)
        point = Point(40, 4, 4, 9)
        told = usage_series.frame([point], earlier, current, 0)
        assert told == [Point(0, 2, 2, 8), point, current]
        assert usage_series.frame([point], None, current, 0)[0] == Point(0, 0, 0, 9)
