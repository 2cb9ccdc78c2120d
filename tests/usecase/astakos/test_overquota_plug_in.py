"""The operator's module that is told of changes by which somebody may be over quota.

Spec: identity 4.10.
"""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from synnefo.astakos.domain.memberships import MembershipAction
from synnefo.astakos.domain.projects import ProjectAction
from synnefo.astakos.models import DATABASE, Holding, Project, ProjectMembership
from synnefo.astakos.settings import ProjectSettings
from synnefo.astakos.usecases import commissions, memberships, overquota, project_states
from synnefo.kit import conf
from synnefo.wire.provisions import charge
from tests.support.astakos import a_project, a_resource, a_user
from tests.support.projects import seat

pytestmark = pytest.mark.django_db(databases=[DATABASE], transaction=True)
NAME, VM = "an_operators_quota_policy", "cyclades.vm"


class Policy(ModuleType):
    """A plug-in that marks memberships whose holder uses more than they may."""

    def __init__(self) -> None:
        super().__init__(NAME)
        self.told: list[str] = []

    def check_state_membership(self, membership: ProjectMembership, action: str) -> None:
        """Look at one member."""
        self.told.append(action)
        self._mark([membership])

    def check_state_projects(self, projects: list[Project], action: str) -> None:
        """Look at all members of some projects."""
        self.told.append(action)
        self._mark(list(ProjectMembership.objects.filter(project__in=projects)))

    def _mark(self, seats: list[ProjectMembership]) -> None:
        for one in seats:
            held = Holding.objects.filter(
                holder=f"user:{one.person.uuid}", source=f"project:{one.project.uuid}"
            )
            over = any(row.usage_max > row.limit for row in held)
            one.overquota_state = "OVER" if over else "OK"
            one.save(update_fields=["overquota_state"])


@pytest.fixture
def policy() -> Iterator[Policy]:
    """Install the plug-in as an operator does: by its name in the settings."""
    found = Policy()
    sys.modules[NAME] = found
    overquota._imported.cache_clear()
    with conf.override(ProjectSettings, quota_policy_module=NAME):
        yield found
    del sys.modules[NAME]
    overquota._imported.cache_clear()


def test_it_is_told_after_the_limits_are_set_in_the_same_transaction(policy: Policy) -> None:
    a_resource()
    user = a_user()
    project = a_project(user, limit=5)
    order = commissions.Order(charge(user.uuid, project.uuid, VM, 3), auto_accept=True)
    commissions.issue("cyclades", order)
    project_states.act(project, ProjectAction.SUSPEND)
    assert seat(project, user).overquota_state == "OVER"
    project_states.act(project, ProjectAction.UNSUSPEND)
    assert seat(project, user).overquota_state == "OK"
    memberships.act(seat(project, user), MembershipAction.REMOVE)
    assert policy.told == ["SUSPEND", "UNSUSPEND", "REMOVE"]
    assert seat(project, user).overquota_state == "OVER"


def test_what_it_refuses_does_not_happen(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    a_resource()
    user = a_user()
    project = a_project(user)

    def refuse(*_: object) -> None:
        raise RuntimeError("not today")

    monkeypatch.setattr(policy, "check_state_projects", refuse)
    with pytest.raises(RuntimeError, match="not today"):
        project_states.act(project, ProjectAction.SUSPEND)
    assert Project.objects.get(pk=project.pk).state == project.state
    assert Holding.objects.get(holder=f"project:{project.uuid}").limit == 10


def test_a_module_that_cannot_be_imported_is_none() -> None:
    overquota._imported.cache_clear()
    with conf.override(ProjectSettings, quota_policy_module="no.such.module"):
        assert overquota.plug_in() is None
    overquota._imported.cache_clear()
