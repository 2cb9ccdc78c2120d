"""Groups: made, changed, filled and emptied. Spec: openstack-api 4.4, identity 16.3."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, router, transaction

from synnefo.astakos.models import DATABASE, Group, GroupMember, User
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.usecases import audit
from synnefo.kit.faults import Conflict, ItemNotFound
from synnefo.serve.statements import fetch

_NAMES = """
SELECT g.name FROM astakos_group g JOIN astakos_groupmember s ON s.group_id = g.id
WHERE s.user_id = %s AND g.domain_id = %s ORDER BY g.name
"""


def find(uuid: str) -> Group:
    """Answer a group by its id."""
    group = Group.objects.filter(uuid=uuid).first()
    if group is None:
        raise ItemNotFound(f"There is no group with the id {uuid}.")
    return group


def named(name: str, domain_id: str = DEFAULT) -> Group:
    """Answer a group by its name."""
    group = Group.objects.filter(name=name, domain_id=domain_id).first()
    if group is None:
        raise ItemNotFound(f"There is no group named {name}.")
    return group


def create(name: str, domain_id: str = DEFAULT, **facts: Any) -> Group:
    """Make a group; Conflict when its domain has one of that name."""
    try:
        with transaction.atomic(using=DATABASE):
            made = Group.objects.create(name=name, domain_id=domain_id, **facts)
            audit.record("group.made", subject=made)
            return made
    except IntegrityError as error:
        raise Conflict(f"A group named {name} exists already.") from error


def update(group: Group, changes: dict[str, Any]) -> None:
    """Change a group; Conflict when its domain has another of that name."""
    for name, value in changes.items():
        setattr(group, name, value)
    try:
        with transaction.atomic(using=DATABASE):
            group.save()
    except IntegrityError as error:
        raise Conflict(f"A group named {group.name} exists already.") from error


def ensure(name: str) -> Group:
    """Answer the group of the domain of everybody that has this name, made if need be."""
    group, _ = Group.objects.get_or_create(name=name, domain_id=DEFAULT)
    return group


def add(group: Group, user: User) -> bool:
    """Put a user into a group; answer whether they were not there."""
    with transaction.atomic(using=DATABASE):
        _, fresh = GroupMember.objects.get_or_create(group=group, user=user)
        if fresh:
            audit.record("group.joined", subject=user, group=group.name)
    return fresh


def remove(group: Group, user: User) -> bool:
    """Take a user out of a group; answer whether they were there."""
    with transaction.atomic(using=DATABASE):
        gone, _ = GroupMember.objects.filter(group=group, user=user).delete()
        if gone:
            audit.record("group.left", subject=user, group=group.name)
    return bool(gone)


def names_of(user: User) -> tuple[str, ...]:
    """List the names of a user's groups in the domain of everybody.

    Names of other domains are their administrators' to choose, so nothing may be granted by them.
    """
    alias = router.db_for_read(Group)
    return tuple(row[0] for row in fetch(alias, _NAMES, [user.pk, DEFAULT]))


def change(user: User, add_names: Iterable[str], drop_names: Iterable[str]) -> None:
    """Put a user into groups by name, made if need be, and out of others."""
    with transaction.atomic(using=DATABASE):
        for name in add_names:
            add(ensure(name), user)
        for group in Group.objects.filter(name__in=list(drop_names), domain_id=DEFAULT):
            remove(group, user)


def adopt() -> int:
    """Make rows of the group names that clouds of before kept with each user; answer how many."""
    found = User.objects.exclude(groups=[]).order_by("pk")
    with transaction.atomic(using=DATABASE):
        for user in found:
            change(user, user.groups, ())
            User.objects.filter(pk=user.pk).update(groups=[])
    return len(found)
