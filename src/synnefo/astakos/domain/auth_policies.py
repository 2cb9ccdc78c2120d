"""What may be done with a provider: layers of policies, the most special one last.

Spec: identity 14.1, 14.2.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

import msgspec


class Policy(StrEnum):
    """The names of the policies, as settings and commands write them."""

    LOGIN = "login"
    CREATE = "create"
    ADD = "add"
    REMOVE = "remove"
    SWITCH = "switch"
    LIMIT = "limit"
    REQUIRED = "required"
    AUTOVERIFY = "autoverify"
    AUTOMODERATE = "automoderate"
    ADD_GROUPS = "add_groups"
    CREATION_GROUPS = "creation_groups"
    MIRROR_GROUPS = "mirror_groups"


Value: TypeAlias = bool | int | list[str]
Layer: TypeAlias = Mapping[str, object]

PROFILED = (
    *(Policy.ADD, Policy.REMOVE, Policy.CREATE, Policy.LOGIN),
    *(Policy.LIMIT, Policy.REQUIRED, Policy.AUTOMODERATE, Policy.SWITCH),
)
"""The policies that a profile may set."""
FIXED = ("local", "shibboleth", "ldap")
"""Modules whose identifier is not exchanged for another unless a setting says so."""


class Policies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The policies in force for one provider and one person, or for nobody in particular."""

    login: bool = True
    create: bool = True
    add: bool = True
    remove: bool = True
    switch: bool = True
    limit: int = 1
    required: bool = False
    autoverify: bool = False
    automoderate: bool = False
    add_groups: list[str] = []
    creation_groups: list[str] = []
    mirror_groups: bool = False


class Profile(msgspec.Struct, frozen=True):
    """A profile as far as resolution needs it."""

    provider: str
    is_exclusive: bool
    policies: dict[str, bool | int]


class Standing(msgspec.Struct, frozen=True):
    """What an account has already, which narrows what it may do next."""

    methods: int
    of_module: int
    is_taken: bool = False


def defaults_of(module: str, *, moderation: bool) -> dict[str, object]:
    """Answer the default policies that differ from the general ones."""
    found: dict[str, object] = {Policy.AUTOMODERATE: not moderation}
    if module in FIXED:
        found[Policy.SWITCH] = False
    return found


def setting_name(module: str, policy: Policy) -> str:
    """Name the setting of a module's policy; of all modules when it is empty."""
    if not module:
        return f"ASTAKOS_AUTH_PROVIDERS_{policy.upper()}_POLICY"
    return f"ASTAKOS_AUTH_PROVIDER_{module.upper()}_{policy.upper()}_POLICY"


def layer_from(names: Mapping[str, object], module: str) -> dict[str, object]:
    """Pick the policies that settings give to a module, or to all when it is empty."""
    wanted = {policy: setting_name(module, policy) for policy in Policy}
    return {policy: names[name] for policy, name in wanted.items() if name in names}


def layer_of(profiles: Iterable[Profile], module: str) -> dict[str, object]:
    """Join the profiles that are about a module; later ones win."""
    joined: dict[str, object] = {}
    for profile in profiles:
        if (profile.provider == module) != profile.is_exclusive:
            joined.update(profile.policies)
    return joined


def resolve(layers: Sequence[Layer]) -> Policies:
    """Join layers, the later ones winning; msgspec.ValidationError for values of a wrong type."""
    joined: dict[str, object] = {}
    for layer in layers:
        joined.update({str(name): value for name, value in layer.items()})
    return msgspec.convert(joined, Policies)


def narrow(policies: Policies, standing: Standing) -> Policies:
    """Take back what an account's own methods rule out."""
    below = standing.of_module < policies.limit
    add = policies.add and below and not standing.is_taken
    remove = policies.remove and standing.methods > 1
    switch = policies.switch and (add or not remove)
    return msgspec.structs.replace(policies, add=add, remove=remove, switch=switch)
