"""Policy profiles as operators keep them on their page. Spec: identity 14.2."""

from collections.abc import Mapping, Sequence

import msgspec
from django.db import IntegrityError, transaction

from synnefo.astakos.domain.auth_policies import PROFILED
from synnefo.astakos.models import DATABASE, AuthPolicyProfile, Group, User
from synnefo.astakos.usecases import audit
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound

LONGEST = 255


class ProfileWish(msgspec.Struct, frozen=True, kw_only=True):
    """How a profile should be; `groups` are ids of groups, `users` ids of users."""

    name: str
    provider: str
    is_exclusive: bool = False
    is_active: bool = True
    priority: int = 1
    policies: Mapping[str, bool | int | None] = {}
    groups: Sequence[str] = ()
    users: Sequence[str] = ()


def add(wish: ProfileWish) -> AuthPolicyProfile:
    """Make a profile; Conflict when one has the name."""
    return _save(AuthPolicyProfile(name=wish.name), wish, "added")


def change(name: str, wish: ProfileWish) -> AuthPolicyProfile:
    """Make a profile what it should be, whole."""
    return _save(find(name), wish, "changed")


def remove(name: str) -> None:
    """Delete a profile; its users fall back to the settings."""
    row = find(name)
    with transaction.atomic(using=DATABASE):
        audit.record("auth-policy.removed", subject=row)
        row.delete()


def find(name: str) -> AuthPolicyProfile:
    """Answer a profile by its name."""
    row = AuthPolicyProfile.objects.filter(name=name).first()
    if row is None:
        raise ItemNotFound(f"There is no policy profile named {name}.")
    return row


def _save(row: AuthPolicyProfile, wish: ProfileWish, verb: str) -> AuthPolicyProfile:
    _check(wish)
    groups = list(Group.objects.filter(uuid__in=wish.groups))
    people = list(User.objects.filter(uuid__in=wish.users))
    if len(groups) != len(set(wish.groups)) or len(people) != len(set(wish.users)):
        raise ItemNotFound("One of these groups or users does not exist.")
    row.name, row.provider = wish.name, wish.provider
    row.is_exclusive, row.active, row.priority = wish.is_exclusive, wish.is_active, wish.priority
    for policy in PROFILED:
        setattr(row, f"policy_{policy}", wish.policies.get(str(policy)))
    try:
        with transaction.atomic(using=DATABASE):
            row.save()
            row.groups.set(groups)
            row.users.set(people)
            given = {name: value for name, value in wish.policies.items() if value is not None}
            audit.record(f"auth-policy.{verb}", subject=row, provider=row.provider, policies=given)
    except IntegrityError as error:
        raise Conflict(f"A policy profile named {wish.name} exists already.") from error
    return row


def _check(wish: ProfileWish) -> None:
    if not (1 <= len(wish.name.strip()) <= LONGEST and 1 <= len(wish.provider) <= LONGEST):
        raise BadRequest("A profile needs a name and a provider.")
    unknown = sorted(set(wish.policies) - {str(policy) for policy in PROFILED})
    if unknown:
        raise BadRequest(f"There is no policy '{unknown[0]}'; there is {', '.join(PROFILED)}.")
    limit = wish.policies.get("limit")
    if limit is not None and (isinstance(limit, bool) or not 0 <= limit < 2**31):
        raise BadRequest("'limit' is a number of methods.")
    if not 0 <= wish.priority < 2**31:
        raise BadRequest("'priority' is a number that is not negative.")
    bad = [name for name, value in wish.policies.items() if _is_odd(name, value)]
    if bad:
        raise BadRequest(f"'{bad[0]}' is true, false or null.")


def _is_odd(name: str, value: bool | int | None) -> bool:
    return name != "limit" and value is not None and not isinstance(value, bool)
