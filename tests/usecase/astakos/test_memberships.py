"""Members of projects: coming, going, moderated. Spec: identity 3.6, 25.10."""

import pytest

from synnefo.astakos.domain.memberships import MembershipAction, MembershipState
from synnefo.astakos.domain.projects import Policy, ProjectAction
from synnefo.astakos.models import Project, ProjectMembership, ProjectMembershipLog, User
from synnefo.astakos.usecases import memberships, project_search, project_states, projects, users
from synnefo.kit.faults import Conflict, Forbidden
from tests.support.astakos import a_user
from tests.support.projects import an_approved, limits_of, mails, seat, the_resources

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)

ACCEPT, REJECT, REMOVE = MembershipAction.ACCEPT, MembershipAction.REJECT, MembershipAction.REMOVE
LEAVE, CANCEL = MembershipAction.LEAVE, MembershipAction.CANCEL


@pytest.fixture(autouse=True)
def _resources() -> None:
    the_resources()


def allowed(membership: ProjectMembership, user: User) -> list[MembershipAction]:
    """List what somebody may do to a membership now."""
    house = project_search.houses_of([membership.project])[membership.project_id]
    return project_search.allowed(project_search.viewer_of(user), membership, house)


class TestComing:
    """Joining and being let in."""

    def test_automatic_projects_let_everybody_in_while_there_is_room(self) -> None:
        project = an_approved(a_user(), member_join_policy=1, limit_on_members_number=1)
        ada, ben = a_user(), a_user()
        assert memberships.join(project, ada).state == MembershipState.ACCEPTED
        assert limits_of(project, ada) == 2
        assert memberships.join(project, ben).state == MembershipState.REQUESTED
        assert any("wants to join" in subject for _, subject in mails())
        with pytest.raises(Conflict, match="limit of 1"):
            memberships.act(seat(project, ben), ACCEPT, actor=project.owner)

    def test_moderated_projects_ask_their_owner(self) -> None:
        project, ada = an_approved(a_user()), a_user()
        made = memberships.join(project, ada)
        assert made.state == MembershipState.REQUESTED
        assert allowed(made, ada) == [CANCEL]
        assert allowed(made, project.owner) == [ACCEPT, REJECT]
        with pytest.raises(Forbidden):
            memberships.act(made, ACCEPT, actor=ada)
        memberships.act(made, ACCEPT, actor=project.owner)
        assert limits_of(project, ada) == 2
        assert any(to == ada.email and "membership" in subject for to, subject in mails())
        fresh = seat(project, ada)
        assert list(project_search.dates_of([fresh])[fresh.pk]) == ["requested", "accepted"]

    def test_closed_projects_let_nobody_in(self) -> None:
        project, ada = an_approved(a_user()), a_user()
        projects.modify(project, {"member_join_policy": Policy.CLOSED})
        with pytest.raises(Conflict, match="closed"):
            memberships.join(project, ada)
        with pytest.raises(Conflict, match="closed"):
            memberships.enroll(project, ada.email, actor=project.owner)

    def test_whoever_was_rejected_or_cancelled_may_ask_again(self) -> None:
        project, ada = an_approved(a_user()), a_user()
        memberships.act(memberships.join(project, ada), CANCEL, actor=ada)
        memberships.act(memberships.join(project, ada), REJECT, actor=project.owner)
        assert memberships.join(project, ada).state == MembershipState.REQUESTED
        with pytest.raises(Conflict, match="waiting"):
            memberships.join(project, ada)
        assert ProjectMembershipLog.objects.filter(membership__person=ada).count() == 6

    def test_the_owner_enrolls_by_exact_address(self) -> None:
        project, ada = an_approved(a_user()), a_user("Ada.Enrolled@example.org")
        for unknown in ("nobody@example.org", "ada.enrolled@example.org"):
            with pytest.raises(Conflict, match="no user"):
                memberships.enroll(project, unknown, actor=project.owner)
        with pytest.raises(Forbidden):
            memberships.enroll(project, ada.email, actor=ada)
        made = memberships.enroll(project, ada.email, actor=project.owner)
        assert (made.state, made.initialized) == (MembershipState.ACCEPTED, True)
        with pytest.raises(Conflict, match="a member already"):
            memberships.enroll(project, ada.email, actor=project.owner)

    def test_nobody_inactive_is_let_in(self) -> None:
        project, ada = an_approved(a_user()), a_user()
        made = memberships.join(project, ada)
        users.deactivate(ada)
        with pytest.raises(Conflict, match="not active"):
            memberships.act(made, ACCEPT, actor=project.owner)

    def test_projects_out_of_use_take_nobody(self) -> None:
        project = an_approved(a_user(), member_join_policy=1)
        project_states.act(project, ProjectAction.TERMINATE)
        with pytest.raises(Conflict, match="terminated"):
            memberships.join(project, a_user())


class TestGoing:
    """Leaving and being removed."""

    def test_whoever_leaves_loses_the_limit_and_the_default_project(self) -> None:
        project, ada = an_approved(a_user(), member_join_policy=1), a_user()
        made = memberships.join(project, ada)
        projects.set_default(ada, project)
        memberships.act(made, LEAVE, actor=ada)
        fresh = users.find(ada.uuid)
        assert seat(project, ada).state == MembershipState.REMOVED
        assert fresh.default_project == fresh.base_project
        assert limits_of(project, ada) == 0

    def test_moderated_leaving_waits_for_the_owner(self) -> None:
        project, ada = an_approved(a_user(), member_join_policy=1, member_leave_policy=2), a_user()
        made = memberships.join(project, ada)
        memberships.act(made, LEAVE, actor=ada)
        assert seat(project, ada).state == MembershipState.LEAVE_REQUESTED
        assert limits_of(project, ada) == 2
        assert any("wants to leave" in subject for _, subject in mails())
        memberships.act(made, REMOVE, actor=project.owner)
        assert limits_of(project, ada) == 0

    def test_a_closed_leave_policy_holds_everybody(self) -> None:
        project, ada = an_approved(a_user(), member_join_policy=1, member_leave_policy=3), a_user()
        made = memberships.join(project, ada)
        for action, actor in ((LEAVE, ada), (REMOVE, project.owner)):
            with pytest.raises(Conflict, match="leave"):
                memberships.act(made, action, actor=actor)
        assert allowed(made, ada) == []

    def test_only_the_member_and_administrators_leave_for_somebody(self) -> None:
        project, ada = an_approved(a_user(), member_join_policy=1), a_user()
        made = memberships.join(project, ada)
        with pytest.raises(Forbidden):
            memberships.act(made, LEAVE, actor=project.owner)
        memberships.act(made, LEAVE, actor=a_user(admin=True))

    def test_suspension_is_for_administrators(self) -> None:
        project, ada = an_approved(a_user(), member_join_policy=1), a_user()
        made = memberships.join(project, ada)
        with pytest.raises(Forbidden):
            memberships.act(made, MembershipAction.SUSPEND, actor=project.owner)
        memberships.act(made, MembershipAction.SUSPEND, actor=a_user(admin=True))
        assert limits_of(project, ada) == 0
        memberships.act(made, MembershipAction.UNSUSPEND, actor=a_user(admin=True))
        assert limits_of(project, ada) == 2


def test_a_whole_project_is_not_touched_for_one_member() -> None:
    project = an_approved(a_user(), member_join_policy=1)
    for user in (a_user(), a_user()):
        memberships.join(project, user)
    Project.objects.filter(pk=project.pk).update(description="as it was")
    made = memberships.join(project, a_user())
    assert (made.initialized, limits_of(project)) == (True, 10)
