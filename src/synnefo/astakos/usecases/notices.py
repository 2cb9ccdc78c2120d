"""Mails about accounts: to the people themselves, and to those who let them in.

Spec: identity 3.2.3, 15.
"""

from collections.abc import Sequence
from datetime import datetime

from synnefo.astakos.models import Invitation, User
from synnefo.astakos.settings import SignUpSettings
from synnefo.astakos.usecases import addresses
from synnefo.kit import conf
from synnefo.serve import mail
from synnefo.serve.mail_settings import MailSettings, Person


def confirm_address(user: User, code: str, expires: datetime) -> None:
    """Ask somebody to confirm that an address is theirs."""
    mail.later(
        "im/activation_email.txt",
        [user.email],
        language=user.language,
        user=user,
        url=addresses.page("activate", code),
        expires=expires,
        baseurl=addresses.ui_root(),
    )


def welcome(user: User) -> None:
    """Greet somebody who was let in, and tell those who want to know."""
    _write("im/welcome_email.txt", user)
    to = _people(conf.of(SignUpSettings).account_activated_recipients)
    mail.later("im/account_activated_notification.txt", to, user=user, url=_of_operators(user))


def waits(user: User) -> None:
    """Tell those who decide that somebody waits to be let in."""
    to = _people(conf.of(SignUpSettings).account_pending_moderation_recipients)
    template = "im/account_pending_moderation_notification.txt"
    mail.later(template, to, user=user, url=_of_operators(user))


def exists_already(user: User) -> None:
    """Tell somebody that they have an account, which only they may learn."""
    _write("im/account_exists_email.txt", user)


def invite(invitation: Invitation) -> None:
    """Invite somebody."""
    mail.later(
        "im/invitation.txt",
        [invitation.username],
        invitation=invitation,
        url=f"{addresses.page('signup')}?code={invitation.code}",
        baseurl=addresses.ui_root(),
    )


def feedback(user: User, message: str, data: str) -> None:
    """Pass on what somebody thinks."""
    named = conf.of(SignUpSettings).feedback_notifications_recipients
    to = mail.recipients(conf.of(MailSettings).helpdesk if named is None else named)
    mail.later("im/feedback_mail.txt", to, user=user, message=message, data=data)


def _write(template: str, user: User) -> None:
    """Write to a person; the link leads to the page where they sign in."""
    root = addresses.ui_root()
    to = [user.email]
    mail.later(template, to, language=user.language, user=user, url=root, baseurl=root)


def _people(named: Sequence[Person] | None) -> list[str]:
    settings = conf.of(MailSettings)
    if named is None:
        named = conf.of(SignUpSettings).account_notifications_recipients
    if named is None:
        named = [*settings.helpdesk, *settings.managers, *settings.admins]
    return mail.recipients(named)


def _of_operators(user: User) -> str:
    return addresses.page(f"operate/users/{user.uuid}")
