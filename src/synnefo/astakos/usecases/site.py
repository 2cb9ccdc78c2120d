"""What the site is called and what its pages say. Spec: identity 13.0, 18.5, 18.8."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Literal

import msgspec

from synnefo.astakos.domain.plain_html import cleaned
from synnefo.astakos.settings import SignUpSettings
from synnefo.astakos.usecases import (
    auth_policies,
    email_changes,
    invitations,
    messages,
    terms,
)
from synnefo.kit import conf
from synnefo.serve import mail_texts
from synnefo.serve.mail_settings import BrandingSettings, MailSettings

Place = Literal["login", "signup", "profile", "global"]
Told = Sequence[tuple[str, str]] | dict[str, str]
LEVELS = frozenset({"success", "info", "warning", "error"})


class Message(msgspec.Struct, frozen=True):
    """A message of the operators: its level, and what it says as simple HTML."""

    level: str
    html: str


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What every page may show; needs no token."""

    name: str
    url: str
    version: str
    company: str
    company_url: str
    support: str
    logo_url: str
    copyright: str
    footer: str
    can_sign_up: bool
    shows_sign_up: bool
    has_terms: bool
    has_invitations: bool
    has_email_change: bool
    forces_profile: bool
    client_url: str
    cloud_name: str
    login_success_url: str
    logout_next: str
    profile_links: dict[str, str]
    messages: dict[Place, list[Message]]
    overrides: dict[str, str]


def show() -> Site:
    """Gather what the pages show."""
    branding, settings = conf.of(BrandingSettings), conf.of(SignUpSettings)
    line = str(mail_texts.branding()["BRANDING_COPYRIGHT_MESSAGE"])
    return Site(
        name=branding.branding_service_name,
        url=branding.branding_service_url,
        version=version("snf-astakos-app"),
        company=branding.branding_company_name,
        company_url=branding.branding_company_url,
        support=conf.of(MailSettings).contact_email,
        logo_url=branding.branding_dashboard_logo_url,
        copyright=line if branding.branding_show_copyright else "",
        footer=branding.branding_footer_extra_message,
        can_sign_up=can_sign_up(),
        shows_sign_up=settings.astakos_show_signup and can_sign_up(),
        has_terms=terms.latest() is not None,
        has_invitations=invitations.are_enabled(),
        has_email_change=email_changes.are_enabled(),
        forces_profile=settings.astakos_force_profile_update,
        client_url=settings.astakos_api_client_url,
        cloud_name=cloud_name(),
        login_success_url=settings.astakos_login_success_url,
        logout_next=settings.astakos_logout_next,
        profile_links=settings.astakos_profile_extra_links,
        messages={
            "login": _told(settings.astakos_login_messages),
            "signup": _told(settings.astakos_signup_messages),
            "profile": _told(settings.astakos_profile_messages),
            "global": _told(settings.astakos_global_messages),
        },
        overrides=messages.overrides(),
    )


def can_sign_up() -> bool:
    """Tell whether anybody can sign up by any way at all."""
    return any(auth_policies.allowed(module, "create") for module in auth_policies.enabled())


def cloud_name() -> str:
    """Answer what this cloud is called in clients' files. Spec: identity 13.12."""
    named = conf.of(SignUpSettings).astakos_kamaki_config_cloud_name
    service = conf.of(BrandingSettings).branding_service_name
    return named or "_".join(service.lower().split()) or "cloud"


def kamakirc(auth_url: str, token: str) -> str:
    """Write the client's file for one user. Spec: identity 13.12."""
    name = "".join(char for char in cloud_name() if char.isprintable() and char not in '"]')
    return (
        f"[global]\ndefault_cloud = {name}\n\n"
        f'[cloud "{name}"]\nurl = {auth_url}\ntoken = {token}\n'
    )


def _told(given: Told) -> list[Message]:
    pairs = given.items() if isinstance(given, dict) else given
    return [Message(level if level in LEVELS else "info", cleaned(html)) for level, html in pairs]
