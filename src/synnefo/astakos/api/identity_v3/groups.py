"""Groups and their members over HTTP. Spec: openstack-api 4.4."""

from synnefo.astakos.api.identity_v3 import bodies, fields, policy, shapes
from synnefo.astakos.api.identity_v3.domains import plain
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.models import Group, User
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.usecases import domains, grants, groups, identity_users
from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.serve.http import Call


def list_groups(call: Call) -> Body:
    """List groups, by name or domain if asked."""
    known = Group.objects.order_by("name")
    domain = call.arg("domain_id")
    if not policy.may_read_all(call.who):
        domain = domain or call.who.domain_id or DEFAULT
        policy.check_read(call, domain)
    if domain not in {None, "", "None"}:
        known = known.filter(domain_id=domain)
    found = shapes.by_name(call, known, lambda group: group.name)
    return shapes.listed(call, "groups", map(shapes.of_group, found))


def show_group(call: Call, group_id: str) -> Body:
    """Show one group."""
    return {"group": shapes.of_group(_read(call, group_id))}


def create_group(call: Call, body: bodies.GroupBody) -> Body:
    """Make a group."""
    known, extra = fields.read(body.group, bodies.GroupFields)
    facts = plain(known)
    name = shapes.required(facts.pop("name", None), "name")
    domain_id = facts.pop("domain_id", None) or call.who.domain_id or DEFAULT
    policy.check_manage(call, domain_id)
    domains.find(domain_id)
    return {"group": shapes.of_group(groups.create(name, domain_id, **facts, extra=extra))}


def update_group(call: Call, group_id: str, body: bodies.GroupBody) -> Body:
    """Change a group."""
    group = _managed(call, group_id)
    known, extra = fields.read(body.group, bodies.GroupFields)
    changes = plain(known)
    if changes.pop("domain_id", group.domain_id) != group.domain_id:
        raise BadRequest("A group stays in its domain.")
    if "name" in changes:
        shapes.required(changes["name"], "name")
    if extra:
        changes["extra"] = {**group.extra, **extra}
    groups.update(group, changes)
    return {"group": shapes.of_group(group)}


def delete_group(call: Call, group_id: str) -> None:
    """Delete a group with the roles that it has."""
    grants.drop_group(_managed(call, group_id))


def list_members(call: Call, group_id: str) -> Body:
    """List the users in a group."""
    group = _read(call, group_id)
    found = group.members.filter(deleted_at=None).select_related("default_project")
    named = shapes.by_name(call, found.order_by("pk"), identity_users.shown_name)
    return shapes.listed(call, "users", map(shapes.of_user, named))


def check_member(call: Call, group_id: str, user_id: str) -> None:
    """Tell whether a user is in a group: the user may ask, and who may see the group."""
    group = groups.find(group_id)
    if call.who.user_id != user_id:
        policy.check_read(call, group.domain_id)
    if not group.seats.filter(user=identity_users.find(user_id)).exists():
        raise ItemNotFound("The user is not in the group.")


def add_member(call: Call, group_id: str, user_id: str) -> None:
    """Put a user into a group; the roles that the group has are theirs from now on."""
    group, user = _both(call, group_id, user_id)
    grants.put_in_group(group, user)


def remove_member(call: Call, group_id: str, user_id: str) -> None:
    """Take a user out of a group, with the roles that came of it."""
    group, user = _both(call, group_id, user_id)
    grants.take_out_of_group(group, user)


def _read(call: Call, group_id: str) -> Group:
    group = groups.find(group_id)
    policy.check_read(call, group.domain_id)
    return group


def _managed(call: Call, group_id: str) -> Group:
    """Answer a group that the caller may change: none that administers more than the caller."""
    group = groups.find(group_id)
    policy.check_manage(call, group.domain_id)
    if not call.who.is_admin:
        grants.check_group_not_above(group)
    return group


def _both(call: Call, group_id: str, user_id: str) -> tuple[Group, User]:
    return _managed(call, group_id), identity_users.find(user_id)
