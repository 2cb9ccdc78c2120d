"""Users, projects, domains and roles as Identity v3 shows them. Spec: openstack-api 4.2, 4.4.

Administrators see everybody; others see themselves and the projects that they are in.
"""

from typing import Any

from django.db.models import Q, QuerySet

from synnefo.astakos.api.identity_v3 import schemas, views
from synnefo.astakos.models import Project, User
from synnefo.astakos.models.projects import ProjectState
from synnefo.astakos.usecases import callers, logins, projects, users
from synnefo.kit.faults import Forbidden, ItemNotFound, Unauthorized
from synnefo.serve.http import Call

Body = dict[str, Any]


def _listed(call: Call, name: str, items: list[Any]) -> Body:
    query = call.request.META.get("QUERY_STRING", "")
    here = views.address(call.path.rstrip("/")) + (f"?{query}" if query else "")
    return {name: items, "links": schemas.Links(here)}


def _other_domain(call: Call) -> bool:
    return call.arg("domain_id", schemas.DOMAIN_ID) not in {schemas.DOMAIN_ID, "", "None"}


def _wanted(call: Call) -> bool | None:
    text = call.arg("enabled")
    return None if text is None else text.lower() not in {"false", "0", "no"}


def visible_projects(call: Call) -> "QuerySet[Project]":
    """Keep the projects that a caller may see."""
    known = Project.objects.exclude(state__in=(ProjectState.UNINITIALIZED, ProjectState.DELETED))
    if not call.who.is_admin:
        user = callers.user_of(call.who)
        known = known.filter(pk__in=Project.objects.usable_by(user.pk).values("pk"))
    return known.select_related("system_user").order_by("pk")


def visible_users(call: Call) -> "QuerySet[User]":
    """Keep the users that a caller may see."""
    known = User.objects.verified().select_related("default_project").order_by("pk")
    return known if call.who.is_admin else known.filter(uuid=call.who.user_id)


def list_projects(call: Call) -> Body:
    """List projects, by name, state or domain if asked."""
    found = visible_projects(call)
    name, enabled = call.arg("name"), _wanted(call)
    if name is not None:
        found = found.filter(
            Q(realname=name) | Q(is_base=True, system_user__username=name.lower())
        )
    if enabled is not None:
        normal = Q(state=ProjectState.NORMAL)
        found = found.filter(normal if enabled else ~normal)
    items = [] if _other_domain(call) else [views.of_project(project) for project in found]
    return _listed(call, "projects", items)


def show_project(call: Call, project_id: str) -> Body:
    """Show one project."""
    project = visible_projects(call).filter(uuid=project_id).first()
    if project is None:
        raise ItemNotFound(f"There is no project with the id {project_id}.")
    return {"project": views.of_project(project)}


def list_own_projects(call: Call) -> Body:
    """List the projects that a token may be got for, the default one first."""
    user = callers.user_of(call.who)
    return _listed(call, "projects", [views.of_project(p) for p in projects.of_user(user)])


def list_projects_of(call: Call, user_id: str) -> Body:
    """List the projects that a user is in; for the user and for administrators."""
    callers.check_self_or_admin(call.who, user_id)
    user = User.objects.verified().filter(uuid=user_id).first()
    if user is None:
        raise ItemNotFound(f"There is no user with the id {user_id}.")
    return _listed(call, "projects", [views.of_project(p) for p in projects.of_user(user)])


def list_users(call: Call) -> Body:
    """List users, by name or state if asked; others than administrators see themselves."""
    found = visible_users(call)
    name, enabled = call.arg("name"), _wanted(call)
    if name is not None:
        found = found.filter(username=name.lower())
    if enabled is not None:
        found = found.filter(is_active=enabled)
    items = [] if _other_domain(call) else [views.of_user(user) for user in found]
    return _listed(call, "users", items)


def show_user(call: Call, user_id: str) -> Body:
    """Show one user."""
    user = visible_users(call).filter(uuid=user_id).first()
    if user is None:
        raise ItemNotFound(f"There is no user with the id {user_id}.")
    return {"user": views.of_user(user)}


def change_password(call: Call, user_id: str, body: schemas.PasswordChangeBody) -> None:
    """Change a password by the old one; the tokens got before end."""
    if call.who.user_id != user_id:
        raise Forbidden("Only the user may change this password; operators use user-modify.")
    try:
        user = logins.by_password(user_id, body.user.original_password, call.address)
    except Unauthorized as fault:
        raise Unauthorized("The original password is wrong.") from fault
    users.set_password(user, body.user.password)


def list_domains(call: Call) -> Body:
    """List the one domain that there is."""
    name = call.arg("name")
    matches = name is None or name.lower() == schemas.DOMAIN_NAME.lower()
    return _listed(call, "domains", [views.domain()] if matches else [])


def show_domain(call: Call, domain_id: str) -> Body:
    """Show the one domain that there is."""
    del call
    if domain_id != schemas.DOMAIN_ID:
        raise ItemNotFound(f"There is no domain with the id {domain_id}.")
    return {"domain": views.domain()}


def list_roles(call: Call) -> Body:
    """List the roles."""
    name = call.arg("name")
    found = [role for role in views.ROLES if name is None or role == name.lower()]
    return _listed(call, "roles", [views.of_role(role) for role in found])


def show_role(call: Call, role_id: str) -> Body:
    """Show one role."""
    del call
    for name in views.ROLES:
        if views.role(name).id == role_id:
            return {"role": views.of_role(name)}
    raise ItemNotFound(f"There is no role with the id {role_id}.")


def show_catalog(call: Call) -> Body:
    """Show the catalogue for the caller's project."""
    return _listed(call, "catalog", list(views.catalog_for(call.who.project_id)))


def list_system(call: Call) -> Body:
    """List the system scopes that the caller may ask for: none."""
    return _listed(call, "system", [])
