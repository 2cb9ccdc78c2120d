"""Several who decide at once about one project, name or seat. Spec: identity 21.3."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from synnefo.astakos.domain.applications import ApplicationAction, Wish
from synnefo.astakos.domain.memberships import MembershipAction, MembershipState
from synnefo.astakos.domain.projects import ProjectAction
from synnefo.astakos.models import Project, ProjectMembership
from synnefo.astakos.usecases import (
    applications,
    limits,
    memberships,
    project_checks,
    project_states,
    users,
)
from synnefo.kit.faults import Conflict
from tests.support.astakos import a_user
from tests.support.projects import an_application, an_approved, the_resources, waiting

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)


@pytest.fixture(autouse=True)
def _resources() -> None:
    the_resources()


def at_once(deeds: Sequence[Callable[[], object]]) -> list[str]:
    """Do things at the same moment; answer `done` or the name of what went wrong for each."""
    start = Barrier(len(deeds))

    def one(deed: Callable[[], object]) -> str:
        start.wait()
        try:
            deed()
        except Conflict:
            return "conflict"
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return sorted(pool.map(one, deeds))


def agrees() -> bool:
    """Tell whether ledger and projects say the same."""
    return not limits.verify() and not project_checks.miscounts()


def test_of_two_approvals_one_counts() -> None:
    made = an_application(a_user())
    told = at_once([lambda: applications.act(made, ApplicationAction.APPROVE)] * 4)
    assert told == ["conflict"] * 3 + ["done"]
    assert waiting(made.applicant) == 0
    assert agrees()


def test_of_several_with_one_name_one_gets_it() -> None:
    made = [an_application(a_user(), "same.gr") for _ in range(4)]
    deeds = [lambda one=one: applications.act(one, ApplicationAction.APPROVE) for one in made]
    assert at_once(deeds) == ["conflict"] * 3 + ["done"]
    assert Project.objects.filter(name="same.gr").count() == 1
    assert agrees()


def test_the_last_seat_is_given_once() -> None:
    project = an_approved(a_user(), member_join_policy=1, limit_on_members_number=2)
    people = [a_user() for _ in range(6)]
    at_once([lambda one=one: memberships.join(project, one) for one in people])
    seats = ProjectMembership.objects.filter(project=project)
    assert seats.filter(state=MembershipState.ACCEPTED).count() == 2
    assert seats.filter(state=MembershipState.REQUESTED).count() == 4
    assert agrees()


def test_a_person_who_joins_twice_has_one_seat() -> None:
    project, ada = an_approved(a_user()), a_user()
    assert at_once([lambda: memberships.join(project, ada)] * 4) == ["conflict"] * 3 + ["done"]
    assert ProjectMembership.objects.filter(project=project, person=ada).count() == 1


def test_several_changes_asked_for_at_once_leave_one_that_waits() -> None:
    ada = a_user()
    project = an_approved(ada)
    wishes = [Wish(description=str(n)) for n in range(4)]
    deeds = [lambda w=w: applications.apply_to_modify(project, w, ada) for w in wishes]
    assert at_once(deeds) == ["done"] * 4
    assert waiting(ada) == 1
    assert agrees()


def test_what_crosses_never_hangs_and_agrees_in_the_end() -> None:
    people = [a_user() for _ in range(3)]
    homes = [an_approved(person, member_join_policy=1) for person in people]
    for home in homes:
        for person in people:
            memberships.join(home, person)
    act, move = memberships.act, project_states.move
    seats = list(ProjectMembership.objects.filter(project__in=homes))
    deeds: list[Callable[[], object]] = [
        *[lambda p=p: users.deactivate(p) for p in people],
        *[lambda h=h: move(h, ProjectAction.SUSPEND, reason="unpaid") for h in homes],
        *[lambda s=s: act(s, MembershipAction.REMOVE) for s in seats],
    ]
    at_once(deeds)
    assert agrees()
