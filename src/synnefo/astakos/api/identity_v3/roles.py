"""Roles and what they imply over HTTP. Spec: openstack-api 4.4."""

from typing import Any

from synnefo.astakos.api.identity_v3 import bodies, fields, policy, shapes
from synnefo.astakos.api.identity_v3.domains import plain
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.models import Role, RoleInference
from synnefo.astakos.usecases import domains, grants, roles
from synnefo.kit.faults import BadRequest, Forbidden
from synnefo.serve.http import Call


def list_roles(call: Call) -> Body:
    """List the roles of all domains, or those of one domain."""
    roles.ensure()
    domain = call.arg("domain_id")
    if domain in {None, "None"}:
        domain = ""
    if domain:
        policy.check_read(call, domain)
    known = Role.objects.filter(domain_id=domain).order_by("name")
    found = shapes.by_name(call, known, lambda role: role.name)
    return shapes.listed(call, "roles", map(shapes.of_role, found))


def show_role(call: Call, role_id: str) -> Body:
    """Show one role."""
    return {"role": shapes.of_role(_seen(call, role_id))}


def create_role(call: Call, body: bodies.RoleBody) -> Body:
    """Make a role; with a domain it counts in that domain only."""
    known, extra = fields.read(body.role, bodies.RoleFields)
    facts = plain(known)
    name = shapes.required(facts.pop("name", None), "name", 255)
    domain_id = facts.pop("domain_id", None) or ""
    policy.check_operator(call)
    if domain_id:
        domains.find(domain_id)
    return {"role": shapes.of_role(roles.create(name, domain_id, **facts, extra=extra))}


def update_role(call: Call, role_id: str, body: bodies.RoleBody) -> Body:
    """Change a role."""
    policy.check_operator(call)
    role = roles.find(role_id)
    known, extra = fields.read(body.role, bodies.RoleFields)
    changes = plain(known)
    if (changes.pop("domain_id", role.domain_id) or "") != role.domain_id:
        raise BadRequest("A role stays in its domain.")
    if "name" in changes:
        shapes.required(changes["name"], "name", 255)
    if extra:
        changes["extra"] = {**role.extra, **extra}
    roles.update(role, changes)
    return {"role": shapes.of_role(role)}


def delete_role(call: Call, role_id: str) -> None:
    """Delete a role with all that were given."""
    policy.check_operator(call)
    grants.drop_role(roles.find(role_id))


def list_inferences(call: Call) -> Body:
    """List all that roles imply."""
    policy.check_read_all(call)
    roles.ensure()
    rows = RoleInference.objects.select_related("prior", "implied").order_by("prior__name", "pk")
    found: dict[str, Body] = {}
    for row in rows:
        rule = found.setdefault(row.prior.uuid, {"prior_role": _ref(row.prior), "implies": []})
        rule["implies"].append(_ref(row.implied))
    return shapes.whole(call, "role_inferences", found.values())


def list_implied(call: Call, role_id: str) -> Body:
    """List what one role implies itself."""
    policy.check_read_all(call)
    prior = roles.find(role_id)
    rows = prior.implies.select_related("implied").order_by("pk")
    implied = [_ref(row.implied) for row in rows]
    link = shapes.link(f"/roles/{prior.uuid}/implies")
    return {"role_inference": {"prior_role": _ref(prior), "implies": implied}, "links": link}


def show_implied(call: Call, role_id: str, implied_id: str) -> Body:
    """Show that one role implies another."""
    policy.check_read_all(call)
    prior, implied = roles.find(role_id), roles.find(implied_id)
    roles.find_inference(prior, implied)
    return _rule(prior, implied)


def check_implied(call: Call, role_id: str, implied_id: str) -> None:
    """Tell whether one role implies another."""
    show_implied(call, role_id, implied_id)


def create_implied(call: Call, role_id: str, implied_id: str) -> Body:
    """Let one role imply another."""
    policy.check_operator(call)
    prior, implied = roles.find(role_id), roles.find(implied_id)
    if implied.domain_id and not prior.domain_id:
        raise Forbidden("A role of all domains cannot imply a role of one domain.")
    roles.imply(prior, implied)
    return _rule(prior, implied)


def delete_implied(call: Call, role_id: str, implied_id: str) -> None:
    """End that one role implies another."""
    policy.check_operator(call)
    grants.imply_no_more(roles.find(role_id), roles.find(implied_id))


def _seen(call: Call, role_id: str) -> Role:
    role = roles.find(role_id)
    if role.domain_id:
        policy.check_read(call, role.domain_id)
    return role


def _ref(role: Role) -> dict[str, Any]:
    return {
        "id": role.uuid,
        "name": role.name,
        "links": shapes.link(f"/roles/{role.uuid}"),
    }


def _rule(prior: Role, implied: Role) -> Body:
    link = shapes.link(f"/roles/{prior.uuid}/implies/{implied.uuid}")
    return {"role_inference": {"prior_role": _ref(prior), "implies": _ref(implied)}, "links": link}
