"""Repairs that operators ask for now and then. Spec: identity 16.8."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Lower

from synnefo.astakos.models import (
    DATABASE,
    AuthProvider,
    Project,
    ProjectMembership,
    Token,
    User,
)
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED, ProjectState
from synnefo.astakos.models.tokens import API
from synnefo.astakos.usecases import audit, deactivations, projects, tokens, users
from synnefo.kit.clock import now
from synnefo.kit.faults import ItemNotFound

LOCAL = "local"


def incomplete_superusers() -> list[User]:
    """List administrators who lack what every user has: token, local method or system project."""
    found = []
    for user in User.objects.filter(is_admin=True, deleted_at=None).order_by("pk"):
        has_token = Token.objects.filter(user=user, kind=API).exists()
        has_method = user.auth_providers.exists()
        lacks_project = user.account.accepted and user.base_project_id is None
        if not (has_token and has_method) or lacks_project:
            found.append(user)
    return found


def fix_superuser(user: User) -> None:
    """Give an administrator all that a user has: token, signature, local method, own project."""
    with transaction.atomic(using=DATABASE):
        if not Token.objects.filter(user=user, kind=API).exists():
            tokens.renew(user)
        if not user.auth_providers.exists():
            AuthProvider.objects.create(user=user, module=LOCAL)
        if not user.has_signed_terms:
            user.has_signed_terms, user.date_signed_terms = True, now()
            user.save(update_fields=["has_signed_terms", "date_signed_terms", "updated"])
        if user.account.accepted and user.base_project_id is None:
            user.base_project = projects.create_system(user)
            user.default_project = user.default_project or user.base_project
            user.save(update_fields=["base_project", "default_project", "updated"])
        audit.record("user.completed", subject=user)


def left_running(user: User) -> dict[str, int]:
    """Count what should rest because its user was deactivated, and does not."""
    mine = Project.objects.filter(owner=user) | Project.objects.filter(system_user=user)
    seats = ProjectMembership.objects.filter(person=user, state__in=ACTUALLY_ACCEPTED)
    return {
        "projects": mine.filter(state=ProjectState.NORMAL).count(),
        "memberships": seats.count(),
    }


def deactivated() -> list[User]:
    """List everybody who was deactivated."""
    return list(User.objects.accepted().filter(is_active=False).order_by("pk"))


def put_to_rest(user: User) -> None:
    """Suspend what a deactivated user has in force. Spec: identity 3.7."""
    with transaction.atomic(using=DATABASE):
        deactivations.lock_all(user)
        deactivations.suspend_all(user)
        audit.record("user.put-to-rest", subject=user)


def collisions() -> list[list[User]]:
    """List users whose addresses differ by the case of letters only, together."""
    same = (
        User.objects.exclude(email="")
        .values(folded=Lower("email"))
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
        .order_by("folded")
    )
    return [list(User.objects.filter(email__iexact=row["folded"]).order_by("pk")) for row in same]


def by_numbers(numbers: Iterable[int]) -> list[User]:
    """Answer users by their numbers; ItemNotFound when one is missing."""
    wanted = list(dict.fromkeys(numbers))
    found = {user.pk: user for user in User.objects.filter(pk__in=wanted)}
    missing = [number for number in wanted if number not in found]
    if missing:
        raise ItemNotFound(f"There is no user with the number {missing[0]}.")
    return [found[number] for number in wanted]


def delete_all(people: Iterable[User]) -> int:
    """Delete users who were never accepted, all or none; answer how many."""
    count = 0
    with transaction.atomic(using=DATABASE):
        for user in people:
            users.delete(user)
            count += 1
    return count
