"""Invitations: who invited whom, and how many more they may invite. Spec: identity 13.10."""

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from synnefo.astakos.models import DATABASE, Invitation, User
from synnefo.astakos.models.sign_up import LARGEST_CODE
from synnefo.astakos.settings import SignUpSettings
from synnefo.astakos.usecases import audit, messages, notices
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict, Forbidden
from synnefo.serve import mail

LONGEST_NAME = 255
DIGITS = len(str(LARGEST_CODE))


def are_enabled() -> bool:
    """Tell whether users may invite others here."""
    return conf.of(SignUpSettings).astakos_invitations_enabled


def sent_by(user: User) -> QuerySet[Invitation]:
    """List a user's invitations, the latest first."""
    return user.sent.order_by("-pk")


def send(user: User, email: str, realname: str) -> Invitation:
    """Invite somebody; one invitation fewer is left then.

    Raises Forbidden, BadRequest; Conflict when none is left or the address is known.
    """
    if not are_enabled():
        raise Forbidden("Invitations are switched off here.")
    address, name = email.strip(), mail.one_line(realname)
    if not mail.is_address(address) or len(name) > LONGEST_NAME:
        raise BadRequest(f"'{mail.one_line(email)}' is not an e-mail address.")
    with transaction.atomic(using=DATABASE):
        mine = User.objects.filter(pk=user.pk, invitations__gt=0)
        if not mine.update(invitations=F("invitations") - 1):
            raise Conflict(messages.say("MAX_INVITATION_NUMBER_REACHED"))
        made = _make(user, address, name)
        notices.invite(made)
        audit.record("invitation.sent", subject=user, to=address)
    user.refresh_from_db(fields=["invitations"])
    return made


def by_code(code: str) -> Invitation | None:
    """Answer the open invitation with this code; None when there is none.

    Raises Conflict for one that was used.
    """
    if not (are_enabled() and code.isascii() and code.isdigit() and len(code) <= DIGITS):
        return None
    if int(code) > LARGEST_CODE:
        return None
    found = Invitation.objects.filter(code=int(code)).select_related("inviter").first()
    if found is not None and found.is_consumed:
        raise Conflict(messages.say("INVITATION_CONSUMED_ERR"))
    return found


def level_of(invitation: Invitation | None, email: str) -> int | None:
    """Answer the depth of who comes by an invitation to their own address; None without one."""
    if invitation is None or invitation.username.lower() != email.lower():
        return None
    return invitation.inviter.level + 1 if invitation.inviter is not None else None


def _make(user: User, address: str, name: str) -> Invitation:
    taken = User.objects.verified().filter(email__iexact=address).exists()
    if taken or Invitation.objects.filter(username__iexact=address).exists():
        raise Conflict(messages.say("INVITATION_EMAIL_EXISTS"))
    try:
        with transaction.atomic(using=DATABASE):
            return Invitation.objects.create(inviter=user, username=address, realname=name)
    except IntegrityError as error:
        raise Conflict(messages.say("INVITATION_EMAIL_EXISTS")) from error
