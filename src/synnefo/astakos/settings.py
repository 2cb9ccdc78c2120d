"""Settings of Astakos. Spec: identity 18."""

import msgspec


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
    astakos_moderation_enabled: bool = True
    """Whether somebody has to accept new users."""
    astakos_re_user_email_patterns: list[str] = []
    """Regular expressions of e-mail addresses that are accepted at once."""
    astakos_ratelimit_retries_allowed: int = 10
    """Wrong passwords for one account from one address before the pair has to wait."""
    astakos_ratelimit_window: int = 60
    """Seconds for which that pair then waits."""
    astakos_argon2_time_cost: int = 2
    """Rounds of the password hash; raise it until signing in takes as long as you accept."""
    astakos_argon2_memory_cost: int = 19456
    """KiB of memory that one password check takes."""
    astakos_argon2_parallelism: int = 1
    """Threads that one password check takes."""
    astakos_region: str = "default"
    """Name of the region in the Identity v3 catalogue."""
