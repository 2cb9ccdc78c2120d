"""Domains over HTTP. Spec: openstack-api 4.4."""

from typing import Any

from synnefo.astakos.api.identity_v3 import bodies, fields, policy, shapes
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.models import Domain
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.usecases import domain_ends, domains
from synnefo.serve.http import Call


def list_domains(call: Call) -> Body:
    """List the domains that the caller may see, by name or state if asked."""
    domains.ensure()
    enabled = shapes.truth(call, "enabled")
    found = Domain.objects.order_by("name")
    if enabled is not None:
        found = found.filter(enabled=enabled)
    seen = [domain for domain in found if _may_see(call, domain.pk)]
    named = shapes.by_name(call, seen, lambda domain: domain.name)
    return shapes.listed(call, "domains", map(shapes.of_domain, named))


def show_domain(call: Call, domain_id: str) -> Body:
    """Show one domain."""
    domain = domains.find(domain_id)
    if not _may_see(call, domain.pk):
        policy.check_read(call, domain.pk)
    return {"domain": shapes.of_domain(domain)}


def create_domain(call: Call, body: bodies.DomainBody) -> Body:
    """Make a domain."""
    policy.check_operator(call)
    known, extra = fields.read(body.domain, bodies.DomainFields)
    facts = plain(known)
    name = shapes.required(facts.pop("name", None), "name")
    return {"domain": shapes.of_domain(domains.create(name, **facts, extra=extra))}


def update_domain(call: Call, domain_id: str, body: bodies.DomainBody) -> Body:
    """Change a domain; disabling it stops its users and projects."""
    policy.check_operator(call)
    domain = domains.find(domain_id)
    known, extra = fields.read(body.domain, bodies.DomainFields)
    changes = plain(known)
    if "name" in changes:
        shapes.required(changes["name"], "name")
    if extra:
        changes["extra"] = {**domain.extra, **extra}
    domains.update(domain, changes)
    return {"domain": shapes.of_domain(domain)}


def delete_domain(call: Call, domain_id: str) -> None:
    """Delete a disabled domain with its users, groups, roles and projects."""
    policy.check_operator(call)
    domain_ends.delete(domains.find(domain_id))


def plain(known: bodies.DomainFields | bodies.RoleFields | bodies.GroupFields) -> dict[str, Any]:
    """Answer the fields that are named, an empty description for none."""
    changes = fields.told(known)
    if "description" in changes:
        changes["description"] = changes["description"] or ""
    if "tags" in changes:
        fields.checked_tags(changes["tags"])
    return changes


def _may_see(call: Call, domain_id: str) -> bool:
    """Let everybody see the domain of everybody, and otherwise their own."""
    return domain_id == DEFAULT or policy.may_read(call.who, domain_id)
