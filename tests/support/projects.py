"""Projects and applications for tests, with good defaults."""

import itertools
from datetime import timedelta

from synnefo.astakos.domain.applications import ApplicationAction, Capacity, Wish
from synnefo.astakos.models import (
    Holding,
    Project,
    ProjectApplication,
    ProjectMembership,
    QueuedErrand,
    User,
)
from synnefo.astakos.usecases import applications
from synnefo.kit.clock import now
from synnefo.wire.provisions import project_holder, user_holder
from tests.support.astakos import a_resource

_numbers = itertools.count(1)
VM = "cyclades.vm"


def the_resources(*, waiting: int = 5) -> None:
    """Register machines and the count of waiting applications."""
    a_resource(VM, limit=5)
    a_resource("astakos.pending_app", limit=waiting)


def a_wish(name: str | None = None, **changes: object) -> Wish:
    """Make what an application for a new project asks for."""
    asked = {
        "name": f"project{next(_numbers)}.example.org" if name is None else name,
        "end_date": now() + timedelta(days=90),
        "resources": {VM: Capacity(2, 10)},
        **changes,
    }
    return Wish(**asked)  # type: ignore[arg-type]  # names and values come from the test


def an_application(
    applicant: User, name: str | None = None, **changes: object
) -> ProjectApplication:
    """Apply for a project."""
    return applications.apply(a_wish(name, **changes), applicant)


def an_approved(owner: User, name: str | None = None, **changes: object) -> Project:
    """Make a project by the road that everybody takes."""
    made = an_application(owner, name, **changes)
    return applications.act(made, ApplicationAction.APPROVE).chain


def seat(project: Project, user: User) -> ProjectMembership:
    """Answer somebody's membership as it is now."""
    return ProjectMembership.objects.select_related("project", "person").get(
        project=project, person=user
    )


def limits_of(project: Project, user: User | None = None, resource: str = VM) -> int:
    """Answer the limit in force of a project, or of a member of it."""
    whole = project_holder(project.uuid)
    if user is None:
        return Holding.objects.get(holder=whole, source="", resource=resource).limit
    mine = Holding.objects.get(holder=user_holder(user.uuid), source=whole, resource=resource)
    return mine.limit


def waiting(user: User) -> int:
    """Answer how many applications of somebody's are counted as waiting."""
    mine, whole = user_holder(user.uuid), project_holder(user.uuid)
    held = Holding.objects.get(holder=mine, source=whole, resource="astakos.pending_app")
    pool = Holding.objects.get(holder=whole, source="", resource="astakos.pending_app")
    assert held.usage_max == held.usage_min == pool.usage_max == pool.usage_min
    return held.usage_max


def mails() -> list[tuple[str, str]]:
    """List the mails that wait to be sent: recipient and subject."""
    rows = QueuedErrand.objects.filter(name="astakos.send_mail").order_by("pk")
    return [(row.arguments["recipient"], row.arguments["subject"]) for row in rows]
