"""Memberships over HTTP. Spec: identity 9.6 to 9.8."""

import msgspec

from synnefo.astakos.api.account import project_views as views
from synnefo.astakos.api.account.project_schemas import MembershipId, NewMembership
from synnefo.astakos.api.account.projects import reason_in
from synnefo.astakos.api.bodies import check_json
from synnefo.astakos.domain.memberships import MembershipAction
from synnefo.astakos.usecases import callers, memberships, project_search, projects
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound
from synnefo.serve.http import Call, Reply

ACTIONS = ("leave", "cancel", "accept", "reject", "remove")


def list_memberships(call: Call) -> list[dict[str, object]]:
    """List the caller's memberships and those of projects they own; of one `project` if asked."""
    viewer = project_search.viewer_of(callers.user_of(call.who))
    rows = project_search.memberships_of(viewer, call.arg("project"))
    return views.memberships(rows, viewer)


def become_member(call: Call, body: NewMembership) -> MembershipId:
    """Join a project, or enroll somebody in one's own."""
    check_json(call)
    user = callers.user_of(call.who)
    if (body.join is None) == (body.enroll is None):
        raise BadRequest("Send either 'join' or 'enroll'.")
    if body.join is not None:
        project = projects.find(str(body.join.project))
        return MembershipId(memberships.join(project, user).pk)
    assert body.enroll is not None
    try:
        project = projects.find(str(body.enroll.project))
    except ItemNotFound as fault:
        raise Conflict(fault.message) from fault
    return MembershipId(memberships.enroll(project, body.enroll.user, actor=user).pk)


def show_membership(call: Call, membership_id: int) -> dict[str, object]:
    """Show one membership to the member, the project's owner and administrators."""
    user = callers.user_of(call.who)
    found = memberships.find(membership_id)
    memberships.check_view(found, user)
    return views.memberships([found], project_search.viewer_of(user))[0]


def act_on_membership(call: Call, membership_id: int, body: dict[str, msgspec.Raw]) -> Reply:
    """Leave, cancel, accept, reject or remove; the value is the reason."""
    check_json(call)
    user = callers.user_of(call.who)
    given = [name for name in body if name in ACTIONS]
    if len(given) != 1:
        raise BadRequest(f"Send exactly one of {', '.join(ACTIONS)}.")
    action, reason = MembershipAction(given[0]), reason_in(body[given[0]])
    memberships.act(memberships.find(membership_id), action, actor=user, reason=reason)
    return Reply()
