"""A program that dies at each database statement of an operation; started by its test.

Usage: python -m tests.usecase.astakos.killed_while OPERATION. Prints, as JSON, how many
statements the operation has and what stood in the database after each death.
"""

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.django_settings")
django.setup()

from django.db import connections  # noqa: E402 - Django is set up first

from synnefo.astakos.domain.applications import ApplicationAction, Capacity, Wish  # noqa: E402
from synnefo.astakos.domain.memberships import MembershipAction  # noqa: E402
from synnefo.astakos.domain.projects import ProjectAction  # noqa: E402
from synnefo.astakos.models import (  # noqa: E402
    AuditEntry,
    Holding,
    Project,
    ProjectApplication,
    ProjectLog,
    ProjectMembership,
    ProjectMembershipLog,
    QueuedErrand,
)
from synnefo.astakos.usecases import (  # noqa: E402
    applications,
    limits,
    memberships,
    project_checks,
    project_states,
    users,
)
from synnefo.kit.faults import Fault  # noqa: E402
from tests.support.astakos import a_user  # noqa: E402
from tests.support.projects import (  # noqa: E402
    VM,
    a_wish,
    an_application,
    an_approved,
    seat,
    the_resources,
)

COUNTED = (
    *(Project, ProjectApplication, ProjectMembership, ProjectLog, ProjectMembershipLog),
    *(AuditEntry, QueuedErrand),
)


NEVER = 10**9


class Scene:
    """People, a project with a member and one who waits, and two applications."""

    def __init__(self) -> None:
        the_resources()
        self.owner, self.member, self.asking = a_user(), a_user(), a_user()
        self.project = an_approved(self.owner)
        memberships.enroll(self.project, self.member.email)
        memberships.join(self.project, self.asking)
        self.new = an_application(self.owner)
        wish = Wish(resources={VM: Capacity(1, 4)})
        self.change = applications.apply_to_modify(self.project, wish, self.owner)

    def operations(self) -> dict[str, Callable[[], Any]]:
        """Name everything that must be whole or not at all."""
        act, decide, move = memberships.act, applications.act, project_states.act
        asking, member = seat(self.project, self.asking), seat(self.project, self.member)
        return {
            "apply": lambda: applications.apply(a_wish("fresh.gr"), self.owner),
            "approve": lambda: decide(self.new, ApplicationAction.APPROVE),
            "approve_change": lambda: decide(self.change, ApplicationAction.APPROVE),
            "deny": lambda: decide(self.new, ApplicationAction.DENY),
            "accept": lambda: act(asking, MembershipAction.ACCEPT),
            "remove": lambda: act(member, MembershipAction.REMOVE),
            "terminate": lambda: move(self.project, ProjectAction.TERMINATE),
            "deactivate": lambda: users.deactivate(self.owner),
        }


def standing() -> str:
    """Write down how everything stands, so that two standings can be compared."""
    counts = [kind._default_manager.count() for kind in COUNTED]
    states = [
        list(Project.objects.order_by("pk").values_list("state", "name")),
        list(ProjectApplication.objects.order_by("pk").values_list("state", flat=True)),
        list(ProjectMembership.objects.order_by("pk").values_list("state", flat=True)),
        list(Holding.objects.order_by("pk").values_list("limit", "usage_min", "usage_max")),
    ]
    return json.dumps([counts, states])


def states_of(found: str) -> object:
    """Answer the states of a standing without its counts, which a repeated act makes grow."""
    return json.loads(found)[1]


def agreement() -> list[str]:
    """Answer what projects and ledger disagree about, before and after the sweep."""
    found = [str(one) for one in (*limits.verify(), *project_checks.miscounts())]
    project_checks.settle()
    return found + [str(one) for one in (*limits.verify(), *project_checks.miscounts())]


def dying_at(step: int, operation: Callable[[], Any]) -> bool:
    """Run an operation in a child that dies before its statement `step`; False: it had fewer."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        counted = 0

        def die(execute: Any, *arguments: Any) -> Any:
            nonlocal counted
            counted += 1
            if counted == step:
                os._exit(7)
            return execute(*arguments)

        with suppress(Fault), connections["astakos"].execute_wrapper(die):
            operation()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 7


def main(name: str) -> None:
    """Do it all on a database of one's own, gone afterwards."""
    creation = connections["astakos"].creation
    usual = str(connections["astakos"].settings_dict["NAME"])
    creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        die_at_each(name)
    finally:
        creation.destroy_test_db(usual, verbosity=0)


def die_at_each(name: str) -> None:
    """Die at every statement in turn until the operation takes hold, then let it end."""
    operation = Scene().operations()[name]
    before, step = standing(), 1
    problems = agreement()
    while (died := dying_at(step, operation)) and standing() == before:
        step += 1
    held = standing()
    problems += agreement()
    if died:
        dying_at(NEVER, operation)
    told = {
        "statements": step - 1,
        "whole": states_of(held) == states_of(standing()),
        "changed": states_of(held) != states_of(before),
        "problems": problems + agreement(),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
