"""Limits of people's own projects, as the oldest commands set them. Spec: identity 16.2, 16.10."""

from collections.abc import Sequence

import msgspec
from django.core.management.base import CommandError

from synnefo.astakos.domain.limits import show_amount
from synnefo.astakos.management.words import amount
from synnefo.astakos.models import Resource, User
from synnefo.astakos.usecases import operator_changes


class LimitChange(msgspec.Struct, frozen=True):
    """One limit to set, with what it is now and what new users get."""

    resource: str
    unit: str | None
    before: int
    default: int
    after: int

    @property
    def words(self) -> str:
        """Tell the change."""
        shown = [show_amount(one, self.unit, "auto") for one in (self.before, self.default)]
        after = show_amount(self.after, self.unit, "auto")
        return f"{self.resource}: {shown[0]} (default {shown[1]}) -> {after}"


def plan(user: User, wishes: Sequence[Sequence[str]]) -> list[LimitChange]:
    """Read the wishes, pairs of resource and capacity; CommandError for one that cannot be."""
    project = user.base_project
    if project is None:
        raise CommandError(f"{user.email} is not accepted yet and has no project.")
    now = dict(project.grants.values_list("resource__name", "project_capacity"))
    found = []
    for name, capacity in wishes:
        resource = Resource.objects.filter(name=name).first()
        if resource is None:
            known = ", ".join(Resource.objects.order_by("name").values_list("name", flat=True))
            raise CommandError(f"There is no resource named {name}. There are: {known}.")
        limit = resource.uplimit if capacity == "default" else amount(capacity)
        found.append(LimitChange(name, resource.unit, now.get(name, 0), resource.uplimit, limit))
    return found


def apply(user: User, changes: Sequence[LimitChange]) -> None:
    """Bring the limits into force."""
    operator_changes.set_quota(user, {one.resource: one.after for one in changes})


def everybody(excluded: str) -> list[User]:
    """List all accepted users but those named by uuid or e-mail address, with commas between."""
    left_out = {text.strip().lower() for text in excluded.split(",") if text.strip()}
    found = User.objects.accepted().exclude(base_project=None).select_related("base_project")
    people = list(found.order_by("pk"))
    unknown = left_out - {name for one in people for name in (one.uuid, one.username)}
    if unknown:
        raise CommandError(f"There is no accepted user {', '.join(sorted(unknown))} to leave out.")
    return [one for one in people if not left_out & {one.uuid, one.username}]
