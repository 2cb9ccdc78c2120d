"""Settings of Astakos. Spec: identity 18."""

from typing import Any, Literal

import msgspec

from synnefo.astakos.domain.provider_configs import (
    GroupRule,
    LdapServer,
    OidcProvider,
    SamlProvider,
    TwitterApp,
)
from synnefo.serve.mail_settings import Person
from synnefo.wire.provisions import INF


class AstakosSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Settings of the identity service."""

    astakos_base_url: str = "http://127.0.0.1:8000/astakos"
    """Public address under which Astakos is reached."""
    astakos_auth_token_duration: int = 720
    """Hours for which a user's personal API token is good."""
    astakos_login_token_duration: int = 24
    """Hours for which a token got by password is good."""
    astakos_newpasswd_invalidate_token: bool = True
    """Whether a new password ends the user's tokens."""
    astakos_cookie_name: str = "_pithos2_a"
    """Name of the cookie that remembers a browser's session."""
    astakos_cookie_secure: bool = False
    """Whether that cookie travels over HTTPS only; over HTTPS it always does."""
    astakos_endpoint_cache_timeout: float = 60
    """Seconds for which the catalogue is remembered."""
    astakos_resource_cache_timeout: float = 60
    """Seconds for which the list of resources is remembered."""
    astakos_component_cache_timeout: float = 5
    """Seconds for which a component's token is remembered; a renewed one works at once."""
    astakos_token_cache_timeout: float = 5
    """Seconds for which a token's holder is remembered; a change counts at once on this host."""
    astakos_moderation_enabled: bool = True
    """Whether somebody has to accept new users."""
    astakos_re_user_email_patterns: list[str] = []
    """Regular expressions of e-mail addresses that are accepted at once."""
    astakos_ratelimit_retries_allowed: int = 3
    """Attempts at one account from one address in the window; more wait, or solve a puzzle."""
    astakos_ratelimit_window: int = 60
    """Seconds of that window."""
    astakos_argon2_time_cost: int = 2
    """Rounds of the password hash; raise it until signing in takes as long as you accept."""
    astakos_argon2_memory_cost: int = 19456
    """KiB of memory that one password check takes."""
    astakos_argon2_parallelism: int = 1
    """Threads that one password check takes."""
    astakos_region: str = "default"
    """Name of the region in the Identity v3 catalogue."""


DIRECTORIES = {
    "ldap": "synnefo.astakos.engines.ldap_directory",
    "saml": "synnefo.astakos.engines.saml_directory",
    "oidc": "synnefo.astakos.engines.oidc_directory",
    "oauth1": "synnefo.astakos.engines.oauth1_directory",
    "oauth2": "synnefo.astakos.engines.oauth2_directory",
    "shibboleth": "synnefo.astakos.engines.shibboleth_directory",
}
"""Module that speaks each kind of provider."""


class ProviderSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """By which providers people sign in. Spec: identity 14, 18.2."""

    astakos_im_modules: list[str] = msgspec.field(default_factory=lambda: ["local"])
    """Enabled ways to sign in; the first is the primary one."""
    astakos_skip_email_verification: bool = False
    """Take the addresses that any provider tells as verified; same as the global AUTOVERIFY."""
    astakos_directories: dict[str, str] = msgspec.field(default_factory=lambda: dict(DIRECTORIES))
    """Module that speaks each kind of provider; imported only when such a provider is enabled."""
    astakos_ldap: LdapServer | None = None
    """The directory server behind the module `ldap`."""
    astakos_oidc_providers: dict[str, OidcProvider] = {}
    """OpenID Connect providers by module name; the name then stands in ASTAKOS_IM_MODULES."""
    astakos_saml_providers: dict[str, SamlProvider] = {}
    """SAML 2.0 identity providers by module name; each module trusts one provider only."""
    astakos_google_client_id: str = ""
    """Client id that Google gave to this installation."""
    astakos_google_secret: str = ""
    """Client secret that Google gave to this installation."""
    google_issuer: str = "https://accounts.google.com"
    """Issuer of Google's identity tokens; its discovery document names the rest."""
    google_authenticate_url: str = ""
    """Address where Google asks people; empty: as Google's discovery document says."""
    google_access_token_url: str = ""
    """Address that exchanges Google's codes; empty: as the discovery document says."""
    google_request_token_url: str = ""
    """Address that tells who signed in at Google; empty: as the discovery document says."""
    google_token_scope: str = "openid email profile"  # noqa: S105 - no secret
    """What is asked of Google."""
    astakos_linkedin_token: str = ""
    """Client id that LinkedIn gave to this installation."""
    astakos_linkedin_secret: str = ""
    """Client secret that LinkedIn gave to this installation."""
    linkedin_issuer: str = "https://www.linkedin.com/oauth"
    """Issuer of LinkedIn's identity tokens; its discovery document names the rest."""
    astakos_twitter_token: str = ""
    """Key (or, for version 2, client id) that Twitter gave to this installation."""
    astakos_twitter_secret: str = ""
    """Secret that Twitter gave to this installation."""
    astakos_twitter_auth_force_login: bool = False
    """Let Twitter ask for the password even of people who are signed in there."""
    astakos_twitter: TwitterApp = TwitterApp()
    """Addresses of Twitter and the version of OAuth spoken to it."""
    astakos_shibboleth_require_name_info: bool = False
    """Refuse people whose home organisation does not tell their name."""
    astakos_shibboleth_migrate_eppn: bool = False
    """Give records that are kept under the EPPN the remote user's id at the next sign-in."""
    astakos_shibboleth_proxies: list[str] = []
    """Addresses of web servers whose Shibboleth headers count."""
    astakos_shibboleth_secret: str = ""
    """Secret that such a web server may send instead, in the header X-Shibboleth-Secret."""
    astakos_attribute_rules: list[GroupRule] = []
    """Which attribute values give which groups and projects, at every sign-in."""
    astakos_provider_trip_minutes: int = 15
    """Minutes that somebody has for signing in at a provider."""
    astakos_provider_trips_per_minute: int = 60
    """Sign-ins at providers that one network address may begin in a minute."""
    astakos_pending_third_party_hours: int = 24
    """Hours for which somebody whom a provider knows may finish signing up."""


class SecuritySettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Passwords, second factors, sessions, and those who guess. Spec: identity 13.8, 18.4."""

    secret_encryption_key: str = "Password Encryption Key"  # noqa: S105 - replaced at set-up
    """Key under which the secrets of authenticator apps are kept. Never change it."""
    astakos_password_min_length: int = 8
    """Least characters of a password."""
    astakos_password_refuse_common: bool = True
    """Refuse passwords of the list of common ones."""
    astakos_password_refuse_similar: bool = True
    """Refuse passwords that are much like the name or the e-mail address."""
    astakos_password_breached_file: str = ""
    """File of SHA-1 digests of leaked passwords in hex, sorted, one a line; empty: none."""
    astakos_password_expires_days: int = 0
    """Days after which a password has to be changed; 0: never."""
    astakos_password_reset_minutes: int = 60
    """Minutes for which a link for setting a new password is good."""
    astakos_second_factor_required: str = "nobody"
    """Who must use a second factor: `nobody`, `operators` or `everybody`."""
    astakos_confirm_window: int = 900
    """Seconds for which a password or factor just given covers sensitive changes."""
    astakos_passkey_domain: str = ""
    """Domain that passkeys are made for; empty: the host that the page was opened at."""
    astakos_device_days: int = 180
    """Days for which a browser that signed in is known and spared by the limits."""
    astakos_login_account_limit: int = 50
    """Failures for one account from all strange addresses in the long window, then a puzzle."""
    astakos_login_address_limit: int = 50
    """Failures from one address over all accounts in the long window, then a puzzle."""
    astakos_login_long_window: int = 900
    """Seconds of that window."""
    astakos_second_factor_limit: int = 10
    """Wrong codes for one account from one address in the long window."""
    astakos_receipt_lifetime: int = 300
    """Seconds for which half of a sign-in with several methods is remembered."""
    astakos_session_cookie_name: str = "synnefo_session"
    """Name of the cookie that carries a browser session; scripts never see it."""


class ProjectSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Projects, their members and their usage over time. Spec: identity 18.3, 18.6."""

    astakos_project_admins: frozenset[str] = frozenset()
    """Uuids of users who decide about all projects; administrators do so anyway."""
    astakos_project_members_limit_choices: list[tuple[str, int]] = msgspec.field(
        default_factory=lambda: [
            ("Unlimited", INF),
            ("5", 5),
            ("15", 15),
            ("50", 50),
            ("100", 100),
        ]
    )
    """Limits on members that the application form offers: what it shows and the number."""
    astakos_projects_visible: bool = True
    """Accepted from old settings files and ignored: projects are always shown."""
    astakos_usage_update_interval: int = 5000
    """Milliseconds after which the usage page asks anew."""
    project_notifications_recipients: list[Person] | None = None
    """Who hears of approved applications; None: HELPDESK and MANAGERS."""
    project_creation_recipients: list[Person] | None = None
    """Who hears of applications for projects; None: as above."""
    project_modification_recipients: list[Person] | None = None
    """Who hears of applications for changes; None: as above."""
    quota_policy_module: str | None = None
    """Module that is told of changes by which somebody may come to be over quota."""
    astakos_usage_sample_interval: int = 600
    """Seconds between two looks at all usage for its history; 0: keep no history."""
    astakos_usage_fine_days: int = 7
    """Days for which every change that a look found is kept."""
    astakos_usage_hourly_days: int = 90
    """Days for which one row an hour is kept, with the highest usage of that hour."""
    astakos_usage_daily_days: int = 1830
    """Days for which one row a day is kept; older history is forgotten."""


class SignUpSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Becoming a user, and one's own account. Spec: identity 13, 18.2, 18.4 to 18.6."""

    astakos_ui_url: str = ""
    """Public address of the web interface, for links in mails; empty: `/ui/` of our host."""
    astakos_show_signup: bool = True
    """Whether the sign-in page leads to the sign-up page."""
    astakos_verification_hours: int = 72
    """Hours for which a link that confirms an e-mail address is good."""
    astakos_unverified_days: int = 30
    """Days after which people who never confirmed their address are forgotten; 0: never."""
    astakos_sign_up_limit: int = 20
    """Sign-ups, and mails asked for again, that one network address may make in an hour."""
    astakos_mails_per_address: int = 5
    """Mails of sign-up that one e-mail address gets in an hour at most."""
    astakos_captcha: Literal["altcha", "none"] = "altcha"
    """The puzzle against robots on open forms: `altcha` is our own, without any third party."""
    astakos_altcha_cost: int = 50000
    """The most numbers that a browser has to try for one puzzle; half of it on average."""
    astakos_altcha_seconds: int = 1200
    """Seconds for which a puzzle is good."""
    astakos_recaptcha_enabled: bool = False
    """Whether reCAPTCHA takes the place of our own puzzle."""
    astakos_recaptcha_public_key: str = ""
    """The site's key at reCAPTCHA."""
    astakos_recaptcha_private_key: str = ""
    """The secret key at reCAPTCHA."""
    astakos_recaptcha_use_ssl: bool = True
    """Accepted from old settings files: reCAPTCHA is asked over the address below."""
    astakos_recaptcha_options: dict[str, str] = {}
    """Options of its box, such as `theme`."""
    astakos_recaptcha_script_url: str = "https://www.google.com/recaptcha/api.js"
    """Where browsers get the box from; allow it in UI_SCRIPT_SOURCES."""
    astakos_recaptcha_verify_url: str = "https://www.google.com/recaptcha/api/siteverify"
    """Where answers are checked."""
    astakos_force_profile_update: bool = False
    """Whether people see their profile once before anything else."""
    astakos_invitations_enabled: bool = False
    """Whether users may invite others."""
    astakos_default_user_level: int = 4
    """Depth in the tree of invitations of those whom nobody invited."""
    astakos_invitations_per_level: dict[int, int] = msgspec.field(
        default_factory=lambda: {0: 100, 1: 2, 2: 0, 3: 0, 4: 0}
    )
    """How many people a new user of each depth may invite."""
    astakos_emailchange_enabled: bool = False
    """Whether people may change their e-mail address."""
    astakos_emailchange_activation_days: int = 10
    """Days for which the link that confirms a new address is good."""
    astakos_enable_local_account_migration: bool = True
    """Accepted from old settings files and ignored."""
    astakos_cookie_domain: str | None = None
    """Domain whose hosts people may be sent to after signing in; None: this host only."""
    astakos_login_success_url: str = ""
    """Where to go after signing in; empty: the overview."""
    astakos_logout_next: str = ""
    """Where to go after signing out; empty: the first page."""
    astakos_activation_redirect_url: str = ""
    """Where to go after confirming the address; empty: the overview."""
    astakos_api_client_url: str = ""
    """Where people get the command-line client; empty: the page of `kamaki` here."""
    astakos_kamaki_config_cloud_name: str | None = None
    """Name of this cloud in `.kamakirc`; None: the service's name."""
    astakos_login_messages: list[tuple[str, str]] | dict[str, str] = []
    """Messages on the sign-in page: pairs of a level and a text."""
    astakos_signup_messages: list[tuple[str, str]] | dict[str, str] = []
    """Messages on the sign-up page."""
    astakos_profile_messages: list[tuple[str, str]] | dict[str, str] = []
    """Messages on the pages about one's account."""
    astakos_global_messages: list[tuple[str, str]] | dict[str, str] = []
    """Messages on every page."""
    astakos_messages_views_map: dict[str, list[str]] = {}
    """Accepted from old settings files and ignored: each page shows the messages meant for it."""
    astakos_im_static_url: str = "/static/im/"
    """Accepted from old settings files and ignored: the interface carries its own files."""
    astakos_profile_extra_links: dict[str, str] = {}
    """Addresses and labels of links on the profile page."""
    account_notifications_recipients: list[Person] | None = None
    """Who hears of accounts; None: HELPDESK, MANAGERS and ADMINS."""
    account_pending_moderation_recipients: list[Person] | None = None
    """Who hears of people who wait to be let in; None: as above."""
    account_activated_recipients: list[Person] | None = None
    """Who hears of people who were let in; None: as above."""
    feedback_notifications_recipients: list[Person] | None = None
    """Who gets feedback; None: HELPDESK."""


class OAuthSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """OAuth 2.0, weblogin and what other pages of the site show. Spec: identity 11, 12, 18.7."""

    oauth2_endpoint_prefix: str = "oauth2/"
    """Path of OAuth 2.0 below the base address."""
    oauth2_authorization_endpoint: str = "auth/"
    """Path, below that, at which people let clients act for them."""
    oauth2_token_endpoint: str = "token/"  # noqa: S105 - a path
    """Path, below that, at which clients get their tokens."""
    oauth2_authorization_code_length: int = 60
    """Characters of a code."""
    oauth2_authorization_code_expires: int = 600
    """Seconds for which a code is good."""
    oauth2_token_length: int = 30
    """Characters of an access token."""
    oauth2_token_expires: int = 20
    """Seconds for which an access token is good."""
    oauth2_maximum_allowed_redirect_uri_length: int = 5000
    """Characters that a redirect URI may have."""
    oauth2_user_model: str = "auth.User"
    """Accepted from old settings files and ignored."""
    astakos_redirect_allowed_schemes: tuple[str, ...] = ("pithos", "pithosdev")
    """Schemes of programs to which weblogin hands a token."""
    astakos_translate_uuids: bool = False
    """Whether the identity cookie names users by their address, as very old services expect."""
    astakos_components_meta: dict[str, dict[str, Any]] = {}
    """How components are shown to people, merged over what is known of them."""
    cloudbar_active: bool = True
    """Whether pages of components show the bar that leads to the others."""
    cloudbar_location: str | None = None
    """Where its script and style are; None: `ui/cloudbar/` below the base address."""
    cloudbar_services_url: str | None = None
    """Where it asks for the services; None: `ui/get_services` below the base address."""
    cloudbar_menu_url: str | None = None
    """Where it asks for the menu; None: `ui/get_menu` below the base address."""
    cloudbar_cookie_name: str = "okeanos_account"
    """Name of the cookie that it looks at; set it to the identity cookie's."""
    cloudbar_height: int = 35
    """Its height in pixels."""
    cloudbar_background_color: str = "#000000"
    """Its colour."""


class StatisticsSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Settings of the figures of the whole cloud. Spec: identity 18.3."""

    astakos_admin_stats_permitted_groups: list[str] = msgspec.field(
        default_factory=lambda: ["admin-stats"]
    )
    """Groups whose members see statistics in detail."""


class AdminSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Settings of the administrators' API. Spec: identity 10.1, 18.3."""

    astakos_admin_api_enabled: bool = False
    """Whether programs may manage users below `/identity/v2.0/users`."""
    astakos_admin_api_permitted_groups: list[str] = msgspec.field(
        default_factory=lambda: ["admin-api"]
    )
    """Groups whose members' tokens may."""
    astakos_paginate_by: int = 50
    """Lines of a page of a list, where a client asks for no number."""
    astakos_paginate_by_all: int = 50
    """The same for the list of all projects."""
    astakos_resources_meta: dict[str, object] = {}
    """How resources are shown, laid over what is shipped: `resources`, `groups`, their orders."""
    astakos_services: dict[str, dict[str, object]] = {}
    """Default limits as settings of 0.13 had them; `astakos-init` takes them over."""
    astakos_logging_level: str = "INFO"
    """How much Astakos logs: DEBUG, INFO, WARNING or ERROR."""
