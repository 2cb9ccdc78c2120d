"""Trusts over HTTP. Spec: openstack-api 4.4 (OS-TRUST)."""

import msgspec

from synnefo.astakos.api.identity_v3 import policy, shapes
from synnefo.astakos.api.identity_v3.application_credentials import (
    RoleWish,
    moment,
    named_roles,
    pairs,
)
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.models import Project, Trust, User
from synnefo.astakos.usecases import sessions, tokens, trusts
from synnefo.astakos.usecases.trusts import NewTrust
from synnefo.kit.clock import stamp_micro
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound
from synnefo.serve.http import Call


class TrustWish(msgspec.Struct, kw_only=True):
    """What a trust should be."""

    trustor_user_id: str
    trustee_user_id: str
    impersonation: bool
    project_id: str | None = None
    expires_at: str | None = None
    remaining_uses: int | None = None
    roles: list[RoleWish] | None = None
    allow_redelegation: bool = False
    redelegation_count: int | None = None


class TrustBody(msgspec.Struct):
    """The body of `POST /OS-TRUST/trusts`."""

    trust: TrustWish


def list_trusts(call: Call) -> Body:
    """List trusts by giver or by who got them; all of them only for administrators."""
    found = Trust.objects.in_force().exclude(remaining_uses=0)
    found = found.select_related("trustor", "trustee", "project", "redelegated_from")
    asked = False
    for argument, field in (("trustor_user_id", "trustor"), ("trustee_user_id", "trustee")):
        wanted = call.arg(argument)
        if wanted is not None:
            asked = asked or wanted == call.who.user_id
            found = found.filter(**{f"{field}__uuid": wanted})
    if not asked:
        policy.check_read_all(call)
    return shapes.listed(call, "trusts", [_trust(row, roles=False) for row in found])


def create_trust(call: Call, body: TrustBody) -> Body:
    """Let another user act for the caller in one project, with some of the caller's roles."""
    if call.who.is_service:
        raise Forbidden("A component has nobody to trust.")
    sessions.check_person(call.who)
    wish = body.trust
    trustee = User.objects.verified().filter(uuid=wish.trustee_user_id, deleted_at=None).first()
    if trustee is None:
        raise ItemNotFound(f"There is no user with the id {wish.trustee_user_id}.")
    if wish.redelegation_count is not None and wish.redelegation_count < 0:
        raise BadRequest("redelegation_count cannot be negative.")
    wanted = NewTrust(
        trustor=wish.trustor_user_id,
        trustee=trustee,
        impersonation=wish.impersonation,
        project=_project(wish.project_id),
        expires_at=moment(wish.expires_at),
        remaining_uses=wish.remaining_uses,
        roles=pairs(wish.roles),
        allow_redelegation=wish.allow_redelegation,
        redelegation_count=wish.redelegation_count,
    )
    made = trusts.create(tokens.find(call.who.token), wanted)
    return {"trust": _trust(made, roles=True)}


def show_trust(call: Call, trust_id: str) -> Body:
    """Show a trust to who gave it, who got it, and administrators."""
    return {"trust": _trust(_find(call, trust_id), roles=True)}


def delete_trust(call: Call, trust_id: str) -> None:
    """End a trust, those handed on from it, and every token got by them."""
    row = _find(call, trust_id)
    if row.trustor.uuid != call.who.user_id:
        policy.check_operator(call)
    if call.who.trust or call.who.is_restricted:
        raise Forbidden("A token got by a trust or an application credential cannot end it.")
    trusts.delete(row)


def list_trust_roles(call: Call, trust_id: str) -> Body:
    """List the roles that a trust gives."""
    return shapes.listed(call, "roles", _roles(_find(call, trust_id)))


def show_trust_role(call: Call, trust_id: str, role_id: str) -> Body:
    """Show a role that a trust gives."""
    for role in _roles(_find(call, trust_id)):
        if role["id"] == role_id:
            return {"role": role}
    raise ItemNotFound(f"The trust does not give the role {role_id}.")


def _find(call: Call, trust_id: str) -> Trust:
    if policy.may_read_all(call.who):
        return trusts.find(trust_id)
    return trusts.concerning(call.who.user_id, trust_id)


def _project(uuid: str | None) -> Project | None:
    if uuid is None:
        return None
    project = Project.objects.filter(uuid=uuid).first()
    if project is None:
        raise ItemNotFound(f"There is no project with the id {uuid}.")
    return project


def _roles(row: Trust) -> list[Body]:
    return [
        {"id": role.id, "name": role.name, "links": shapes.link(f"/roles/{role.id}")}
        for role in named_roles(row.role_ids)
    ]


def _trust(row: Trust, *, roles: bool) -> Body:
    path = f"/OS-TRUST/trusts/{row.uuid}"
    parent = row.redelegated_from
    shown: Body = {
        "id": row.uuid,
        "trustor_user_id": row.trustor.uuid,
        "trustee_user_id": row.trustee.uuid,
        "project_id": row.project.uuid if row.project is not None else None,
        "impersonation": row.impersonation,
        "expires_at": stamp_micro(row.expires_at) if row.expires_at is not None else None,
        "deleted_at": None,
        "remaining_uses": row.remaining_uses,
        "redelegation_count": row.redelegation_count,
        "redelegated_trust_id": parent.uuid if parent is not None else None,
        "links": shapes.link(path),
    }
    if roles:
        shown["roles"] = _roles(row)
        shown["roles_links"] = {
            "self": shapes.address(f"{path}/roles"),
            "previous": None,
            "next": None,
        }
    return shown
