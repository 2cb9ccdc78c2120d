"""Roles: the standing ones, who operates the cloud. Spec: openstack-api 4.4."""

from django.db import transaction
from django.db.models import Q

from synnefo.astakos.domain import roles as rules
from synnefo.astakos.models import DATABASE, Role, RoleAssignment, RoleInference, User


def ensure() -> None:
    """Make the roles that every cloud has, and what they imply, where they are missing."""
    with transaction.atomic(using=DATABASE):
        known = set(Role.objects.values_list("uuid", flat=True))
        if set(rules.STANDING.values()) <= known:
            return
        for name, uuid in rules.STANDING.items():
            Role.objects.get_or_create(uuid=uuid, defaults={"name": name})
        rows = {role.uuid: role for role in Role.objects.filter(domain_id="")}
        for prior, implied in rules.IMPLIED:
            RoleInference.objects.get_or_create(
                prior=rows[rules.STANDING[prior]], implied=rows[rules.STANDING[implied]]
            )


def is_operator(user: User) -> bool:
    """Tell whether a user has the role admin on the system."""
    if user.is_admin:
        return True
    mine = Q(user=user) | Q(group__seats__user=user)
    return RoleAssignment.objects.filter(
        mine, on_system=True, role__uuid=rules.STANDING[rules.ADMIN]
    ).exists()
