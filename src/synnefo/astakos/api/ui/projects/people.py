"""Members of a project, one by one and many at once. Spec: identity 13.18, 13.19."""

from collections import defaultdict

from synnefo.astakos.api.ui.projects import views
from synnefo.astakos.api.ui.projects.pages import seen
from synnefo.astakos.api.ui.projects.schemas import (
    BulkBody,
    EnrollBody,
    MemberRow,
    MemberUsage,
    Outcomes,
)
from synnefo.astakos.domain.memberships import (
    ASSOCIATED,
    WORDS,
    MembershipAction,
    MembershipState,
)
from synnefo.astakos.models import Holding, Project, ProjectMembership
from synnefo.astakos.usecases import bulk_memberships, callers, project_rights, project_search
from synnefo.astakos.usecases.bulk_memberships import Deed
from synnefo.kit.faults import BadRequest
from synnefo.serve.http import Call
from synnefo.wire.provisions import project_holder

BULK = ("accept", "reject", "remove")


def list_members(call: Call, project_id: str) -> list[MemberRow]:
    """List who takes part or waits to, with what each uses, to the owner."""
    user = callers.user_of(call.who)
    project = seen(call, project_id)
    project_rights.check_owner(project, user)
    viewer = project_search.viewer_of(user)
    rows = ProjectMembership.objects.filter(project=project, state__in=ASSOCIATED)
    seats = list(rows.select_related("person", "project").order_by("person__email"))
    house = project_search.houses_of([project])[project.pk]
    dates, usage = project_search.dates_of(seats), _usage(project)
    return [
        MemberRow(
            id=seat.pk,
            person=views.person(seat.person, viewer, with_email=True),
            state=WORDS[MembershipState(seat.state)],
            since=dates[seat.pk].get(WORDS[MembershipState(seat.state)]),
            actions=[
                str(one) for one in project_search.allowed(viewer, seat, house) if one in BULK
            ],
            usage=usage[seat.person.uuid],
        )
        for seat in seats
    ]


def act_on_members(call: Call, project_id: str, body: BulkBody) -> Outcomes:
    """Accept, reject or remove several members; `preview` only tells what would happen."""
    if body.action not in BULK:
        raise BadRequest(f"'action' must be one of {', '.join(BULK)}.")
    user = callers.user_of(call.who)
    deed = Deed(MembershipAction(body.action), user, body.reason, body.preview)
    return Outcomes(bulk_memberships.act(seen(call, project_id), body.members, deed))


def enroll_members(call: Call, project_id: str, body: EnrollBody) -> Outcomes:
    """Enroll people by their e-mail addresses; `preview` only tells what would happen."""
    deed = Deed(MembershipAction.ENROLL, callers.user_of(call.who), "", body.preview)
    return Outcomes(bulk_memberships.enroll(seen(call, project_id), body.emails, deed))


def _usage(project: Project) -> dict[str, dict[str, MemberUsage]]:
    found: dict[str, dict[str, MemberUsage]] = defaultdict(dict)
    rows = Holding.objects.filter(source=project_holder(project.uuid), usage_max__gt=0)
    for row in rows:
        uuid = row.holder.removeprefix("user:")
        found[uuid][row.resource] = MemberUsage(row.usage_max, row.limit)
    return found
