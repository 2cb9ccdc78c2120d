"""Sentences about each provider, filled from names alone. Spec: identity 14.5. Pure."""

import re
from collections.abc import Mapping

TITLES = {
    "local": "Classic",
    "ldap": "Enterprise",
    "shibboleth": "Academic",
    "google": "Google",
    "twitter": "Twitter",
    "linkedin": "LinkedIn",
}

DEFAULTS = {
    "title": "{module_title}",
    "login_title": "{title} LOGIN",
    "method_prompt": "{title} login",
    "account_prompt": "{title} account",
    "signup_title": "{title}",
    "profile_title": "{title}",
    "method_details": "{account_prompt}: {username}",
    "primary_login_prompt": "Sign in with your {account_prompt}",
    "required": "{title} is required. Add it on your profile page.",
    "login_prompt": "Sign in with {title}",
    "add_prompt": "Let me sign in with my {account_prompt}, too",
    "login_extra": "",
    "username": "{username}",
    "disabled_for_create": "Nobody can sign up with {title} here.",
    "switch_success": "The account was changed.",
    "cannot_login": "Signing in with {title} is switched off for this account.",
    "module_icon": "{module}",
    "module_medium_icon": "{module}",
    "login_success": "You are signed in with {title}.",
    "logout_success": "You are signed out.",
    "logout_success_extra": "You may still be signed in at {title}. Sign out there, too.",
    "login_description": "",
}
"""Each message by its key; messages may name others."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_DEEPEST = 4


def setting_names(module: str, key: str) -> tuple[str, str]:
    """Name the settings of a message: a module's own, then the one of all."""
    upper = key.upper()
    return f"ASTAKOS_AUTH_PROVIDER_{module.upper()}_{upper}", f"ASTAKOS_AUTH_PROVIDERS_{upper}"


def fill(text: str, values: Mapping[str, str], depth: int = 0) -> str:
    """Fill `{name}` from values alone; what nobody knows becomes nothing.

    Values are never filled in turn, except other messages, which only settings write.
    """

    def put(match: re.Match[str]) -> str:
        name = match[1]
        if name in DEFAULTS and name not in values and depth < _DEEPEST:
            return fill(DEFAULTS[name], values, depth + 1)
        return values.get(name, "")

    return _PLACEHOLDER.sub(put, text)
