"""From rows to what Identity v3 shows of domains, projects, users, groups and roles."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import QuerySet

from synnefo.astakos.api.discovery import base_url
from synnefo.astakos.models import Domain, Group, Project, Role, User
from synnefo.astakos.models.projects import ProjectState
from synnefo.astakos.usecases import identity_users, passwords
from synnefo.kit.clock import stamp_micro
from synnefo.kit.faults import BadRequest
from synnefo.serve.http import Call
from synnefo.serve.http.paging import limit_of, marker_of

Body = dict[str, Any]
T = TypeVar("T")
_FALSE = {"false", "0", "no", "off"}
_NAME_TESTS: dict[str, Callable[[str, str], bool]] = {
    "name": lambda name, wanted: name.lower() == wanted.lower(),
    "name__contains": lambda name, wanted: wanted in name,
    "name__icontains": lambda name, wanted: wanted.lower() in name.lower(),
    "name__startswith": lambda name, wanted: name.startswith(wanted),
    "name__istartswith": lambda name, wanted: name.lower().startswith(wanted.lower()),
    "name__endswith": lambda name, wanted: name.endswith(wanted),
    "name__iendswith": lambda name, wanted: name.lower().endswith(wanted.lower()),
}


def address(path: str) -> str:
    """Answer the public address of something below Identity v3."""
    return f"{base_url()}/identity/v3{path}"


def link(path: str) -> Body:
    """Answer where a thing is."""
    return {"self": address(path)}


def whole(call: Call, name: str, items: Iterable[Any]) -> Body:
    """Wrap a list of things without ids, all of it."""
    links = {"self": _here(call), "previous": None, "next": None}
    return {name: list(items), "links": links}


def listed(call: Call, name: str, items: Iterable[Body], *, begun: bool = False) -> Body:
    """Wrap a list: all of it, or the page after `marker` with at most `limit` things.

    `begun` tells that the items begin after the marker already. BadRequest for a marker that
    is not in the list. Spec: openstack-api 1.
    """
    limit, marker = limit_of(call), marker_of(call)
    if marker is not None and not begun:
        items = _after(items, marker)
    page = list(items if limit is None else islice(items, limit + 1))
    links = {"self": _here(call), "previous": None, "next": None}
    if limit and len(page) > limit:
        del page[limit:]
        links["next"] = _here(call, marker=page[-1]["id"])
    return {name: page[:limit], "links": links}


def users_after_marker(call: Call, users: QuerySet[User]) -> QuerySet[User]:
    """Let the database begin a list of users, of whom there are many, where its page does."""
    marker = marker_of(call)
    users = users.order_by("pk")
    if marker is None:
        return users
    found = users.filter(uuid=marker).first()
    if found is None:
        raise _no_marker(marker)
    return users.filter(pk__gt=found.pk)


def _after(items: Iterable[Any], marker: str) -> Iterator[Any]:
    rest = iter(items)
    for item in rest:
        if item["id"] == marker:
            return rest
    raise _no_marker(marker)


def _no_marker(marker: str) -> BadRequest:
    return BadRequest(f"Nothing in this list has the id '{marker}', which 'marker' names.")


def _here(call: Call, **changes: str) -> str:
    """Answer the address of this list, with other values in its query."""
    query = call.meta.get("QUERY_STRING", "")
    if changes:
        query = urlencode({**call.query, **changes}, doseq=True)
    return address(call.path.rstrip("/")) + (f"?{query}" if query else "")


def truth(call: Call, name: str) -> bool | None:
    """Read a flag of the query, which may stand there without a value; None when absent."""
    text = call.arg(name)
    return None if text is None else text.lower() not in _FALSE


def by_name(call: Call, items: Iterable[T], name_of: Callable[[T], str]) -> list[T]:
    """Keep what has the name, or the part of one, that the query asks for."""
    kept = list(items)
    for argument, test in _NAME_TESTS.items():
        wanted = call.arg(argument)
        if wanted is not None:
            kept = [item for item in kept if test(name_of(item), wanted)]
    return kept


def required(text: str | None, what: str, longest: int = 64) -> str:
    """Answer a text that must be there and not too long."""
    if text is None or not text.strip() or len(text) > longest:
        raise BadRequest(f"Give a {what} of 1 to {longest} characters.")
    return text


def of_domain(domain: Domain) -> Body:
    """Describe a domain."""
    return {
        **domain.extra,
        "id": domain.pk,
        "name": domain.name,
        "description": domain.description,
        "enabled": domain.enabled,
        "tags": domain.tags,
        "options": domain.options,
        "links": link(f"/domains/{domain.pk}"),
    }


def of_domain_as_project(domain: Domain) -> Body:
    """Describe a domain as the project that stands above its projects."""
    told = {"is_domain": True, "domain_id": None, "parent_id": None}
    return {**of_domain(domain), **told, "links": link(f"/projects/{domain.pk}")}


def of_project(project: Project) -> Body:
    """Describe a project."""
    return {
        **project.extra,
        "id": project.uuid,
        "name": project.display_name,
        "domain_id": project.domain_id,
        "description": project.description,
        "enabled": project.state == ProjectState.NORMAL,
        "is_domain": False,
        "parent_id": project.parent.uuid if project.parent is not None else project.domain_id,
        "tags": project.tags,
        "options": project.options,
        "links": link(f"/projects/{project.uuid}"),
    }


def of_user(user: User) -> Body:
    """Describe a user; never the password."""
    expires = passwords.expires_at(user)
    return {
        **user.extra,
        "id": user.uuid,
        "name": identity_users.shown_name(user),
        "domain_id": user.domain_id,
        "email": identity_users.address_of(user),
        "enabled": user.is_active,
        "description": user.description or user.realname,
        "default_project_id": user.default_project.uuid if user.default_project else None,
        "password_expires_at": None if expires == passwords.NEVER else stamp_micro(expires),
        "options": user.options,
        "links": link(f"/users/{user.uuid}"),
    }


def of_group(group: Group) -> Body:
    """Describe a group."""
    return {
        **group.extra,
        "id": group.uuid,
        "name": group.name,
        "domain_id": group.domain_id,
        "description": group.description,
        "links": link(f"/groups/{group.uuid}"),
    }


def of_role(role: Role) -> Body:
    """Describe a role."""
    return {
        **role.extra,
        "id": role.uuid,
        "name": role.name,
        "domain_id": role.domain_id or None,
        "description": role.description,
        "options": role.options,
        "links": link(f"/roles/{role.uuid}"),
    }
