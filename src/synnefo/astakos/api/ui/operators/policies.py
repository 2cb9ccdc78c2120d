"""What may be done with each provider, by settings and by profiles for some people."""

import msgspec

from synnefo.astakos.domain.auth_policies import PROFILED, Policies
from synnefo.astakos.models import AuthPolicyProfile
from synnefo.astakos.usecases import auth_policies, operator_policies
from synnefo.astakos.usecases.operator_policies import ProfileWish
from synnefo.serve.http import Call


class ProviderView(msgspec.Struct):
    """A provider, and the policies that are in force for who has no profile."""

    module: str
    is_enabled: bool
    policies: Policies


class Named(msgspec.Struct):
    """A group or a user of a profile."""

    id: str
    name: str


class ProfileView(msgspec.Struct):
    """A profile; a policy that is null has no say."""

    name: str
    provider: str
    is_exclusive: bool
    is_active: bool
    priority: int
    policies: dict[str, bool | int | None]
    groups: list[Named]
    users: list[Named]


class PoliciesView(msgspec.Struct):
    """All providers and all profiles."""

    providers: list[ProviderView]
    profiles: list[ProfileView]


class ProfileBody(msgspec.Struct):
    """How a profile should be, whole."""

    name: str
    provider: str
    is_exclusive: bool = False
    is_active: bool = True
    priority: int = 1
    policies: dict[str, bool | int | None] = {}
    groups: list[str] = []
    users: list[str] = []


def show_policies(_call: Call) -> PoliciesView:
    """Show the policies of each provider, and all profiles."""
    rows = list(AuthPolicyProfile.objects.prefetch_related("groups", "users"))
    enabled = auth_policies.enabled()
    modules = list(dict.fromkeys([*enabled, *(row.provider for row in rows)]))
    providers = [
        ProviderView(module, module in enabled, auth_policies.in_force(module))
        for module in modules
    ]
    return PoliciesView(providers, [_view(row) for row in rows])


def add_profile(_call: Call, body: ProfileBody) -> ProfileView:
    """Make a profile."""
    return _view(operator_policies.add(_wish(body)))


def change_profile(_call: Call, name: str, body: ProfileBody) -> ProfileView:
    """Make a profile what the body says, whole."""
    return _view(operator_policies.change(name, _wish(body)))


def remove_profile(_call: Call, name: str) -> None:
    """Delete a profile."""
    operator_policies.remove(name)


def _wish(body: ProfileBody) -> ProfileWish:
    return ProfileWish(
        name=body.name.strip(),
        provider=body.provider.strip(),
        is_exclusive=body.is_exclusive,
        is_active=body.is_active,
        priority=body.priority,
        policies=body.policies,
        groups=body.groups,
        users=body.users,
    )


def _view(row: AuthPolicyProfile) -> ProfileView:
    return ProfileView(
        name=row.name,
        provider=row.provider,
        is_exclusive=row.is_exclusive,
        is_active=row.active,
        priority=row.priority,
        policies={str(policy): getattr(row, f"policy_{policy}") for policy in PROFILED},
        groups=[Named(one.uuid, one.name) for one in row.groups.all()],
        users=[Named(one.uuid, one.email) for one in row.users.all()],
    )
