"""`GET /role_assignments` with its filters. Spec: openstack-api 4.4."""

from typing import Any

from synnefo.astakos.api.identity_v3 import policy, shapes
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.models import Domain
from synnefo.astakos.usecases import (
    domains,
    groups,
    identity_projects,
    identity_users,
    role_listings,
    roles,
)
from synnefo.astakos.usecases.role_listings import Line, Wanted
from synnefo.kit.faults import BadRequest
from synnefo.serve.http import Call

_PROJECT, _DOMAIN = "scope.project.id", "scope.domain.id"


def list_assignments(call: Call) -> Body:
    """List who has which roles where; effective ones and names if asked.

    A user may list their own; administrators and readers of a domain what is in it.
    """
    wanted = _wanted(call)
    _check(call, wanted)
    names = _Names() if shapes.truth(call, "include_names") else None
    lines = role_listings.listed(wanted)
    return shapes.whole(call, "role_assignments", [_told(line, names) for line in lines])


def _wanted(call: Call) -> Wanted:
    given = {name: call.arg(name) for name in ("user.id", "group.id", "role.id")}
    project, domain = call.arg(_PROJECT), call.arg(_DOMAIN)
    system = call.arg("scope.system")
    effective = bool(shapes.truth(call, "effective"))
    if effective and given["group.id"]:
        raise BadRequest("Effective assignments are of users. Leave group.id out.")
    if given["user.id"] and given["group.id"]:
        raise BadRequest("Ask for a user or for a group.")
    if sum(one is not None for one in (project, domain, system)) > 1:
        raise BadRequest("Ask for a project, for a domain or for the system.")
    with_subtree = bool(shapes.truth(call, "include_subtree"))
    if with_subtree and project is None:
        raise BadRequest("include_subtree needs scope.project.id.")
    return Wanted(
        user=identity_users.find(given["user.id"]) if given["user.id"] else None,
        group=groups.find(given["group.id"]) if given["group.id"] else None,
        role=roles.find(given["role.id"]) if given["role.id"] else None,
        project=identity_projects.find(project) if project else None,
        domain_id=domains.find(domain).pk if domain else "",
        on_system=system is not None,
        inherited=call.arg("scope.OS-INHERIT:inherited_to") is not None,
        with_subtree=with_subtree,
        effective=effective,
    )


def _check(call: Call, wanted: Wanted) -> None:
    if wanted.user is not None and wanted.user.uuid == call.who.user_id:
        return
    place = wanted.project.domain_id if wanted.project is not None else wanted.domain_id
    policy.check_read(call, place)


class _Names:
    """The names of domains, read once for a listing."""

    def __init__(self) -> None:
        domains.ensure()
        self._names = dict(Domain.objects.values_list("pk", "name"))

    def domain(self, domain_id: str) -> Body:
        """Name a domain."""
        return {"id": domain_id, "name": self._names.get(domain_id, domain_id)}


def _told(line: Line, names: _Names | None) -> Body:
    shown: Body = {"role": _role(line, names), "scope": _scope(line, names)}
    if line.user is not None:
        shown["user"] = {"id": line.user.uuid}
        if names is not None:
            shown["user"]["name"] = identity_users.shown_name(line.user)
            shown["user"]["domain"] = names.domain(line.user.domain_id)
    if line.group is not None:
        shown["group"] = {"id": line.group.uuid}
        if names is not None:
            shown["group"]["name"] = line.group.name
            shown["group"]["domain"] = names.domain(line.group.domain_id)
    return {**shown, "links": _links(line)}


def _role(line: Line, names: _Names | None) -> Body:
    shown: Body = {"id": line.role.uuid}
    if names is not None:
        shown["name"] = line.role.name
        if line.role.domain_id:
            shown["domain"] = names.domain(line.role.domain_id)
    return shown


def _scope(line: Line, names: _Names | None) -> Body:
    scope: Body = {}
    if line.project is not None:
        scope["project"] = {"id": line.project.uuid}
        if names is not None:
            scope["project"]["name"] = line.project.display_name
            scope["project"]["domain"] = names.domain(line.project.domain_id)
    elif line.on_system:
        scope["system"] = {"all": True}
    else:
        scope["domain"] = {"id": line.domain_id} if names is None else names.domain(line.domain_id)
    if line.inherited or line.source_domain or line.source_project is not None:
        scope["OS-INHERIT:inherited_to"] = "projects"
    return scope


def _links(line: Line) -> dict[str, Any]:
    """Answer the address of the assignment that a line comes from, and of what led to it."""
    role = line.prior or line.role
    group = line.group or line.via_group
    who = f"groups/{group.uuid}" if group is not None else f"users/{_user_id(line)}"
    inherited = line.inherited or line.source_domain or line.source_project is not None
    end = "/inherited_to_projects" if inherited else ""
    start = "/OS-INHERIT" if inherited else ""
    links = {"assignment": shapes.address(f"{start}{_place(line)}/{who}/roles/{role.uuid}{end}")}
    if line.via_group is not None:
        path = f"/groups/{line.via_group.uuid}/users/{_user_id(line)}"
        links["membership"] = shapes.address(path)
    if line.prior is not None:
        path = f"/roles/{line.prior.uuid}/implies/{line.role.uuid}"
        links["prior_role"] = shapes.address(path)
    return links


def _user_id(line: Line) -> str:
    return line.user.uuid if line.user is not None else ""


def _place(line: Line) -> str:
    if line.source_domain or (line.domain_id and line.source_project is None):
        return f"/domains/{line.source_domain or line.domain_id}"
    if line.on_system:
        return "/system"
    project = line.source_project or line.project
    return f"/projects/{project.uuid}" if project is not None else ""
