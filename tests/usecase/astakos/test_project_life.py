"""The life of projects and of applications for them. Spec: identity 3.3, 3.4, 25.9 to 25.13."""

from datetime import timedelta

import pytest

from synnefo.astakos.domain import ledger
from synnefo.astakos.domain.applications import ApplicationAction, ApplicationState, Capacity, Wish
from synnefo.astakos.domain.memberships import MembershipAction, MembershipState
from synnefo.astakos.domain.projects import ProjectAction, ProjectState
from synnefo.astakos.models import AuditEntry, Project, ProjectApplication, ProjectLog
from synnefo.astakos.settings import ProjectSettings
from synnefo.astakos.usecases import (
    applications,
    commissions,
    limits,
    memberships,
    pending_apps,
    project_states,
    projects,
    users,
)
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict, Forbidden
from synnefo.serve.mail_settings import MailSettings
from synnefo.wire import provisions
from tests.support.astakos import a_project, a_resource, a_user, usage
from tests.support.projects import (
    VM,
    a_wish,
    an_application,
    an_approved,
    limits_of,
    mails,
    seat,
    the_resources,
    waiting,
)

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)

APPROVE, DENY = ApplicationAction.APPROVE, ApplicationAction.DENY
CANCEL, DISMISS = ApplicationAction.CANCEL, ApplicationAction.DISMISS


@pytest.fixture(autouse=True)
def _resources() -> None:
    the_resources()


def state_of(project: Project) -> ProjectState:
    """Answer the state that is stored."""
    return ProjectState(Project.objects.get(pk=project.pk).state)


class TestApplying:
    """Asking for a project."""

    def test_it_waits_with_the_wishes_on_it_and_is_counted(self) -> None:
        ada = a_user()
        made = an_application(ada, "physics.example.org", description="Λέιζερ")
        project = made.chain
        assert state_of(project) is ProjectState.UNINITIALIZED
        assert (project.realname, project.name) == ("physics.example.org", None)
        assert project.last_application == made
        assert project.description == "Λέιζερ"
        assert project.grants.get(resource__name=VM).member_capacity == 2
        assert waiting(ada) == 1

    def test_the_limit_of_waiting_applications_is_told(self) -> None:
        ada = a_user()
        projects.modify(ada.base_project, {}, {"astakos.pending_app": (1, 1)})
        an_application(ada)
        assert not pending_apps.allowance(ada).fits
        with pytest.raises(Conflict, match="limit of 1 applications"):
            an_application(ada)
        assert Project.objects.filter(is_base=False).count() == 1
        assert waiting(ada) == 1

    def test_administrators_are_not_held_by_it(self) -> None:
        boss = a_user(admin=True)
        projects.modify(boss.base_project, {}, {"astakos.pending_app": (0, 0)})
        an_application(boss)
        assert waiting(boss) == 1

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"name": "no-dots"}, "like a domain name"),
            ({"name": "x" * 78 + ".gr"}, "80|domain"),
            ({"name": ""}, "name"),
            ({"end_date": None}, "end_date"),
            ({"end_date": now() - timedelta(days=1)}, "passed"),
            ({"start_date": now() + timedelta(days=900)}, "before it starts"),
            ({"limit_on_members_number": -1}, "limit on members"),
            ({"homepage": "javascript:alert(1)"}, "http"),
            ({"description": "x" * 4097}, "4096"),
            ({"resources": {VM: Capacity(3, 2)}}, "cyclades.vm"),
            ({"resources": {"no.such": Capacity(1, 2)}}, "no.such"),
            ({"owner": "nobody"}, "nobody"),
        ],
    )
    def test_nonsense_is_refused(self, changes: dict[str, object], told: str) -> None:
        ada = a_user()
        asked = {"name": "a.example.org", **changes}
        with pytest.raises(BadRequest, match=told):
            applications.apply(a_wish(**asked), ada)
        assert waiting(ada) == 0

    def test_those_who_decide_are_told(self) -> None:
        desk = [("Desk", "desk@example.org")]
        with conf.override(MailSettings, helpdesk=desk, managers=desk):
            made = an_application(a_user(), "physics.example.org")
            applications.act(made, APPROVE)
        told = [subject for to, subject in mails() if to == "desk@example.org"]
        assert ["application for the project" in told[0], "was approved" in told[1]] == [True] * 2


class TestDeciding:
    """Approving, denying, cancelling, dismissing."""

    def test_approval_brings_everything_into_force(self) -> None:
        ada = a_user()
        a_resource("cyclades.ram", limit=7)
        made = an_application(ada, "physics.example.org")
        applications.act(made, APPROVE, reason="good work")
        project = Project.objects.get(pk=made.chain_id)
        assert (project.state, project.name) == (ProjectState.NORMAL, "physics.example.org")
        assert limits_of(project) == 10
        assert project.grants.count() == 3
        assert waiting(ada) == 0
        fresh = ProjectApplication.objects.get(pk=made.pk)
        assert (fresh.state, fresh.response) == (ApplicationState.APPROVED, "good work")
        assert [(log.from_state, log.to_state) for log in project.log.order_by("pk")] == [
            (None, 0),
            (0, 1),
        ]
        assert ("Your project" in mails()[-1][1]) or "your project" in mails()[-1][1]
        assert AuditEntry.objects.filter(act="application.approved").count() == 1

    def test_only_administrators_decide(self) -> None:
        ada, boss = a_user(), a_user(admin=True)
        made = an_application(ada)
        for action in (APPROVE, DENY):
            with pytest.raises(Forbidden):
                applications.act(made, action, actor=ada)
        with conf.override(ProjectSettings, astakos_project_admins=frozenset({ada.uuid})):
            applications.act(made, DENY, actor=ada, reason="no money")
        with pytest.raises(Forbidden):
            applications.act(made, DISMISS, actor=a_user())
        applications.act(made, DISMISS, actor=boss)
        assert state_of(made.chain) is ProjectState.DELETED

    def test_a_second_decision_is_refused(self) -> None:
        made = an_application(a_user())
        applications.act(made, APPROVE)
        for action in (APPROVE, DENY, CANCEL, DISMISS):
            with pytest.raises(Conflict, match="is approved"):
                applications.act(made, action)

    def test_denied_waits_to_be_dismissed(self) -> None:
        ada = a_user()
        made = an_application(ada)
        applications.act(made, DENY, reason="no money")
        assert state_of(made.chain) is ProjectState.UNINITIALIZED
        assert waiting(ada) == 0
        assert any(to == ada.email and "denied" in subject for to, subject in mails())
        applications.act(made, DISMISS, actor=ada)
        assert state_of(made.chain) is ProjectState.DELETED

    def test_the_applicant_cancels(self) -> None:
        ada = a_user()
        made = an_application(ada)
        applications.act(made, CANCEL, actor=ada)
        assert state_of(made.chain) is ProjectState.DELETED
        assert waiting(ada) == 0

    def test_the_first_of_two_with_one_name_wins(self) -> None:
        first, second = an_application(a_user(), "x.gr"), an_application(a_user(), "x.gr")
        applications.act(first, APPROVE)
        with pytest.raises(Conflict, match=first.chain.uuid):
            applications.act(second, APPROVE)
        assert ProjectApplication.objects.get(pk=second.pk).state == ApplicationState.PENDING
        assert waiting(second.applicant) == 1


class TestModifying:
    """Asking for changes, and making them directly."""

    def test_only_what_is_given_changes(self) -> None:
        ada = a_user()
        project = an_approved(ada, description="old", homepage="http://old.example.org")
        wish = Wish(description="new", resources={VM: Capacity(3, 30)})
        made = applications.apply_to_modify(project, wish, ada)
        assert state_of(project) is ProjectState.NORMAL
        applications.act(made, APPROVE)
        fresh = Project.objects.get(pk=project.pk)
        assert (fresh.description, fresh.homepage) == ("new", "http://old.example.org")
        assert limits_of(project) == 30

    def test_a_second_one_replaces_the_first_and_refunds_its_applicant(self) -> None:
        ada, boss = a_user(), a_user(admin=True)
        project = an_approved(ada)
        first = applications.apply_to_modify(project, Wish(description="a"), ada)
        assert (waiting(ada), waiting(boss)) == (1, 0)
        second = applications.apply_to_modify(project, Wish(description="b"), boss)
        assert (waiting(ada), waiting(boss)) == (0, 1)
        assert ProjectApplication.objects.get(pk=first.pk).state == ApplicationState.REPLACED
        with pytest.raises(Conflict, match="not the project's last"):
            applications.act(first, APPROVE)
        applications.act(second, DENY)
        applications.act(second, DISMISS)
        assert state_of(project) is ProjectState.NORMAL

    def test_replacing_ones_own_fits_at_the_limit(self) -> None:
        ada = a_user()
        project = an_approved(ada)
        projects.modify(ada.base_project, {}, {"astakos.pending_app": (1, 1)})
        applications.apply_to_modify(project, Wish(description="a"), ada)
        assert pending_apps.allowance(ada, project.pk).fits
        applications.apply_to_modify(project, Wish(description="b"), ada)
        assert waiting(ada) == 1

    def test_strangers_and_unapproved_projects_are_refused(self) -> None:
        ada = a_user()
        waits = an_application(ada).chain
        with pytest.raises(Forbidden):
            applications.apply_to_modify(waits, Wish(description="a"), a_user())
        with pytest.raises(Conflict, match="never approved"):
            applications.apply_to_modify(waits, Wish(description="a"), ada)

    def test_a_terminated_project_comes_back_only_under_a_free_name(self) -> None:
        ada = a_user()
        project = an_approved(ada, "x.gr")
        project_states.act(project, ProjectAction.TERMINATE)
        other = an_approved(a_user(), "x.gr")
        made = applications.apply_to_modify(project, Wish(description="again"), ada)
        with pytest.raises(Conflict, match=other.uuid):
            applications.act(made, APPROVE)
        renamed = applications.apply_to_modify(project, Wish(name="y.gr"), ada)
        applications.act(renamed, APPROVE)
        fresh = Project.objects.get(pk=project.pk)
        assert (fresh.state, fresh.name) == (ProjectState.NORMAL, "y.gr")

    def test_a_system_project_keeps_what_is_its_users(self) -> None:
        boss = a_user(admin=True)
        with pytest.raises(Conflict, match="system project"):
            applications.apply_to_modify(boss.base_project, Wish(name="x.gr"), boss)
        with pytest.raises(BadRequest, match="system project"):
            projects.modify(boss.base_project, {"homepage": "http://a.gr"})
        made = applications.apply_to_modify(
            boss.base_project, Wish(resources={VM: Capacity(9, 9)}), boss
        )
        applications.act(made, APPROVE)
        assert limits_of(boss.base_project, boss) == 9

    def test_a_direct_rename_must_find_the_name_free(self) -> None:
        project, other = an_approved(a_user(), "x.gr"), an_approved(a_user(), "y.gr")
        with pytest.raises(Conflict, match=other.uuid):
            projects.modify(project, {"realname": "y.gr"})
        projects.modify(project, {"realname": "z.gr"})
        assert Project.objects.get(pk=project.pk).name == "z.gr"


class TestStates:
    """Suspended, terminated and back."""

    def test_suspension_takes_the_limits_and_keeps_the_usage(self) -> None:
        ada = a_user()
        project = an_approved(ada, member_join_policy=1)
        memberships.join(project, ada)
        project_states.act(project, ProjectAction.SUSPEND, reason="unpaid")
        assert (limits_of(project), limits_of(project, ada)) == (0, 0)
        project_states.act(project, ProjectAction.UNSUSPEND)
        assert (limits_of(project), limits_of(project, ada)) == (10, 2)
        told = [subject for to, subject in mails() if to == ada.email]
        assert "was suspended" in told[-2]
        assert "works again" in told[-1]

    def test_termination_frees_the_name_and_sends_members_home(self) -> None:
        ada = a_user()
        project = an_approved(ada, "x.gr", member_join_policy=1)
        memberships.join(project, ada)
        projects.set_default(ada, project)
        project_states.act(project, ProjectAction.TERMINATE)
        fresh = users.find(ada.uuid)
        assert fresh.default_project == fresh.base_project
        other = an_approved(a_user(), "x.gr")
        with pytest.raises(Conflict, match=other.uuid):
            project_states.act(project, ProjectAction.REINSTATE)
        project_states.act(other, ProjectAction.TERMINATE)
        project_states.act(project, ProjectAction.REINSTATE)
        assert Project.objects.get(pk=project.pk).name == "x.gr"
        assert project_states.deactivated_at(Project.objects.get(pk=project.pk)) is None
        assert project_states.deactivated_at(Project.objects.get(pk=other.pk)) is not None

    def test_what_a_state_does_not_allow_is_refused(self) -> None:
        project = an_approved(a_user())
        for action in (ProjectAction.UNSUSPEND, ProjectAction.REINSTATE):
            with pytest.raises(Conflict):
                project_states.act(project, action)
        with pytest.raises(Forbidden):
            project_states.act(project, ProjectAction.SUSPEND, actor=project.owner)
        with pytest.raises(Conflict, match="system project"):
            project_states.act(a_user().base_project, ProjectAction.TERMINATE)

    def test_the_expired_are_terminated_together(self) -> None:
        project, lasting = an_approved(a_user()), an_approved(a_user())
        Project.objects.filter(pk=project.pk).update(end_date=now() - timedelta(days=1))
        assert [one.pk for one in project_states.expired()] == [project.pk]
        project_states.terminate_expired(reason="ran out")
        assert (state_of(project), state_of(lasting)) == (100, 1)
        assert ProjectLog.objects.filter(project=project).latest("pk").reason == "ran out"


class TestDeactivatedUsers:
    """Projects and memberships of those who are put to rest. Spec: identity 3.7, 25.13."""

    def test_they_are_suspended_and_come_back(self) -> None:
        ada, boss = a_user(), a_user(admin=True)
        mine, other = an_approved(ada), an_approved(boss, member_join_policy=1)
        memberships.join(other, ada)
        users.deactivate(ada)
        assert state_of(mine) is ProjectState.SUSPENDED
        assert state_of(ada.base_project) is ProjectState.SUSPENDED
        assert seat(other, ada).state == MembershipState.SUSPENDED
        assert limits_of(other, ada) == 0
        users.activate(ada)
        assert state_of(mine) is state_of(ada.base_project) is ProjectState.NORMAL
        assert seat(other, ada).state == MembershipState.ACCEPTED
        assert (limits_of(other, ada), limits_of(ada.base_project, ada)) == (2, 5)
        assert limits.verify() == []

    def test_what_was_suspended_for_another_reason_stays_so(self) -> None:
        ada, boss = a_user(), a_user(admin=True)
        mine, other = an_approved(ada), an_approved(boss, member_join_policy=1)
        memberships.join(other, ada)
        memberships.act(seat(other, ada), MembershipAction.SUSPEND, reason="misuse")
        project_states.act(mine, ProjectAction.SUSPEND, reason="unpaid")
        users.deactivate(ada)
        users.activate(ada)
        assert state_of(mine) is ProjectState.SUSPENDED
        assert seat(other, ada).state == MembershipState.SUSPENDED


def test_limits_agree_with_projects_after_a_whole_life() -> None:
    ada, ben = a_user(), a_user()
    project = an_approved(ada, member_join_policy=1)
    for user in (ada, ben):
        memberships.join(project, user)
    memberships.act(seat(project, ben), MembershipAction.REMOVE, actor=ada)
    made = applications.apply_to_modify(project, Wish(resources={VM: Capacity(1, 4)}), ada)
    applications.act(made, APPROVE)
    a_project(ada, ben)
    assert limits.verify() == []


def test_a_resource_moves_from_one_project_to_another_in_one_commission() -> None:
    ada = a_user()
    project, own = an_approved(ada, member_join_policy=1), ada.base_project
    memberships.join(project, ada)
    used = provisions.charge(ada.uuid, own.uuid, VM, 2)
    commissions.issue("cyclades", commissions.Order(used, auto_accept=True))
    moved = [
        *provisions.charge(ada.uuid, own.uuid, VM, -2),
        *provisions.charge(ada.uuid, project.uuid, VM, 2),
    ]
    commissions.issue("cyclades", commissions.Order(moved, auto_accept=True))
    assert usage(ada, VM) == (0, 0)
    assert usage(ada, VM, project) == (2, 2)
    back = [*provisions.charge(ada.uuid, own.uuid, VM, 1), *moved[2:]]
    with pytest.raises(ledger.NoCapacity):
        commissions.issue("cyclades", commissions.Order(back, auto_accept=True))
    assert usage(ada, VM) == (0, 0)
