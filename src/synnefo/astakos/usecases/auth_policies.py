"""What may be done with which provider, by settings and by profiles. Spec: identity 14.1, 14.2."""

import msgspec

from synnefo.astakos.domain import auth_policies
from synnefo.astakos.domain.auth_policies import Layer, Policies, Policy, Profile, Standing
from synnefo.astakos.models import DATABASE, AuthPolicyProfile, AuthProvider, User
from synnefo.astakos.settings import AstakosSettings, ProviderSettings
from synnefo.kit import conf
from synnefo.kit.conf import SettingsError
from synnefo.serve.statements import fetch

_ANY_PROFILE = "SELECT EXISTS(SELECT 1 FROM astakos_authpolicyprofile WHERE active)"
_MODULES = "SELECT module FROM astakos_authprovider WHERE user_id = %s AND active"


def allowed(module: str, action: str, user: User | None = None, *, identifier: str = "") -> bool:
    """Tell whether an action (login, create, add, remove, switch, ...) is open to a user.

    Without a user the policies are not narrowed by what an account has. A module that is not
    enabled may only be removed.
    """
    policy = Policy(action)
    if not is_enabled(module) and policy is not Policy.REMOVE:
        return False
    return bool(getattr(in_force(module, user, identifier=identifier), policy))


def is_enabled(module: str) -> bool:
    """Tell whether a module is among those that people may use here."""
    return module in enabled()


def enabled() -> list[str]:
    """List the enabled modules, the primary one first."""
    return list(dict.fromkeys(conf.of(ProviderSettings).astakos_im_modules))


def required_of(user: User) -> list[str]:
    """List the modules that a user must have and lacks. Spec: identity 13.0."""
    held = set(user.auth_providers.filter(active=True).values_list("module", flat=True))
    return [name for name in enabled() if name not in held and allowed(name, "required", user)]


def in_force(module: str, user: User | None = None, *, identifier: str = "") -> Policies:
    """Answer all policies of a module, narrowed by what the user has already."""
    layers = [*_of_settings(module), _of_profiles(module, user)]
    try:
        policies = auth_policies.resolve(layers)
    except msgspec.ValidationError as error:
        raise SettingsError(f"A policy of the provider {module} is not valid: {error}") from error
    if user is None:
        return policies
    return auth_policies.narrow(policies, _standing(module, user, identifier))


def _of_settings(module: str) -> list[Layer]:
    """Answer the layers that are not about a person, the most general first."""
    moderation = conf.of(AstakosSettings).astakos_moderation_enabled
    skip = conf.of(ProviderSettings).astakos_skip_email_verification
    names = conf.current().names
    return [
        {Policy.AUTOVERIFY: skip},
        auth_policies.defaults_of(module, moderation=moderation),
        auth_policies.layer_from(names, ""),
        auth_policies.layer_from(names, module),
    ]


def _of_profiles(module: str, user: User | None) -> Layer:
    if user is None:
        return {}
    return auth_policies.layer_of([_profile(row) for row in _rows_for(user)], module)


def _rows_for(user: User) -> list[AuthPolicyProfile]:
    """List the profiles about a user: their own first, then those of their groups."""
    if not fetch(DATABASE, _ANY_PROFILE)[0][0]:
        return []
    rows = AuthPolicyProfile.objects.filter(active=True)
    own, shared = rows.filter(users=user), rows.filter(groups__members=user).distinct()
    return [*own, *shared]


def _profile(row: AuthPolicyProfile) -> Profile:
    given = {name: getattr(row, f"policy_{name}") for name in auth_policies.PROFILED}
    told = {str(name): value for name, value in given.items() if value is not None}
    return Profile(row.provider, row.is_exclusive, told)


def _standing(module: str, user: User, identifier: str) -> Standing:
    mine = [row[0] for row in fetch(DATABASE, _MODULES, (user.pk,))]
    taken = False
    if identifier:
        same = AuthProvider.objects.filter(module=module, identifier=identifier)
        taken = same.filter(user__email_verified=True).exists()
    return Standing(methods=len(mine), of_module=mine.count(module), is_taken=taken)
