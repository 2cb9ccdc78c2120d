"""Unified limits over HTTP. Spec: openstack-api 4.4."""

from synnefo.astakos.api.identity_v3 import bodies, fields, policy, shapes
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.usecases import identity_projects, unified_limits
from synnefo.astakos.usecases.unified_limits import Limit, Registered
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound
from synnefo.serve.http import Call

REGISTERED = "Components register their resources; here only their default limits are changed."


def show_model(call: Call) -> Body:
    """Tell how limits of projects hang together: not at all."""
    del call
    told = "Every project has limits of its own; those below it have theirs."
    return {"model": {"name": "flat", "description": told}}


def list_registered(call: Call) -> Body:
    """List the resources with the limits that projects get at first."""
    items = [_registered(one) for one in unified_limits.registered()]
    return _filtered(call, "registered_limits", items)


def show_registered(call: Call, limit_id: str) -> Body:
    """Show one resource with the limit that projects get at first."""
    del call
    return {"registered_limit": _registered(unified_limits.find_registered(limit_id))}


def create_registered(call: Call) -> None:
    """Refuse to make a resource."""
    policy.check_operator(call)
    raise Forbidden(REGISTERED)


def update_registered(call: Call, limit_id: str, body: bodies.RegisteredLimitBody) -> Body:
    """Change the limit that projects get at first."""
    policy.check_operator(call)
    one = unified_limits.find_registered(limit_id)
    known, _ = fields.read(body.registered_limit, bodies.RegisteredLimitFields)
    facts = fields.told(known)
    same = (("service_id", one.service_id), ("resource_name", one.resource.name))
    if any(facts.get(name, value) != value for name, value in same):
        raise Forbidden(REGISTERED)
    if "default_limit" in facts:
        unified_limits.set_default(one, facts["default_limit"])
    return show_registered(call, limit_id)


def delete_registered(call: Call, limit_id: str) -> None:
    """Refuse to delete a resource."""
    policy.check_operator(call)
    unified_limits.find_registered(limit_id)
    raise Forbidden(REGISTERED)


def list_limits(call: Call) -> Body:
    """List the limits that differ from the first ones: all for readers, else of one's project."""
    wanted = call.arg("project_id")
    if not policy.may_read_all(call.who):
        wanted = call.who.project_id or "none"
    try:
        project = identity_projects.find(wanted) if wanted else None
    except ItemNotFound:
        return _filtered(call, "limits", [])
    items = [_limit(one) for one in unified_limits.limits(project)]
    return _filtered(call, "limits", items)


def show_limit(call: Call, limit_id: str) -> Body:
    """Show one limit."""
    return {"limit": _limit(_seen(call, limit_id))}


def create_limits(call: Call, body: bodies.LimitsBody) -> Body:
    """Give projects limits of their own."""
    policy.check_operator(call)
    made = []
    for wanted in body.limits:
        if wanted.domain_id is not None or wanted.project_id is None:
            raise BadRequest("Limits are of projects: name one in 'project_id'.")
        project = identity_projects.find(wanted.project_id)
        facts = (wanted.service_id, wanted.resource_name, wanted.resource_limit)
        made.append(unified_limits.add(project, *facts))
    return shapes.listed(call, "limits", map(_limit, made))


def update_limit(call: Call, limit_id: str, body: bodies.LimitBody) -> Body:
    """Change a project's limit."""
    policy.check_operator(call)
    limit = unified_limits.find(limit_id)
    known, _ = fields.read(body.limit, bodies.LimitFields)
    amount = fields.told(known).get("resource_limit", limit.value)
    return {"limit": _limit(unified_limits.change(limit, amount))}


def delete_limit(call: Call, limit_id: str) -> None:
    """Let a project have again what projects get at first."""
    policy.check_operator(call)
    unified_limits.remove(unified_limits.find(limit_id))


def _seen(call: Call, limit_id: str) -> Limit:
    limit = unified_limits.find(limit_id)
    if not policy.may_read_all(call.who) and limit.project.uuid != call.who.project_id:
        raise ItemNotFound(f"There is no limit with the id {limit_id}.")
    return limit


def _filtered(call: Call, name: str, items: list[Body]) -> Body:
    for argument in ("service_id", "region_id", "resource_name"):
        wanted = call.arg(argument)
        if wanted is not None:
            items = [item for item in items if (item[argument] or "") == wanted]
    return shapes.listed(call, name, items)


def _registered(one: Registered) -> Body:
    return {
        "id": one.id,
        "service_id": one.service_id,
        "region_id": None,
        "resource_name": one.resource.name,
        "default_limit": one.default,
        "description": one.resource.desc,
        "links": shapes.link(f"/registered_limits/{one.id}"),
    }


def _limit(one: Limit) -> Body:
    return {
        "id": one.id,
        "project_id": one.project.uuid,
        "domain_id": None,
        "service_id": one.registered.service_id,
        "region_id": None,
        "resource_name": one.registered.resource.name,
        "resource_limit": one.value,
        "description": one.registered.resource.desc,
        "links": shapes.link(f"/limits/{one.id}"),
    }
