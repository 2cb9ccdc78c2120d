"""Roles given to users and groups on projects, domains and the system, and taken back.

Spec: openstack-api 4.4.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from synnefo.astakos.domain import roles as rules
from synnefo.astakos.models import DATABASE, Group, Project, Role, RoleAssignment, User
from synnefo.astakos.models.projects import ACTUALLY_ACCEPTED
from synnefo.astakos.usecases import assignments, audit, groups, roles, seats
from synnefo.kit.faults import Forbidden, ItemNotFound

Actor = User | Group


class Target(msgspec.Struct, frozen=True):
    """On what a role is: one project, one domain or the system; or on the projects below."""

    project: Project | None = None
    domain_id: str = ""
    on_system: bool = False
    inherited: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """Answer the columns that tell this target."""
        return {
            "project": self.project,
            "domain_id": self.domain_id,
            "on_system": self.on_system,
            "inherited": self.inherited,
        }

    def __str__(self) -> str:
        place = self.project.uuid if self.project else self.domain_id or "system"
        return f"{place} and below" if self.inherited else place


def grant(role: Role, actor: Actor, target: Target) -> None:
    """Give a role; giving it again changes nothing."""
    _check_fits(role, target)
    with transaction.atomic(using=DATABASE):
        if target.project is not None and isinstance(actor, User) and not target.inherited:
            _seat(role, actor, target.project)
        if not _is_membership(role, actor, target):
            _write(role, actor, target)
        audit.record("role.granted", subject=actor, role=role.name, target=str(target))


def revoke(role: Role, actor: Actor, target: Target) -> None:
    """Take a role back; ItemNotFound when it was not given."""
    if not has(role, actor, target):
        raise not_given(role)
    with transaction.atomic(using=DATABASE):
        _rows(actor, target).filter(role=role).delete()
        if isinstance(actor, User):
            _take_back(role, actor, target)
        seats.settle(people_of(actor))
        audit.record("role.revoked", subject=actor, role=role.name, target=str(target))


def not_given(role: Role) -> ItemNotFound:
    """Make the fault that tells of a role which was not given."""
    return ItemNotFound(f"The role {role.name} was not given there.")


def has(role: Role, actor: Actor, target: Target) -> bool:
    """Tell whether a role was given there itself, not implied or inherited."""
    return role.pk in {found.pk for found in given(actor, target)}


def given(actor: Actor, target: Target) -> list[Role]:
    """List the roles given there themselves."""
    found = set(_rows(actor, target).values_list("role_id", flat=True))
    uuids = set(_standing(actor, target))
    if uuids:
        roles.ensure()
    known = Role.objects.filter(pk__in=found) | Role.objects.filter(uuid__in=uuids)
    return list(known.order_by("name"))


def people_of(actor: Actor) -> list[User]:
    """List who is meant: the user, or the members of the group."""
    return [actor] if isinstance(actor, User) else list(actor.members.all())


def put_in_group(group: Group, user: User) -> None:
    """Put a user into a group; what the group may do is theirs from now on."""
    with transaction.atomic(using=DATABASE):
        if groups.add(group, user):
            audit.record("group.member_added", subject=user, group=group.uuid)


def take_out_of_group(group: Group, user: User) -> None:
    """Take a user out of a group with what came of it; ItemNotFound when they were not there."""
    with transaction.atomic(using=DATABASE):
        if not groups.remove(group, user):
            raise ItemNotFound("The user is not in the group.")
        seats.settle([user])
        audit.record("group.member_removed", subject=user, group=group.uuid)


def check_group_not_above(group: Group) -> None:
    """Refuse administrators of one domain to fill a group that administers more."""
    given_keys = set(group.assignments.values_list("role_id", flat=True))
    known = roles.book(given_keys)
    brought = {named.name for named in known.named(known.closed(given_keys))}
    if rules.ADMIN in brought or group.assignments.filter(on_system=True).exists():
        raise Forbidden("The group administers the cloud; only administrators may change it.")


def drop_group(group: Group) -> None:
    """Delete a group with its roles and what they brought its members."""
    with transaction.atomic(using=DATABASE):
        people = people_of(group)
        audit.record("group.deleted", subject=group)
        group.delete()
        seats.settle(people)


def drop_role(role: Role) -> None:
    """Delete a role with its assignments and what they brought."""
    with transaction.atomic(using=DATABASE):
        actors = role.assignments.select_related("user", "group")
        people = [one for row in actors for one in people_of(_actor_of(row))]
        audit.record("role.deleted", subject=role)
        roles.delete(role)
        seats.settle(people)


def imply_no_more(prior: Role, implied: Role) -> None:
    """End that one role brings another, with the seats that came of it."""
    with transaction.atomic(using=DATABASE):
        roles.imply_no_more(prior, implied)
        seats.settle(User.objects.filter(memberships__by_role=True).distinct())
        audit.record("role.implies_no_more", subject=prior, implied=implied.name)


def drop_user(user: User) -> None:
    """Take all roles and groups of a user who is being deleted."""
    RoleAssignment.objects.filter(user=user).delete()
    user.group_seats.all().delete()
    user.is_admin = False
    for membership in user.memberships.filter(state__in=ACTUALLY_ACCEPTED):
        if membership.project.uuid != user.uuid:
            seats.leave(user, membership.project)


def _actor_of(row: RoleAssignment) -> Actor:
    found = row.user if row.user is not None else row.group
    assert found is not None, "the table keeps a user or a group in every row"
    return found


def _check_fits(role: Role, target: Target) -> None:
    """Refuse a role of one domain on the things of another."""
    place = target.project.domain_id if target.project else target.domain_id
    if role.domain_id and role.domain_id != place:
        raise Forbidden("A role of one domain cannot be given on the things of another.")


def _seat(role: Role, user: User, project: Project) -> None:
    if rules.STANDING[rules.MEMBER] == role.uuid:
        seats.take(user, project, by_role=False)
    elif _brings_member(role):
        seats.take(user, project, by_role=True)


def _brings_member(role: Role) -> bool:
    roles.ensure()
    known = roles.book([role.pk])
    return rules.STANDING_ROLES[rules.MEMBER] in known.named(known.effective([role.pk]))


def _is_membership(role: Role, actor: Actor, target: Target) -> bool:
    direct = target.project is not None and not target.inherited
    return direct and isinstance(actor, User) and role.uuid == rules.STANDING[rules.MEMBER]


def _standing(actor: Actor, target: Target) -> Iterable[str]:
    """List roles that have no row: of memberships, and of administrators."""
    if not isinstance(actor, User) or target.inherited:
        return
    if target.project is not None and assignments.is_member(actor, target.project):
        yield rules.STANDING[rules.MEMBER]
    if target.on_system and actor.is_admin:
        yield rules.STANDING[rules.ADMIN]


def _take_back(role: Role, user: User, target: Target) -> None:
    if _is_membership(role, user, target) and target.project is not None:
        seats.leave(user, target.project)
    if target.on_system and role.uuid == rules.STANDING[rules.ADMIN] and user.is_admin:
        user.is_admin = False
        user.save(update_fields=["is_admin", "updated"])


def _write(role: Role, actor: Actor, target: Target) -> None:
    who = {"user": actor} if isinstance(actor, User) else {"group": actor}
    try:
        with transaction.atomic(using=DATABASE):
            RoleAssignment.objects.get_or_create(role=role, **who, **target.facts)
    except IntegrityError as error:
        raise ItemNotFound("The role, or who was to have it, is there no more.") from error


def _rows(actor: Actor, target: Target) -> "QuerySet[RoleAssignment]":
    who = {"user": actor} if isinstance(actor, User) else {"group": actor}
    return RoleAssignment.objects.filter(**who, **target.facts)
