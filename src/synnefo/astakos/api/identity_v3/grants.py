"""Roles given and taken back over HTTP, plain and inherited. Spec: openstack-api 4.4."""

from synnefo.astakos.api.identity_v3 import policy, shapes
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.models import Role, User
from synnefo.astakos.usecases import (
    domains,
    grants,
    groups,
    identity_projects,
    identity_users,
    roles,
)
from synnefo.astakos.usecases.grants import Actor, Target
from synnefo.serve.http import Call, Route


def list_grants(call: Call, **where: str) -> Body:
    """List the roles that a user or group was given there."""
    actor, target = _parties(call, where)
    _check_read(call, actor, target)
    return shapes.listed(call, "roles", map(shapes.of_role, grants.given(actor, target)))


def check_grant(call: Call, role_id: str, **where: str) -> None:
    """Tell whether a user or group was given a role there."""
    actor, target = _parties(call, where)
    _check_read(call, actor, target)
    role = roles.find(role_id)
    if not grants.has(role, actor, target):
        raise grants.not_given(role)


def grant(call: Call, role_id: str, **where: str) -> None:
    """Give a user or group a role there."""
    actor, target = _parties(call, where)
    role = roles.find(role_id)
    _check_manage(call, role, actor, target)
    grants.grant(role, actor, target)


def revoke(call: Call, role_id: str, **where: str) -> None:
    """Take a role back from a user or group."""
    actor, target = _parties(call, where)
    role = roles.find(role_id)
    _check_manage(call, role, actor, target)
    grants.revoke(role, actor, target)


def routes() -> list[Route]:
    """Make the routes of every kind of target and of who may have a role."""
    found: list[Route] = []
    places = ("/projects/{project_id}", "/domains/{domain_id}", "/system")
    for place in places:
        for actor in ("/users/{user_id}", "/groups/{group_id}"):
            found += _routes(f"{place}{actor}/roles", "")
            if place != "/system":
                found += _routes(f"/OS-INHERIT{place}{actor}/roles", "/inherited_to_projects")
    return found


def _routes(roles_path: str, end: str) -> list[Route]:
    one = roles_path + "/{role_id}" + end
    return [
        Route("GET", f"{roles_path}{end}", list_grants),
        Route("GET", one, check_grant, status=204),
        Route("PUT", one, grant, status=204),
        Route("DELETE", one, revoke, status=204),
    ]


def _parties(call: Call, where: dict[str, str]) -> tuple[Actor, Target]:
    actor: Actor
    if "user_id" in where:
        actor = identity_users.find(where["user_id"])
    else:
        actor = groups.find(where["group_id"])
    inherited = call.path.startswith("/OS-INHERIT/")
    if "project_id" in where:
        project = identity_projects.find(where["project_id"])
        return actor, Target(project=project, inherited=inherited)
    if "domain_id" in where:
        domain = domains.find(where["domain_id"])
        return actor, Target(domain_id=domain.pk, inherited=inherited)
    return actor, Target(on_system=True)


def _place(target: Target) -> str:
    return target.project.domain_id if target.project is not None else target.domain_id


def _check_read(call: Call, actor: Actor, target: Target) -> None:
    if not (isinstance(actor, User) and call.who.user_id == actor.uuid):
        policy.check_read(call, _place(target))


def _check_manage(call: Call, role: Role, actor: Actor, target: Target) -> None:
    """Let a domain's administrators give its own people a domain's roles on its things."""
    if call.who.is_admin:
        return
    policy.check_manage(call, _place(target))
    policy.check_manage(call, actor.domain_id)
    policy.check_give(call, role)
