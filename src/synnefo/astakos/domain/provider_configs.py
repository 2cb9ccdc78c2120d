"""What a deployer says about each provider; kinds of providers and their built-in presets.

Spec: identity 14.3, 14.4.
"""

import re
from typing import Literal

import msgspec

Kind = Literal["local", "ldap", "shibboleth", "saml", "oidc", "oauth1", "oauth2"]


SECRET_FIELDS = frozenset({"client_secret", "bind_password", "secret"})


def masked(struct: msgspec.Struct) -> str:
    """Write a struct for people, without its secrets."""
    fields = msgspec.structs.asdict(struct).items()
    parts = [f"{name}={'***' if name in SECRET_FIELDS else repr(value)}" for name, value in fields]
    return f"{type(struct).__name__}({', '.join(parts)})"


class GroupRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who has an attribute value that fits the pattern gets a group, a project, or both.

    `group` and `project` may name parts of the match, such as `staff-\\1`.
    """

    attribute: str
    pattern: str
    group: str = ""
    project: str = ""
    module: str = ""

    def __post_init__(self) -> None:
        try:
            for text in (self.group, self.project):
                re.compile(self.pattern).sub(text, "")
        except (re.error, IndexError) as error:
            raise ValueError(f"'{self.pattern}' with '{text}' is no rule: {error}") from error


class OidcProvider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An OpenID Connect provider; what is left empty comes from its discovery document."""

    issuer: str
    client_id: str
    client_secret: str = ""
    title: str = ""
    scopes: str = "openid email profile"
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    userinfo_endpoint: str = ""
    jwks_uri: str = ""
    token_auth: Literal["client_secret_basic", "client_secret_post", "none", ""] = ""
    algorithms: tuple[str, ...] = ("RS256", "ES256", "PS256", "Ed25519")
    use_userinfo: bool = True
    use_nonce: bool = True
    use_pkce: bool = True
    also_issued_by: str = ""
    clock_skew: int = 60
    extra: dict[str, str] = {}

    def __repr__(self) -> str:
        return masked(self)


class SamlProvider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A SAML 2.0 identity provider: its metadata file, and our key where requests are signed."""

    metadata_file: str
    title: str = ""
    entity_id: str = ""
    idp: str = ""
    key_file: str = ""
    cert_file: str = ""
    clock_skew: int = 60
    xmlsec_binary: str = "/usr/bin/xmlsec1"


class LdapServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A directory server and where its people are."""

    uri: str
    base: str = ""
    title: str = ""
    bind_dn: str = ""
    bind_password: str = ""
    user_filter: str = "(uid={username})"
    user_dn: str = ""
    start_tls: bool = False
    ca_file: str = ""
    verify_certificate: bool = True
    timeout: float = 5.0
    allow_plain: bool = False
    operational: tuple[str, ...] = ("entryUUID",)
    group_base: str = ""
    group_filter: str = "(member={dn})"
    group_name_attribute: str = "cn"

    def __repr__(self) -> str:
        return masked(self)


class TwitterApp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where Twitter answers; version 1 is OAuth 1.0a, version 2 is OAuth 2.0 with PKCE."""

    version: Literal[1, 2] = 1
    client_id: str = ""
    client_secret: str = ""
    force_login: bool = False
    title: str = ""
    request_token_url: str = "https://api.twitter.com/oauth/request_token"  # noqa: S105 - an address
    authenticate_url: str = "https://api.twitter.com/oauth/authenticate"
    access_token_url: str = "https://api.twitter.com/oauth/access_token"  # noqa: S105 - an address
    authorize_url: str = "https://x.com/i/oauth2/authorize"
    token_url: str = "https://api.x.com/2/oauth2/token"  # noqa: S105 - an address
    me_url: str = "https://api.x.com/2/users/me"
    scopes: str = "users.read tweet.read"

    def __repr__(self) -> str:
        return masked(self)


class ShibbolethProxy(msgspec.Struct, frozen=True):
    """Which web servers may write Shibboleth headers."""

    addresses: tuple[str, ...] = ()
    secret: str = ""
    require_name: bool = False
    migrate_eppn: bool = False

    def __repr__(self) -> str:
        return masked(self)


def module_kind(module: str, oidc: frozenset[str], saml: frozenset[str], twitter: int) -> Kind:
    """Tell how a module speaks; KeyError for one that nothing describes."""
    if module in oidc or module in {"google", "linkedin"}:
        return "oidc"
    if module in saml:
        return "saml"
    if module == "twitter":
        return "oauth1" if twitter == 1 else "oauth2"
    known: dict[str, Kind] = {"local": "local", "ldap": "ldap", "shibboleth": "shibboleth"}
    return known[module]
