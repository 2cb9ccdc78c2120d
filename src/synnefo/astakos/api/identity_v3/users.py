"""Users over HTTP. Spec: openstack-api 4.2, 4.4.

Administrators see everybody, those of a domain all in it, others themselves.
"""

from typing import Any

from django.db.models import Q, QuerySet

from synnefo.astakos.api.identity_v3 import bodies, fields, policy, shapes
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.models import Group, Project, User
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.usecases import (
    domains,
    identity_projects,
    identity_users,
    logins,
    projects,
    second_factors,
    users,
)
from synnefo.kit.faults import BadRequest, ItemNotFound, Unauthorized
from synnefo.serve.http import Call


def list_users(call: Call) -> Body:
    """List users, by name, domain or state if asked.

    For administrators and readers; others find themselves by name.
    """
    known: QuerySet[User] = User.objects.verified().filter(deleted_at=None)
    known = known.select_related("default_project")
    domain = call.arg("domain_id")
    if domain not in {None, "", "None"}:
        known = known.filter(domain_id=domain)
    enabled = shapes.truth(call, "enabled")
    if enabled is not None:
        known = known.filter(is_active=enabled)
    if not policy.may_read_all(call.who):
        known = _few(call, known)
    name = call.arg("name")
    if name is not None:
        known = known.filter(Q(name__iexact=name) | Q(name="", username=name.lower()))
    few = shapes.users_after_marker(call, known)
    found = shapes.by_name(call, few, identity_users.shown_name)
    return shapes.listed(call, "users", map(shapes.of_user, found), begun=True)


def show_user(call: Call, user_id: str) -> Body:
    """Show one user."""
    return {"user": shapes.of_user(_seen(call, user_id))}


def create_user(call: Call, body: bodies.UserBody) -> Body:
    """Make a user who can sign in at once."""
    known, extra = fields.read(body.user, bodies.UserFields)
    facts = fields.told(known)
    domain_id = facts.get("domain_id") or call.who.domain_id or DEFAULT
    policy.check_manage(call, domain_id)
    domains.find(domain_id)
    person = identity_users.NewPerson(
        name=shapes.required(facts.get("name"), "name", 190),
        domain_id=domain_id,
        email=facts.get("email") or "",
        password=facts.get("password") or "",
        enabled=facts.get("enabled", True),
        description=facts.get("description") or "",
        default_project=_default_project(facts.get("default_project_id")),
        options=facts.get("options", {}),
        extra=extra,
    )
    return {"user": shapes.of_user(identity_users.create(person))}


def update_user(call: Call, user_id: str, body: bodies.UserBody) -> Body:
    """Change a user; a password given here takes the place of the old one at once."""
    user = identity_users.find(user_id)
    policy.check_manage_user(call, user)
    known, extra = fields.read(body.user, bodies.UserFields)
    changes = _changes(user, fields.told(known))
    if extra:
        changes["extra"] = {**user.extra, **extra}
    return {"user": shapes.of_user(identity_users.update(user, changes))}


def delete_user(call: Call, user_id: str) -> None:
    """End a user whose quota is not in use; their usage and history stay."""
    user = identity_users.find(user_id)
    policy.check_manage_user(call, user)
    identity_users.delete(user)


def change_password(call: Call, user_id: str, body: bodies.UserBody) -> None:
    """Change a password by the old one, which is all that this needs; tokens got before end."""
    known, _ = fields.read(body.user, bodies.UserFields)
    facts = fields.told(known)
    if not facts.get("password") or not isinstance(facts.get("original_password"), str):
        raise BadRequest("Send 'original_password' and 'password'.")
    try:
        user = logins.by_password(
            user_id, facts["original_password"], call.address, may_be_due=True
        )
    except Unauthorized as fault:
        raise Unauthorized("The original password is wrong.") from fault
    holder = call.caller is not None and call.caller.user_id == user.uuid
    if second_factors.is_on(user) and not holder:
        raise Unauthorized("The account has a second factor. Send a token of the user too.")
    if facts["password"] == facts["original_password"]:
        raise BadRequest("The new password is the old one. Choose another.")
    users.set_password(user, facts["password"])


def list_projects_of(call: Call, user_id: str) -> Body:
    """List the projects in which a user has a role; for the user and for administrators."""
    if call.who.user_id != user_id:
        policy.check_read(call, call.who.domain_id)
    user = _seen(call, user_id)
    found = shapes.by_name(call, projects.of_user(user), lambda project: project.display_name)
    return shapes.listed(call, "projects", map(shapes.of_project, found))


def list_groups_of(call: Call, user_id: str) -> Body:
    """List the groups that a user is in."""
    user = _seen(call, user_id)
    mine = Group.objects.filter(seats__user=user).order_by("name")
    found = shapes.by_name(call, mine, lambda group: group.name)
    return shapes.listed(call, "groups", map(shapes.of_group, found))


def _few(call: Call, known: "QuerySet[User]") -> "QuerySet[User]":
    """Keep who a caller may list: those of their domain, or themselves by name."""
    if policy.may_read(call.who, call.who.domain_id):
        return known.filter(domain_id=call.who.domain_id)
    own = known.filter(uuid=call.who.user_id)
    policy.own_by_name(call, list(own), identity_users.shown_name)
    return own


def _seen(call: Call, user_id: str) -> User:
    user = identity_users.find(user_id)
    if call.who.user_id != user.uuid and not policy.may_read(call.who, user.domain_id):
        raise ItemNotFound(f"There is no user with the id {user_id}.")
    return user


def _changes(user: User, facts: dict[str, Any]) -> dict[str, Any]:
    """Answer what may be changed of what a body names; a user stays in their domain."""
    if facts.pop("domain_id", user.domain_id) != user.domain_id:
        raise BadRequest("A user stays in their domain.")
    for unused in ("original_password", "password_expires_at"):
        facts.pop(unused, None)
    if "name" in facts:
        shapes.required(facts["name"], "name", 190)
    if "description" in facts:
        facts["description"] = facts["description"] or ""
    if "default_project_id" in facts:
        facts["default_project"] = _default_project(facts.pop("default_project_id"))
    return facts


def _default_project(project_id: str | None) -> Project | None:
    """Answer the project that is named; as in Keystone, one that is not there counts as none."""
    if not project_id:
        return None
    try:
        return identity_projects.find(project_id)
    except ItemNotFound:
        return None
