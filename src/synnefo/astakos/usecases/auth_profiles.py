"""Profiles of policies for users and groups. Spec: identity 14.2, 16.3."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from synnefo.astakos.domain.auth_policies import PROFILED, Policy
from synnefo.astakos.models import DATABASE, AuthPolicyProfile, Group, User
from synnefo.astakos.usecases import audit
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound

Values = Mapping[str, bool | int | None]


def find(name: str) -> AuthPolicyProfile:
    """Answer a profile by its name."""
    profile = AuthPolicyProfile.objects.filter(name=name).first()
    if profile is None:
        raise ItemNotFound(f"There is no policy profile named {name}.")
    return profile


def add(name: str, provider: str, values: Values, *, exclusive: bool = False) -> AuthPolicyProfile:
    """Make a profile; Conflict when there is one of that name."""
    with transaction.atomic(using=DATABASE):
        if AuthPolicyProfile.objects.filter(name=name).exists():
            raise Conflict(f"A policy profile named {name} exists. Use --update to change it.")
        profile = AuthPolicyProfile(name=name, provider=provider, is_exclusive=exclusive)
        _write(profile, values)
        _note("added", profile)
    return profile


def change(
    name: str, values: Values, *, provider: str = "", exclusive: bool | None = None
) -> AuthPolicyProfile:
    """Change a profile; a value of None takes the policy out of it."""
    with transaction.atomic(using=DATABASE):
        profile = find(name)
        profile.provider = provider or profile.provider
        if exclusive is not None:
            profile.is_exclusive = exclusive
        _write(profile, values)
        _note("changed", profile)
    return profile


def set_active(name: str, *, active: bool) -> AuthPolicyProfile:
    """Put a profile in force, or out of it."""
    with transaction.atomic(using=DATABASE):
        profile = find(name)
        profile.active = active
        profile.save(update_fields=["active"])
        _note("enabled" if active else "disabled", profile)
    return profile


def hand_out(name: str, users: Sequence[User], groups: Sequence[Group]) -> AuthPolicyProfile:
    """Give a profile to these users and groups and to nobody else.

    Only the associations change; users and groups stay as they are (FIX-1).
    """
    with transaction.atomic(using=DATABASE):
        profile = find(name)
        profile.users.set(users)
        profile.groups.set(groups)
        audit.record(
            "auth-policy.handed-out",
            subject=profile,
            users=[user.uuid for user in users],
            groups=[group.name for group in groups],
        )
    return profile


def remove(name: str) -> None:
    """Delete a profile."""
    with transaction.atomic(using=DATABASE):
        profile = find(name)
        _note("removed", profile)
        profile.delete()


def values_of(profile: AuthPolicyProfile) -> dict[str, bool | int]:
    """Answer the policies that a profile sets."""
    found = {str(name): getattr(profile, f"policy_{name}") for name in PROFILED}
    return {name: value for name, value in found.items() if value is not None}


def _write(profile: AuthPolicyProfile, values: Values) -> None:
    for name, value in values.items():
        if name not in PROFILED:
            raise BadRequest(f"A profile cannot set the policy '{name}'.")
        _check(name, value)
        setattr(profile, f"policy_{name}", value)
    profile.save()


def _check(name: str, value: bool | int | None) -> None:
    if value is None:
        return
    if name == Policy.LIMIT:
        if isinstance(value, bool) or not 0 <= value <= 1000:
            raise BadRequest("The policy 'limit' is a number from 0 to 1000.")
    elif not isinstance(value, bool):
        raise BadRequest(f"The policy '{name}' is true or false.")


def _note(verb: str, profile: AuthPolicyProfile) -> None:
    audit.record(
        f"auth-policy.{verb}",
        subject=profile,
        provider=profile.provider,
        exclusive=profile.is_exclusive,
        policies=values_of(profile),
    )
