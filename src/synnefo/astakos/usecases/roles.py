"""Roles: made, changed, implied; who operates the cloud. Spec: openstack-api 4.4."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Q

from synnefo.astakos.domain import roles as rules
from synnefo.astakos.domain.roles import Named
from synnefo.astakos.models import DATABASE, Role, RoleAssignment, RoleInference, User
from synnefo.astakos.usecases import audit
from synnefo.astakos.usecases.remembered import Remembered
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, ItemNotFound


class Book(msgspec.Struct, frozen=True):
    """All roles with what they imply, by their keys in the table."""

    rows: dict[int, tuple[Named, str]]
    implies: dict[int, list[int]]

    def closed(self, given: Iterable[int]) -> set[int]:
        """Add what some roles imply."""
        return rules.closure(given, self.implies)

    def effective(self, given: Iterable[int]) -> set[int]:
        """Add what some roles imply, and drop those that count in one domain only."""
        return {key for key in self.closed(given) if key in self.rows and not self.rows[key][1]}

    def named(self, keys: Iterable[int]) -> tuple[Named, ...]:
        """Name roles by their keys, in the order of their names."""
        return tuple(sorted(self.rows[key][0] for key in keys if key in self.rows))


def _read_book() -> Book:
    implies: dict[int, list[int]] = defaultdict(list)
    for prior, implied in RoleInference.objects.values_list("prior_id", "implied_id"):
        implies[prior].append(implied)
    rows = {
        key: (Named(name, uuid), domain)
        for key, uuid, name, domain in Role.objects.values_list("pk", "uuid", "name", "domain_id")
    }
    return Book(rows, dict(implies))


_book = Remembered(_read_book, lambda s: s.astakos_component_cache_timeout)


def book(keys: Iterable[int] = ()) -> Book:
    """Answer all roles, read anew when one is asked for that was made a moment ago."""
    found = _book.get()
    if any(key not in found.rows for key in keys):
        _book.forget()
        found = _book.get()
    return found


def ensure() -> None:
    """Make the roles that every cloud has, and what they imply, where they are missing."""
    if len(Role.objects.filter(uuid__in=rules.STANDING.values())) == len(rules.STANDING):
        return
    with transaction.atomic(using=DATABASE):
        rows = {
            name: Role.objects.get_or_create(uuid=uuid, defaults={"name": name})[0]
            for name, uuid in rules.STANDING.items()
        }
        for prior, implied in rules.IMPLIED:
            RoleInference.objects.get_or_create(prior=rows[prior], implied=rows[implied])


def is_operator(user: User) -> bool:
    """Tell whether a user has the role admin on the system, and acts with it."""
    if user.acting is not None and rules.ADMIN not in user.acting:
        return False
    if user.is_admin:
        return True
    mine = Q(user=user) | Q(group__seats__user=user)
    given = RoleAssignment.objects.filter(mine, on_system=True).values_list("role_id", flat=True)
    known = book(given)
    return rules.STANDING_ROLES[rules.ADMIN] in known.named(known.effective(given))


def find(uuid: str) -> Role:
    """Answer a role by its id; the standing ones are there from the start."""
    role = Role.objects.filter(uuid=uuid).first()
    if role is None and uuid in rules.STANDING.values():
        ensure()
        role = Role.objects.filter(uuid=uuid).first()
    if role is None:
        raise ItemNotFound(f"There is no role with the id {uuid}.")
    return role


def create(name: str, domain_id: str = "", **facts: Any) -> Role:
    """Make a role; Conflict when one of that name is there, in any case of letters."""
    ensure()
    role = Role(name=name, domain_id=domain_id, **facts)
    _save(role, "made")
    return role


def update(role: Role, changes: dict[str, Any]) -> None:
    """Change a role; the standing ones keep their names, which services count on."""
    if role.uuid in rules.STANDING.values() and changes.get("name", role.name) != role.name:
        raise Forbidden(f"The role {role.name} keeps its name: services count on it.")
    for name, value in changes.items():
        setattr(role, name, value)
    _save(role, "changed")


def delete(role: Role) -> None:
    """Delete a role with its assignments; the standing ones stay."""
    if role.uuid in rules.STANDING.values():
        raise Forbidden(f"The role {role.name} stays: services count on it.")
    if role.options.get("immutable"):
        raise Forbidden(f"The role {role.name} is immutable. Take that option away first.")
    role.delete()


def imply(prior: Role, implied: Role) -> None:
    """Let one role bring another; BadRequest when that leads round in a circle."""
    if implied.name == rules.ADMIN and not implied.domain_id:
        raise Forbidden("The role admin cannot be implied by another.")
    known = book()
    if prior.pk in rules.closure([implied.pk], known.implies):
        raise BadRequest("A role cannot imply itself, directly or by others.")
    with transaction.atomic(using=DATABASE):
        RoleInference.objects.get_or_create(prior=prior, implied=implied)
        audit.record("role.implied", subject=prior, implied=implied.name)


def imply_no_more(prior: Role, implied: Role) -> None:
    """End that one role brings another; ItemNotFound when it does not."""
    with transaction.atomic(using=DATABASE):
        find_inference(prior, implied).delete()
        audit.record("role.implied-no-more", subject=prior, implied=implied.name)


def find_inference(prior: Role, implied: Role) -> RoleInference:
    """Answer that one role brings another; ItemNotFound when it does not."""
    found = RoleInference.objects.filter(prior=prior, implied=implied).first()
    if found is None:
        raise ItemNotFound(f"The role {prior.name} does not imply {implied.name}.")
    return found


def _save(role: Role, done: str) -> None:
    try:
        with transaction.atomic(using=DATABASE):
            role.save()
            audit.record(f"role.{done}", subject=role)
    except IntegrityError as error:
        raise Conflict(f"A role named {role.name} exists already.") from error
