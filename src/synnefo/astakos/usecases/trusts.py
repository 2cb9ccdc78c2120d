"""Trusts: who lets whom act for them, and how far. Spec: openstack-api 4.4 (OS-TRUST)."""

from datetime import datetime

import msgspec
from django.db import transaction
from django.db.models import F

from synnefo.astakos.domain.roles import Named
from synnefo.astakos.models import DATABASE, Project, Token, Trust, User
from synnefo.astakos.usecases import application_credentials, assignments, audit
from synnefo.astakos.usecases.delegations import of_trust
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound

DEEPEST = 3
"""How often a trust may be handed on at most."""
NO_TRUST = "There is no trust with the id {uuid}."
NOT_YOURS = "Only the user who gives a trust may make it."


class NewTrust(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to let somebody else do."""

    trustor: str
    trustee: User
    impersonation: bool
    project: Project | None = None
    expires_at: datetime | None = None
    remaining_uses: int | None = None
    roles: tuple[tuple[str, str], ...] = ()
    allow_redelegation: bool = False
    redelegation_count: int | None = None


def create(holder: Token, wanted: NewTrust) -> Trust:
    """Make a trust; by a trust token, hand that trust on, never further than it goes.

    Raises BadRequest, Forbidden.
    """
    parent = _parent_of(holder)
    if parent is None:
        application_credentials.check_unrestricted(is_restricted=_is_app_bound(holder))
    if wanted.trustor != holder.user.uuid:
        raise Forbidden(NOT_YOURS)
    _check(holder, wanted)
    roles = _roles(holder, wanted, parent)
    with transaction.atomic(using=DATABASE):
        made = Trust.objects.create(
            trustor=holder.user,
            trustee=wanted.trustee,
            project=wanted.project,
            impersonation=wanted.impersonation,
            role_ids=[role.id for role in roles],
            expires_at=wanted.expires_at,
            remaining_uses=wanted.remaining_uses,
            redelegation_count=_depth(wanted, parent),
            redelegated_from=parent,
        )
        audit.record("trust.created", subject=wanted.trustee, trust=made.uuid)
    return made


def find(uuid: str) -> Trust:
    """Answer a trust that is in force."""
    known = Trust.objects.in_force().filter(uuid=uuid)
    row = known.select_related("trustor", "trustee", "project", "redelegated_from").first()
    if row is None or row.remaining_uses == 0:
        raise ItemNotFound(NO_TRUST.format(uuid=uuid))
    return row


def concerning(user_uuid: str, uuid: str) -> Trust:
    """Answer a trust that a user gave or got; to others there is none."""
    row = find(uuid)
    if user_uuid not in {row.trustor.uuid, row.trustee.uuid}:
        raise ItemNotFound(NO_TRUST.format(uuid=uuid))
    return row


def use(uuid: str, trustee: User) -> Trust:
    """Take one use of a trust for its trustee; Forbidden when it gives nothing any more."""
    row = Trust.objects.in_force().filter(uuid=uuid)
    found = row.select_related("trustor", "trustee", "project").first()
    if found is None or found.trustee_id != trustee.pk:
        raise Forbidden("There is no such trust for you.")
    if found.project is not None and not of_trust(found):
        raise Forbidden("Whoever gave this trust may not do so much any more.")
    if not (found.trustor.is_active and found.trustee.is_active):
        raise Forbidden("Whoever gave this trust is not active any more.")
    if found.remaining_uses is not None:
        left = Trust.objects.filter(pk=found.pk, remaining_uses__gt=0)
        if not left.update(remaining_uses=F("remaining_uses") - 1):
            raise Forbidden("This trust has been used as often as it may.")
    return found


def delete(row: Trust) -> None:
    """End a trust, those handed on from it, and every token got by them."""
    with transaction.atomic(using=DATABASE):
        audit.record("trust.deleted", subject=row.trustee, trust=row.uuid)
        row.delete()


def forget_expired() -> int:
    """Delete trusts that ran out; answer how many."""
    deleted, _ = Trust.objects.filter(expires_at__lte=now()).delete()
    return deleted


def _parent_of(holder: Token) -> Trust | None:
    """Answer the trust that a token hands on; only one that impersonates can be."""
    if holder.trust_id is None:
        return None
    parent = Trust.objects.select_related("trustor", "project").get(pk=holder.trust_id)
    if not parent.impersonation or not parent.redelegation_count:
        raise Forbidden("This trust may not be handed on.")
    return parent


def _is_app_bound(holder: Token) -> bool:
    found = holder.application_credential
    return found is not None and not found.unrestricted


def _check(holder: Token, wanted: NewTrust) -> None:
    if wanted.expires_at is not None and wanted.expires_at <= now():
        raise BadRequest("The time at which it should expire has passed already.")
    if wanted.remaining_uses is not None:
        if wanted.remaining_uses < 1:
            raise BadRequest("remaining_uses must be at least 1, or null for no limit.")
        if wanted.allow_redelegation or wanted.redelegation_count:
            raise BadRequest("A trust with a number of uses cannot be handed on.")
    if wanted.project is None and wanted.roles:
        raise BadRequest("Roles need a project: name it in 'project_id'.")
    if wanted.project is not None and not wanted.roles:
        raise BadRequest("Name at least one role in 'roles'.")
    if holder.trust_id is not None and wanted.project != holder.project:
        raise Forbidden("A trust is handed on for the project that it is for.")


def _roles(holder: Token, wanted: NewTrust, parent: Trust | None) -> tuple[Named, ...]:
    """Answer the roles to give; Forbidden for one that the giver does not have there."""
    if wanted.project is None:
        return ()
    mine = assignments.roles_of(holder.user, project=wanted.project)
    if parent is not None:
        mine = tuple(role for role in mine if role.id in parent.role_ids)
    if holder.application_credential is not None:
        mine = tuple(role for role in mine if role.id in holder.application_credential.role_ids)
    try:
        return application_credentials.chosen_roles(mine, wanted.roles)
    except BadRequest as fault:
        raise Forbidden(fault.message) from fault


def _depth(wanted: NewTrust, parent: Trust | None) -> int:
    """Tell how often the new trust may be handed on."""
    if parent is not None:
        most = parent.redelegation_count - 1
        asked = wanted.redelegation_count
        if asked is not None and asked > most:
            raise Forbidden(f"This trust may be handed on {most} times at most.")
        return (most if asked is None else asked) if wanted.allow_redelegation else 0
    if not wanted.allow_redelegation:
        return 0
    if wanted.redelegation_count is not None and wanted.redelegation_count > DEEPEST:
        raise Forbidden(f"A trust may be handed on {DEEPEST} times at most.")
    return DEEPEST if wanted.redelegation_count is None else wanted.redelegation_count
