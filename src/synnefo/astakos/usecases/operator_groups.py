"""Groups as operators keep them on their page."""

from django.db import transaction
from django.db.models import Count, QuerySet

from synnefo.astakos.models import DATABASE, Group
from synnefo.astakos.usecases import audit, groups
from synnefo.kit.faults import BadRequest, Conflict

LONGEST = 255


def counted() -> QuerySet[Group]:
    """Answer all groups, each with how many people, roles and policy profiles it has."""
    return Group.objects.annotate(
        n_members=Count("seats", distinct=True),
        n_roles=Count("assignments", distinct=True),
        n_profiles=Count("auth_policy_profiles", distinct=True),
    )


def add(name: str, description: str) -> Group:
    """Make a group."""
    return groups.create(_checked(name), description=description)


def change(group: Group, name: str, description: str) -> None:
    """Rename a group, or say anew what it is for."""
    wanted = _checked(name)
    same = Group.objects.filter(domain_id=group.domain_id, name=wanted).exclude(pk=group.pk)
    if same.exists():
        raise Conflict(f"A group named {wanted} exists already.")
    former, group.name, group.description = group.name, wanted, description
    with transaction.atomic(using=DATABASE):
        group.save(update_fields=["name", "description"])
        audit.record("group.changed", subject=group, former=former)


def _checked(text: str) -> str:
    name = text.strip()
    if not 1 <= len(name) <= LONGEST:
        raise BadRequest(f"A group's name has 1 to {LONGEST} characters.")
    return name
