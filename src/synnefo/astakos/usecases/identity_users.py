"""Users as administrators make, change and delete them in Identity v3. Spec: openstack-api 4.4.

They go by any name, within a domain. An e-mail address given here is shown and trusted for
nothing, unless it is the name itself: then the user is as one who came by sign-up. Deleting
keeps the row: usage, history and the audit log still tell who it was.
"""

from typing import Any

import msgspec
from django.db import transaction

from synnefo.astakos.domain.roles import ADMIN, STANDING
from synnefo.astakos.models import DATABASE, AuthProvider, Holding, Project, TotpDevice, User
from synnefo.astakos.models.auth_providers import LOCAL
from synnefo.astakos.models.domains import DEFAULT
from synnefo.astakos.usecases import (
    assignments,
    audit,
    deactivations,
    grants,
    passwords,
    roles,
    tokens,
    users,
)
from synnefo.kit.clock import now
from synnefo.kit.faults import Conflict, Forbidden, ItemNotFound
from synnefo.wire.provisions import user_holder

POLICY = "identity"
DELETED = "deleted"
PLAIN = ("description", "options", "extra")
"""What can be changed without anything else following from it."""


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A user to make."""

    name: str
    domain_id: str = DEFAULT
    email: str = ""
    password: str = ""
    enabled: bool = True
    description: str = ""
    default_project: Project | None = None
    options: dict[str, Any] = {}
    extra: dict[str, Any] = {}


ENDING = (
    *("auth_providers", "credentials", "credentials_of_apps", "access_rules", "trusts_given"),
    *("trusts_got", "passkeys", "recovery_codes", "devices", "password_resets", "receipts"),
)
"""What a deleted user could come back by, or had handed on."""


def login_name(name: str, domain_id: str) -> str:
    """Answer the name by which all of the cloud knows who has a name in a domain."""
    return name.lower() if domain_id == DEFAULT else f"{name.lower()}@{domain_id}"


def shown_name(user: User) -> str:
    """Answer a user's name within their domain."""
    return user.name or user.username


def address_of(user: User) -> str:
    """Answer the e-mail address that a user is shown with."""
    return user.email or str(user.extra.get("email", ""))


def find(uuid: str) -> User:
    """Answer a user of Identity v3 by uuid; ItemNotFound for one who was deleted."""
    known = User.objects.verified().filter(deleted_at=None)
    user = known.select_related("default_project", "base_project").filter(uuid=uuid).first()
    if user is None:
        raise ItemNotFound(f"There is no user with the id {uuid}.")
    return user


def create(person: NewPerson) -> User:
    """Make a user who can work at once; Conflict when name or address are taken."""
    name = person.name.strip()
    if person.password:
        passwords.check_policy(person.password, person.email, name)
    by_address = person.domain_id == DEFAULT and person.email.lower() == name.lower() != ""
    email = users.check_email(person.email) if by_address else ""
    with users.one_address(name), transaction.atomic(using=DATABASE):
        _drop_waiting(login_name(name, person.domain_id))
        user = User.objects.create(
            username=login_name(name, person.domain_id),
            name="" if by_address else name,
            domain_id=person.domain_id,
            email=email,
            password=passwords.hash_password(person.password) if person.password else "",
            description=person.description,
            options=person.options,
            extra=person.extra if by_address else {**person.extra, "email": person.email},
            email_verified=True,
            verified_at=now(),
        )
        _note_password(user)
        users.accept(user, POLICY)
        _set_default_project(user, person.default_project)
        audit.record("user.created", subject=user, domain=person.domain_id)
        if not person.enabled:
            users.deactivate(user, POLICY)
    return find(user.uuid)


def update(user: User, changes: dict[str, Any]) -> User:
    """Change what is named: name, email, password, enabled, default_project, and plain facts."""
    told = {name: value for name, value in changes.items() if name != "password"}
    taken = str(changes.get("name") or changes.get("email"))
    with users.one_address(taken), transaction.atomic(using=DATABASE):
        _rename(user, changes.get("name"))
        _change(user, changes)
        audit.record("user.changed", subject=user, changes=sorted(told))
    return find(user.uuid)


def delete(user: User) -> None:
    """End a user for good, but for usage and history, which stay.

    Conflict while the user's own quota is in use: what uses it would be out of everybody's reach.
    """
    used = Holding.objects.filter(holder=user_holder(user.uuid), usage_max__gt=0).first()
    if used is not None:
        raise Conflict(
            f"The user still uses {used.resource}. Delete or reassign what they have first."
        )
    with transaction.atomic(using=DATABASE):
        deactivations.lock_all(user)
        grants.drop_user(user)
        audit.record("user.deleted", subject=user)
        if user.is_active:
            users.deactivate(user, DELETED)
        fresh = User.objects.select_for_update().get(pk=user.pk)
        fresh.username, fresh.name = f"{DELETED}:{user.uuid}", ""
        fresh.accepted_email, fresh.email = user.email or user.accepted_email, ""
        fresh.password, fresh.is_admin, fresh.deleted_at = "", False, now()
        fresh.deactivated_reason = DELETED
        fresh.save()
        for relation in ENDING:
            getattr(fresh, relation).all().delete()
        TotpDevice.objects.filter(user=fresh).delete()
        tokens.revoke_all(fresh)


def check_not_above(user: User) -> None:
    """Refuse administrators of one domain to touch those who administer more."""
    admin = [roles.find(STANDING[ADMIN]).pk]
    known = roles.book()
    held = assignments.keys_of(user)
    if user.is_admin or any(admin[0] in known.closed([key]) for key in held):
        raise Forbidden("The user has the role admin; only administrators of the cloud may.")


def _note_password(user: User) -> None:
    """Keep a record of the sign-in method of who has a password. Spec: identity 14."""
    if user.password:
        AuthProvider.objects.get_or_create(user=user, module=LOCAL, identifier="")


def _drop_waiting(username: str) -> None:
    """Delete who signed up under the same name and was never verified. Spec: identity 3.2."""
    User.objects.filter(email_verified=False, username=username).delete()


def _rename(user: User, name: str | None) -> None:
    if name is None or name == shown_name(user):
        return
    if not user.name:
        raise Forbidden("The user goes by their e-mail address; change the address instead.")
    user.name, user.username = name, login_name(name, user.domain_id)
    user.save(update_fields=["name", "username", "updated"])


def _change(user: User, changes: dict[str, Any]) -> None:
    plain = {name: value for name, value in changes.items() if name in PLAIN}
    for name, value in plain.items():
        setattr(user, name, value)
    user.save(update_fields=[*plain, "updated"])
    if "email" in changes:
        _set_email(user, changes["email"] or "")
    if changes.get("password"):
        users.set_password(user, changes["password"])
        _note_password(user)
    if "default_project" in changes:
        _set_default_project(user, changes["default_project"])
    enabled = changes.get("enabled")
    if enabled is True and not user.is_active:
        users.activate(user)
    if enabled is False and user.is_active:
        users.deactivate(user, POLICY)


def _set_email(user: User, address: str) -> None:
    if not user.name:
        users.set_email(user, address)
    else:
        user.extra["email"] = address
        user.save(update_fields=["extra", "updated"])


def _set_default_project(user: User, project: Project | None) -> None:
    """Choose the project of tokens that name none; it counts while the user has a role there."""
    user.default_project = project
    user.save(update_fields=["default_project", "updated"])
    tokens.follow_default_project(user)
