"""The providers that this installation enables, each opened once with its settings."""

import importlib
from typing import cast
from urllib.parse import quote

import msgspec

from synnefo.astakos.domain import identities
from synnefo.astakos.domain.identities import FIELDS, AttrMap, Identity, Person, Reading, Source
from synnefo.astakos.domain.provider_configs import (
    Kind,
    LdapServer,
    OidcProvider,
    ShibbolethProxy,
    module_kind,
)
from synnefo.astakos.engines.directory import (
    Directory,
    DirectoryConfig,
    HeaderDirectory,
    PasswordDirectory,
    RemoteDirectory,
)
from synnefo.astakos.models.auth_providers import LOCAL
from synnefo.astakos.settings import AstakosSettings, ProviderSettings
from synnefo.astakos.usecases import auth_policies
from synnefo.kit import conf
from synnefo.kit.conf import SettingsError
from synnefo.kit.faults import ItemNotFound, NotAllowed, ServiceUnavailable

REMOTE: tuple[Kind, ...] = ("saml", "oidc", "oauth1", "oauth2")
_opened: dict[str, tuple[DirectoryConfig, Directory]] = {}


def kind_of(module: str) -> Kind:
    """Tell how an enabled module speaks; ItemNotFound for one that is not enabled."""
    settings = conf.of(ProviderSettings)
    if not auth_policies.is_enabled(module):
        raise ItemNotFound(f"There is no way to sign in named '{module}' here.")
    oidc, saml = settings.astakos_oidc_providers, settings.astakos_saml_providers
    version = settings.astakos_twitter.version
    try:
        return module_kind(module, frozenset(oidc), frozenset(saml), version)
    except KeyError as error:
        raise ServiceUnavailable(f"The provider {module} is not configured yet.") from error


def shape_of(module: str) -> str:
    """Tell how a page offers a module: by a password form, or by leading elsewhere."""
    return module if module in {"local", "ldap"} else "remote"


def remote(module: str) -> RemoteDirectory:
    """Answer a provider that browsers are sent to."""
    if kind_of(module) not in REMOTE:
        raise NotAllowed(f"Nobody is sent elsewhere to sign in by {module}.")
    return cast(RemoteDirectory, _open(module))  # its kind says so


def by_password(module: str) -> PasswordDirectory:
    """Answer a provider that checks passwords."""
    if kind_of(module) != "ldap":
        raise NotAllowed(f"The provider {module} takes no password here.")
    return cast(PasswordDirectory, _open(module))  # its kind says so


def by_headers(module: str) -> HeaderDirectory:
    """Answer a provider that is told of by headers."""
    if kind_of(module) != "shibboleth":
        raise NotAllowed(f"The provider {module} is not told of by headers.")
    return cast(HeaderDirectory, _open(module))  # its kind says so


def identity_of(module: str, person: Person) -> Identity:
    """Read what a provider told as the settings of its module say. Spec: identity 14.3."""
    names = conf.current().names
    kept = names.get(f"{_prefix(module)}PROVIDER_ATTRS")
    if kept is None:
        kept = identities.default_kept(kind_of(module))
    return identities.identity_of(Reading(module, _map_of(module), tuple(kept)), person)


def forced_by(module: str) -> set[str]:
    """Tell which fields of an account a provider keeps, so that people cannot change them."""
    if module == LOCAL or not auth_policies.is_enabled(module):
        return set()
    return {name for name, (_, mutable) in _map_of(module).items() if not mutable} & {*FIELDS[1:]}


def forget() -> None:
    """Open every provider anew at next use."""
    _opened.clear()


def _prefix(module: str) -> str:
    return f"ASTAKOS_AUTH_PROVIDER_{module.upper()}_"


def _map_of(module: str) -> AttrMap:
    given = conf.current().names.get(f"{_prefix(module)}USER_ATTR_MAP")
    return {**identities.default_map(kind_of(module)), **_attr_map(given)}


def _attr_map(given: object) -> AttrMap:
    """Read USER_ATTR_MAP; a source may be a function of all attributes."""
    if given is None:
        return {}
    if not isinstance(given, dict) or not given.keys() <= set(FIELDS):
        raise SettingsError(f"USER_ATTR_MAP maps {', '.join(FIELDS)} only.")
    found: dict[str, tuple[Source, bool]] = {}
    for name, pair in given.items():
        source, mutable = pair
        if not (isinstance(source, str) or callable(source)):
            raise SettingsError(f"The source of {name} in USER_ATTR_MAP is no attribute.")
        found[str(name)] = (source, bool(mutable))
    return found


def _open(module: str) -> Directory:
    """Open a provider, or answer the one opened before with the same settings."""
    config = _config(module)
    known = _opened.get(module)
    if known is None or known[0] != config:
        place = conf.of(ProviderSettings).astakos_directories[kind_of(module)]
        try:
            adapter = importlib.import_module(place)
        except ImportError as error:
            raise ServiceUnavailable(
                f"A library that {module} needs is not installed: {error.name}."
            ) from error
        known = (config, adapter.open_directory(config))
        _opened[module] = known
    return known[1]


def _config(module: str) -> DirectoryConfig:
    place = f"{base_address()}/ui/login/{quote(module, safe='')}"
    return DirectoryConfig(
        module, _settings_of(module), f"{place}/authenticated", f"{place}/metadata"
    )


def base_address() -> str:
    """Answer the public address of this service, without a slash at its end."""
    return conf.of(AstakosSettings).astakos_base_url.rstrip("/")


def _settings_of(module: str) -> object:
    settings = conf.of(ProviderSettings)
    if module in settings.astakos_oidc_providers:
        return settings.astakos_oidc_providers[module]
    if module in settings.astakos_saml_providers:
        return settings.astakos_saml_providers[module]
    if module == "shibboleth":
        return ShibbolethProxy(
            tuple(settings.astakos_shibboleth_proxies),
            settings.astakos_shibboleth_secret,
            settings.astakos_shibboleth_require_name_info,
            settings.astakos_shibboleth_migrate_eppn,
        )
    if module == "twitter":
        return msgspec.structs.replace(
            settings.astakos_twitter,
            client_id=settings.astakos_twitter_token,
            client_secret=settings.astakos_twitter_secret,
            force_login=settings.astakos_twitter_auth_force_login,
        )
    presets = {"ldap": _ldap, "google": _google, "linkedin": _linkedin}
    return presets[module]()


def _ldap() -> LdapServer | None:
    """Answer the directory server; settings of the old backend package do, too."""
    given, names = conf.of(ProviderSettings).astakos_ldap, conf.current().names
    uri = names.get("AUTH_LDAP_SERVER_URI")
    if given is not None or not isinstance(uri, str):
        return given
    search = names.get("AUTH_LDAP_USER_SEARCH")
    people = str(getattr(search, "filterstr", "") or "(uid=%(user)s)")
    return LdapServer(
        uri=uri,
        bind_dn=str(names.get("AUTH_LDAP_BIND_DN", "")),
        bind_password=str(names.get("AUTH_LDAP_BIND_PASSWORD", "")),
        base=str(getattr(search, "base_dn", "")),
        user_filter=people.replace("%(user)s", "{username}"),
        user_dn=str(names.get("AUTH_LDAP_USER_DN_TEMPLATE") or "").replace(
            "%(user)s", "{username}"
        ),
        start_tls=bool(names.get("AUTH_LDAP_START_TLS", False)),
    )


def _google() -> OidcProvider:
    settings = conf.of(ProviderSettings)
    return OidcProvider(
        issuer=settings.google_issuer,
        also_issued_by=settings.google_issuer.removeprefix("https://"),
        client_id=settings.astakos_google_client_id,
        client_secret=settings.astakos_google_secret,
        scopes=settings.google_token_scope,
        authorization_endpoint=settings.google_authenticate_url,
        token_endpoint=settings.google_access_token_url,
        userinfo_endpoint=settings.google_request_token_url,
    )


def _linkedin() -> OidcProvider:
    """Answer LinkedIn's preset: it leaves nonce and PKCE out of its answers."""
    settings = conf.of(ProviderSettings)
    return OidcProvider(
        issuer=settings.linkedin_issuer,
        also_issued_by="https://www.linkedin.com",
        client_id=settings.astakos_linkedin_token,
        client_secret=settings.astakos_linkedin_secret,
        token_auth="client_secret_post",  # noqa: S106 - the name of a way
        use_nonce=False,
        use_pkce=False,
    )
