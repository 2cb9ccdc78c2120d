"""Domains: made, changed, closed and deleted. Spec: openstack-api 4.4."""

from typing import Any

from django.db import IntegrityError, transaction

from synnefo.astakos.models import DATABASE, Domain, Group, Project, Role, RoleAssignment, User
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.models.projects import ALIVE
from synnefo.astakos.usecases import audit
from synnefo.astakos.usecases.remembered import Remembered
from synnefo.kit.faults import Conflict, Forbidden, ItemNotFound

DEFAULT_NAME = "Default"


def _read_closed() -> frozenset[str]:
    return frozenset(Domain.objects.filter(enabled=False).values_list("pk", flat=True))


_closed = Remembered(_read_closed, lambda s: s.astakos_component_cache_timeout)


def is_closed(domain_id: str) -> bool:
    """Tell whether nobody of a domain may work now."""
    return domain_id != DEFAULT and domain_id in _closed.get()


def ensure() -> Domain:
    """Answer the domain of everybody, made if need be."""
    found, _ = Domain.objects.get_or_create(
        pk=DEFAULT,
        defaults={"name": DEFAULT_NAME, "description": "The domain of all users and projects."},
    )
    return found


def find(domain_id: str) -> Domain:
    """Answer a domain by its id."""
    if domain_id == DEFAULT:
        return ensure()
    found = Domain.objects.filter(pk=domain_id).first()
    if found is None:
        raise ItemNotFound(f"There is no domain with the id {domain_id}.")
    return found


def named(name: str) -> Domain:
    """Answer a domain by its name, in any case of letters."""
    ensure()
    found = Domain.objects.filter(name__iexact=name).first()
    if found is None:
        raise ItemNotFound(f"There is no domain named {name}.")
    return found


def create(name: str, **facts: Any) -> Domain:
    """Make a domain; Conflict when one of that name is there."""
    ensure()
    made = Domain(name=name, **facts)
    _save(made, "made")
    return made


def update(domain: Domain, changes: dict[str, Any]) -> None:
    """Change a domain; the one of everybody stays open."""
    if domain.pk == DEFAULT and changes.get("enabled") is False:
        raise Forbidden("The default domain stays enabled: everybody is in it.")
    for name, value in changes.items():
        setattr(domain, name, value)
    _save(domain, "changed")


def check_deletable(domain: Domain) -> None:
    """Refuse to delete a domain that is in use: one that is open, or the one of everybody."""
    if domain.pk == DEFAULT:
        raise Forbidden("The default domain stays: everybody is in it.")
    if domain.enabled:
        raise Forbidden("The domain is enabled. Disable it first, then delete it.")
    if domain.options.get("immutable"):
        raise Forbidden("The domain is immutable. Take that option away first.")


def forget(domain: Domain) -> None:
    """Delete a domain whose users, groups and projects are gone, with its roles."""
    with transaction.atomic(using=DATABASE):
        RoleAssignment.objects.filter(domain_id=domain.pk).delete()
        Role.objects.filter(domain_id=domain.pk).delete()
        domain.delete()


def people(domain: Domain) -> list[User]:
    """List the users of a domain."""
    return list(User.objects.filter(domain_id=domain.pk, deleted_at=None))


def groups(domain: Domain) -> list[Group]:
    """List the groups of a domain."""
    return list(Group.objects.filter(domain_id=domain.pk))


def projects(domain: Domain) -> list[Project]:
    """List the projects of a domain that are in use, those below others first."""
    return list(Project.objects.filter(domain_id=domain.pk, state__in=ALIVE).order_by("-pk"))


def _save(domain: Domain, done: str) -> None:
    try:
        with transaction.atomic(using=DATABASE):
            domain.save()
            audit.record(f"domain.{done}", subject=domain)
    except IntegrityError as error:
        raise Conflict(f"A domain named {domain.name} exists already.") from error
