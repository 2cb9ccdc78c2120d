"""Projects over HTTP, their place among others, and their tags. Spec: openstack-api 4.4."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from synnefo.astakos.api.identity_v3 import bodies, fields, policy, shapes
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.models import Domain, Project
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.models.projects import ProjectState
from synnefo.astakos.usecases import (
    assignments,
    callers,
    domain_ends,
    domains,
    identity_projects,
    projects,
)
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound
from synnefo.serve.http import Call


def list_projects(call: Call) -> Body:
    """List projects, by name, place, state or tags if asked.

    For administrators and readers; others find their own by name, and list them by
    `GET /auth/projects`.
    """
    if shapes.truth(call, "is_domain"):
        return _list_domains(call)
    found = _visible(call)
    for name in ("domain_id", "parent_id"):
        found = _in_place(found, name, call.arg(name))
    enabled = shapes.truth(call, "enabled")
    if enabled is not None:
        found = [one for one in found if (one.state == ProjectState.NORMAL) is enabled]
    found = shapes.by_name(call, found, lambda project: project.display_name)
    found = _tagged(call, found)
    return shapes.listed(call, "projects", map(shapes.of_project, found))


def show_project(call: Call, project_id: str) -> Body:
    """Show one project, with those above and below it if asked."""
    domain = Domain.objects.filter(pk=project_id).first()
    if domain is not None:
        policy.check_read(call, domain.pk)
        return {"project": shapes.of_domain_as_project(domain)}
    project = _seen(call, project_id)
    return {"project": {**shapes.of_project(project), **_kin(call, project)}}


def create_project(call: Call, body: bodies.ProjectBody) -> Body:
    """Make a project, or a domain if `is_domain` says so."""
    known, extra = fields.read(body.project, bodies.ProjectFields)
    facts = fields.told(known)
    name = shapes.required(facts.get("name"), "name")
    tags = fields.checked_tags(facts.get("tags", []))
    if facts.get("is_domain"):
        return {"project": _create_domain(call, facts, extra)}
    parent = _parent(facts.get("parent_id"))
    domain_id = facts.get("domain_id") or _domain_of(call, parent, facts.get("parent_id"))
    policy.check_manage(call, domain_id)
    domains.find(domain_id)
    wanted = identity_projects.NewProject(
        name=name,
        domain_id=domain_id,
        description=facts.get("description") or "",
        enabled=facts.get("enabled", True),
        parent=parent,
        tags=tags,
        options=facts.get("options", {}),
        extra=extra,
    )
    return {"project": shapes.of_project(identity_projects.create(wanted))}


def update_project(call: Call, project_id: str, body: bodies.ProjectBody) -> Body:
    """Change a project; disabling it stops everybody in it."""
    domain = Domain.objects.filter(pk=project_id).first()
    if domain is not None:
        return _update_domain(call, domain, body)
    project = identity_projects.find(project_id)
    policy.check_manage(call, project.domain_id)
    known, extra = fields.read(body.project, bodies.ProjectFields)
    changes = _changes(project, fields.told(known))
    if extra:
        changes["extra"] = {**project.extra, **extra}
    return {"project": shapes.of_project(identity_projects.update(project, changes))}


def delete_project(call: Call, project_id: str) -> None:
    """End a project whose quota is not in use; its usage and history stay."""
    domain = Domain.objects.filter(pk=project_id).first()
    if domain is not None:
        policy.check_operator(call)
        return domain_ends.delete(domain)
    project = identity_projects.find(project_id)
    policy.check_manage(call, project.domain_id)
    return identity_projects.delete(project)


def list_tags(call: Call, project_id: str) -> Body:
    """List a project's tags."""
    project = _seen(call, project_id)
    link = {"self": shapes.address(f"/projects/{project.uuid}/tags")}
    return {"tags": project.tags, "links": {**link, "previous": None, "next": None}}


def set_tags(call: Call, project_id: str, body: bodies.TagsBody) -> Body:
    """Give a project these tags and no others."""
    project = _managed(call, project_id)
    _write_tags(project, fields.checked_tags(body.tags))
    return list_tags(call, project_id)


def clear_tags(call: Call, project_id: str) -> None:
    """Take all tags off a project."""
    _write_tags(_managed(call, project_id), [])


def check_tag(call: Call, project_id: str, tag: str) -> None:
    """Tell whether a project has a tag."""
    if tag not in _seen(call, project_id).tags:
        raise ItemNotFound(f"The project has no tag '{tag}'.")


def add_tag(call: Call, project_id: str, tag: str) -> None:
    """Put a tag on a project."""
    project = _managed(call, project_id)
    if tag not in project.tags:
        _write_tags(project, fields.checked_tags([*project.tags, tag]))


def remove_tag(call: Call, project_id: str, tag: str) -> None:
    """Take a tag off a project."""
    project = _managed(call, project_id)
    if tag not in project.tags:
        raise ItemNotFound(f"The project has no tag '{tag}'.")
    _write_tags(project, [one for one in project.tags if one != tag])


def _visible(call: Call) -> list[Project]:
    known = identity_projects.known().order_by("pk")
    name = call.arg("name")
    if name is not None:
        of_user = Q(is_base=True, system_user__username=name.lower())
        known = known.filter(Q(realname__iexact=name) | of_user)
    if policy.may_read_all(call.who):
        return list(known)
    if policy.may_read(call.who, call.who.domain_id):
        return list(known.filter(domain_id=call.who.domain_id))
    mine = [] if call.who.is_service else projects.of_user(callers.user_of(call.who))
    return policy.own_by_name(call, mine, lambda project: project.display_name)


def _seen(call: Call, project_id: str) -> Project:
    """Answer a project that the caller may see: by policy, or by working in it."""
    project = identity_projects.find(project_id)
    if policy.may_read(call.who, project.domain_id) or call.who.project_id == project.uuid:
        return project
    mine = assignments.projects_of(callers.user_of(call.who))
    if not mine.filter(pk=project.pk).exists():
        raise ItemNotFound(f"There is no project with the id {project_id}.")
    return project


def _managed(call: Call, project_id: str) -> Project:
    project = identity_projects.find(project_id)
    policy.check_manage(call, project.domain_id)
    return project


def _in_place(found: list[Project], name: str, wanted: str | None) -> list[Project]:
    if wanted in {None, "", "None"}:
        return found
    if name == "domain_id":
        return [one for one in found if one.domain_id == wanted]
    return [one for one in found if _parent_id(one) == wanted]


def _parent_id(project: Project) -> str:
    return project.parent.uuid if project.parent is not None else project.domain_id


def _tagged(call: Call, found: list[Project]) -> list[Project]:
    tests: dict[str, Callable[[set[str], set[str]], bool]] = {
        "tags": lambda wanted, tags: wanted <= tags,
        "tags-any": lambda wanted, tags: bool(wanted & tags),
        "not-tags": lambda wanted, tags: not wanted <= tags,
        "not-tags-any": lambda wanted, tags: not wanted & tags,
    }
    for argument, test in tests.items():
        text = call.arg(argument)
        if text is not None:
            wanted = set(text.split(","))
            found = [project for project in found if test(wanted, set(project.tags))]
    return found


def _list_domains(call: Call) -> Body:
    policy.check_read_all(call)
    domains.ensure()
    found = shapes.by_name(call, Domain.objects.order_by("name"), lambda domain: domain.name)
    return shapes.listed(call, "projects", map(shapes.of_domain_as_project, found))


def _kin(call: Call, project: Project) -> Body:
    shown: Body = {}
    if "parents_as_list" in call.query:
        above = identity_projects.above(project)
        shown["parents"] = [{"project": shapes.of_project(one)} for one in above]
    if "subtree_as_list" in call.query:
        below = identity_projects.below(project)
        shown["subtree"] = [{"project": shapes.of_project(one)} for one in below]
    if "parents_as_ids" in call.query:
        shown["parents"] = _nested([one.uuid for one in identity_projects.above(project)])
    if "subtree_as_ids" in call.query:
        shown["subtree"] = _tree(project, identity_projects.below(project))
    return shown


def _nested(line: list[str]) -> Body | None:
    return {line[0]: _nested(line[1:])} if line else None


def _tree(project: Project, below: list[Project]) -> Body | None:
    children = [one for one in below if one.parent_id == project.pk]
    return {child.uuid: _tree(child, below) for child in children} or None


def _parent(parent_id: str | None) -> Project | None:
    if not parent_id or Domain.objects.filter(pk=parent_id).exists() or parent_id == DEFAULT:
        return None
    try:
        return identity_projects.find(parent_id)
    except ItemNotFound as fault:
        raise BadRequest(f"There is no project {parent_id} to be below.") from fault


def _domain_of(call: Call, parent: Project | None, parent_id: str | None) -> str:
    if parent is not None:
        return parent.domain_id
    return parent_id or call.who.domain_id or DEFAULT


def _create_domain(call: Call, facts: dict[str, Any], extra: Body) -> Body:
    policy.check_operator(call)
    if facts.get("parent_id"):
        raise BadRequest("A domain is below nothing. Leave parent_id out.")
    kept = {key: facts[key] for key in ("enabled", "tags", "options") if key in facts}
    description = facts.get("description") or ""
    made = domains.create(facts["name"], description=description, extra=extra, **kept)
    return shapes.of_domain_as_project(made)


def _update_domain(call: Call, domain: Domain, body: bodies.ProjectBody) -> Body:
    policy.check_operator(call)
    known, extra = fields.read(body.project, bodies.ProjectFields)
    facts = fields.told(known)
    names = ("name", "description", "enabled", "tags", "options")
    changes = {key: facts[key] for key in names if key in facts}
    if extra:
        changes["extra"] = {**domain.extra, **extra}
    domains.update(domain, changes)
    return {"project": shapes.of_domain_as_project(domain)}


def _changes(project: Project, facts: dict[str, Any]) -> dict[str, Any]:
    """Answer what may be changed of what a body names; a project stays where it is."""
    if facts.pop("domain_id", project.domain_id) != project.domain_id:
        raise BadRequest("A project stays in its domain.")
    if facts.pop("parent_id", _parent_id(project)) != _parent_id(project):
        raise Forbidden("A project stays below the one it was made under.")
    if facts.pop("is_domain", False):
        raise BadRequest("A project cannot become a domain.")
    if "name" in facts:
        shapes.required(facts["name"], "name")
    if "description" in facts:
        facts["description"] = facts["description"] or ""
    if "tags" in facts:
        fields.checked_tags(facts["tags"])
    return facts


def _write_tags(project: Project, tags: list[str]) -> None:
    identity_projects.update(project, {"tags": tags})
