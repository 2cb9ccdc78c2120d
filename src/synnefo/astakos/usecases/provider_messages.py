"""What is said about each provider, as the settings want it. Spec: identity 14.5."""

from collections.abc import Mapping

from synnefo.astakos.domain import provider_messages
from synnefo.astakos.domain.provider_configs import OidcProvider, SamlProvider
from synnefo.astakos.domain.provider_messages import DEFAULTS, TITLES, fill
from synnefo.astakos.models import AuthProvider, User
from synnefo.astakos.settings import ProviderSettings
from synnefo.astakos.usecases import addresses, auth_policies
from synnefo.kit import conf
from synnefo.serve import mail_texts

_OF_USER = ("uuid", "email", "first_name", "last_name", "affiliation", "realname")


def title_of(module: str) -> str:
    """Answer a provider's name for people."""
    settings = conf.of(ProviderSettings)
    described: dict[str, OidcProvider | SamlProvider] = {}
    described.update(settings.astakos_oidc_providers)
    described.update(settings.astakos_saml_providers)
    own = described[module].title if module in described else ""
    if module == "ldap" and settings.astakos_ldap is not None:
        own = settings.astakos_ldap.title
    plain = own or TITLES.get(module) or module.replace("_", " ").title()
    given = override(module, "title")
    return fill(given, {"module_title": plain, "module": module}) if given else plain


def say(
    module: str, key: str, user: User | None = None, record: AuthProvider | None = None
) -> str:
    """Answer one message, its placeholders filled for a user and one of their methods."""
    texts = {name: override(module, name) or text for name, text in DEFAULTS.items()}
    values = {**_general(module), **_of(user, record)}
    spoken = {name: fill(texts[name], values) for name in ("account_prompt", "method_prompt")}
    return fill(texts[key], {**values, **spoken})


def override(module: str, key: str) -> str:
    """Answer the text that a setting gives to a message; empty when none does."""
    names = conf.current().names
    own, shared = provider_messages.setting_names(module, key)
    return str(names.get(own, names.get(shared, "")))


def overridden(module: str) -> dict[str, str]:
    """Answer the messages that settings give, filled as far as nobody in particular is meant."""
    return {key: say(module, key) for key in DEFAULTS if override(module, key)}


def _general(module: str) -> dict[str, str]:
    title, root = title_of(module), addresses.ui_root()
    return {
        **mail_texts.placeholders(),
        "module": module,
        "module_title": title,
        "title": title,
        "login_url": f"{root}?provider={module}",
        "add_url": f"{root}methods",
        "profile_url": f"{root}profile",
        "switch_url": f"{root}methods",
        "remove_url": f"{root}methods",
        "resend_activation_url": root,
        "available_methods": ", ".join(title_of(name) for name in _others(module)),
        "available_methods_links": ", ".join(title_of(name) for name in _others(module)),
    }


def _others(module: str) -> list[str]:
    return [name for name in auth_policies.enabled() if name != module]


def _of(user: User | None, record: AuthProvider | None) -> dict[str, str]:
    found: dict[str, str] = {}
    if user is not None:
        found.update({f"user_{name}": str(getattr(user, name)) for name in _OF_USER})
        found["username"] = user.username
    if record is not None:
        found.update(identifier=record.identifier, provider_module=record.module)
        found.update(provider_identifier=record.identifier)
        found["username"] = _name_at(record) or found.get("username", "")
        for name, values in record.info_data.items():
            found[f"provider_info_{name}"] = _joined(values)
    return found


def _name_at(record: AuthProvider) -> str:
    """Answer how somebody is called at a provider."""
    info: Mapping[str, object] = record.info_data
    for name in ("email", "mail", "screen_name", "preferred_username", "displayName"):
        if info.get(name):
            return _joined(info[name])
    return record.identifier


def _joined(values: object) -> str:
    return ", ".join(map(str, values)) if isinstance(values, list) else str(values)
