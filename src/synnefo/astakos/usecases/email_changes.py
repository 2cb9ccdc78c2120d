"""Another e-mail address: asked for, confirmed by a link sent there. Spec: identity 13.6."""

from datetime import datetime, timedelta

from django.db import transaction

from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import DATABASE, EmailChange, User
from synnefo.astakos.settings import SignUpSettings
from synnefo.astakos.usecases import addresses, attempts, audit, messages, users
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, Gone, TooManyRequests
from synnefo.kit.ids import new_token
from synnefo.serve import mail

PER_HOUR = 5


def are_enabled() -> bool:
    """Tell whether people may change their address here."""
    return conf.of(SignUpSettings).astakos_emailchange_enabled


def pending(user: User) -> EmailChange | None:
    """Answer the change that waits to be confirmed; None when there is none."""
    return EmailChange.objects.filter(user=user, requested_at__gt=_oldest()).first()


def ask(user: User, address: str) -> EmailChange:
    """Note a wish for another address and write to both; an earlier wish ends.

    Whether another account has the new address is told to nobody but its mailbox.
    """
    if not are_enabled():
        raise Forbidden("E-mail addresses cannot be changed here.")
    email = address.strip()
    if not mail.is_address(email):
        raise BadRequest(f"'{mail.one_line(address)}' is not an e-mail address.")
    if email.lower() == user.email.lower():
        raise BadRequest("This is your address already.")
    if not attempts.count("email-change", user.uuid, PER_HOUR, timedelta(hours=1)):
        raise TooManyRequests("Too many changes were asked for. Try again in an hour.")
    key = new_token()
    with transaction.atomic(using=DATABASE):
        EmailChange.objects.filter(user=user).delete()
        made = EmailChange.objects.create(
            user=user, new_email_address=email, activation_key=digest_of(key)
        )
        _write(made, key)
        audit.record("email-change.asked", subject=user, to=email)
    return made


def cancel(user: User) -> None:
    """Drop the wish for another address; harmless when there is none."""
    with transaction.atomic(using=DATABASE):
        dropped, _ = EmailChange.objects.filter(user=user).delete()
        if dropped:
            audit.record("email-change.cancelled", subject=user)


def confirm(key: str, signed_in: User | None) -> User:
    """Give a user the new address, once.

    Raises Gone for a link that is not good, Forbidden when somebody else is signed in,
    Conflict when the address was taken meanwhile.
    """
    found = EmailChange.objects.select_related("user").filter(activation_key=digest_of(key))
    change = found.first()
    if change is None or change.requested_at <= _oldest() or not change.user.is_active:
        raise Gone(messages.say("EMAIL_CHANGE_EXPIRED"))
    if signed_in is not None and signed_in.pk != change.user_id:
        raise Forbidden("You are signed in as somebody else. Sign out and follow the link again.")
    user = change.user
    with transaction.atomic(using=DATABASE):
        used, _ = EmailChange.objects.filter(pk=change.pk).delete()
        if not used:
            raise Gone(messages.say("EMAIL_CHANGE_EXPIRED"))
        before = user.email
        try:
            users.set_email(user, change.new_email_address)
        except Conflict as conflict:
            raise Conflict(messages.say("EMAIL_USED")) from conflict
        audit.record("email-change.done", subject=user, before=before, after=user.email)
    return user


def forget_expired() -> int:
    """Delete wishes that ran out; answer how many."""
    gone, _ = EmailChange.objects.filter(requested_at__lte=_oldest()).delete()
    return gone


def _write(change: EmailChange, key: str) -> None:
    """Write to both addresses; an address that somebody has already hears of it otherwise."""
    language = change.user.language
    mail.later(
        "registration/email_change_email_new_email.txt",
        [change.new_email_address],
        language=language,
        ec=change,
        url=addresses.page("email-change", key),
    )
    old = "registration/email_change_email_old_email.txt"
    mail.later(old, [change.user.email], language=language, ec=change)


def _oldest() -> datetime:
    days = conf.of(SignUpSettings).astakos_emailchange_activation_days
    return now() - timedelta(days=days)
