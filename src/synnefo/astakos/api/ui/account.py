"""One's own account over HTTP: profile, address, terms, invitations, feedback, client files.

Spec: identity 13.6, 13.7, 13.9 to 13.13.
"""

import msgspec

from synnefo.astakos.api.discovery import base_url
from synnefo.astakos.api.ui import cookies
from synnefo.astakos.models import Invitation, User
from synnefo.astakos.usecases import (
    auth_policies,
    callers,
    email_changes,
    feedback,
    invitations,
    profiles,
    sessions,
    site,
    terms,
    tokens,
)
from synnefo.kit.clock import stamp
from synnefo.kit.faults import BadRequest, Unauthorized
from synnefo.kit.units import is_number
from synnefo.serve.http import Call, Reply


class Profile(msgspec.Struct):
    """What one keeps about oneself; fields in `forced` come from a provider."""

    id: str
    email: str
    first_name: str
    last_name: str
    language: str
    forced: list[str]
    joined: str
    has_seen_profile: bool
    can_change_email: bool
    pending_email: str
    required_methods: list[str]
    invitations: int
    signed_terms: str | None


class ProfileChange(msgspec.Struct):
    """What to change; what is left out stays."""

    first_name: str | None = None
    last_name: str | None = None
    language: str | None = None


class NewEmail(msgspec.Struct):
    """The address wanted."""

    email: str


class Key(msgspec.Struct):
    """The key of a mailed link."""

    key: str


class Changed(msgspec.Struct):
    """The address that counts from now on."""

    email: str


class Terms(msgspec.Struct):
    """One version of the terms of use, as simple HTML."""

    id: int
    date: str
    html: str
    is_latest: bool


class Signature(msgspec.Struct):
    """Which version somebody agrees to."""

    terms: int


class Sent(msgspec.Struct):
    """An invitation that was sent."""

    email: str
    realname: str
    is_used: bool
    sent: str


class Invitations(msgspec.Struct):
    """How many invitations are left, and those that were sent."""

    left: int
    sent: list[Sent]


class NewInvitation(msgspec.Struct):
    """Whom to invite."""

    email: str
    realname: str = ""


class Feedback(msgspec.Struct):
    """What somebody thinks, and what the page adds."""

    feedback_msg: str
    feedback_data: str = ""


def show_profile(call: Call) -> Profile:
    """Show what the caller keeps about themselves."""
    user = callers.user_of(call.who)
    shown = _profile(user)
    profiles.visited(user)
    return shown


def change_profile(call: Call, body: ProfileChange) -> Profile:
    """Change the caller's names and language."""
    user = callers.user_of(call.who)
    given = msgspec.structs.asdict(body)
    profiles.change(user, {name: text for name, text in given.items() if text is not None})
    return _profile(user)


def ask_email_change(call: Call, body: NewEmail) -> Profile:
    """Ask for another e-mail address; both addresses get a mail, the new one with a link."""
    user = callers.user_of(call.who)
    if "email" in profiles.forced_of(user):
        raise BadRequest("Your address comes from the provider that you sign in with.")
    sessions.check_person(call.who)
    email_changes.ask(user, body.email)
    return _profile(user)


def cancel_email_change(call: Call) -> Profile:
    """Keep the address as it is after all."""
    user = callers.user_of(call.who)
    email_changes.cancel(user)
    return _profile(user)


def confirm_email_change(call: Call, body: Key) -> Changed:
    """Take a new address into use by the key of a mailed link; works signed out, too."""
    cookies.check_own_page(call)
    signed_in = callers.user_of(call.caller) if call.caller is not None else None
    return Changed(email_changes.confirm(body.key, signed_in).email)


def show_terms(call: Call) -> Terms:
    """Show the terms of use that count now; needs no token."""
    del call
    return _terms(None)


def show_version(call: Call, terms_id: str) -> Terms:
    """Show one version of the terms of use; needs no token."""
    del call
    if not is_number(terms_id):
        return _terms(-1)
    return _terms(int(terms_id))


def sign_terms(call: Call, body: Signature) -> None:
    """Agree to the latest terms in the name of the browser's session."""
    cookies.check_own_page(call)
    token = cookies.session_of(call)
    if not token:
        raise Unauthorized("Nobody is signed in here.")
    terms.sign(tokens.find(token, unsigned=True).user, body.terms)


def list_invitations(call: Call) -> Invitations:
    """List the caller's invitations."""
    return _invitations(callers.user_of(call.who))


def invite(call: Call, body: NewInvitation) -> Invitations:
    """Invite somebody by mail; one invitation fewer is left then."""
    user = callers.user_of(call.who)
    invitations.send(user, body.email, body.realname)
    return _invitations(user)


def send_feedback(call: Call, body: Feedback) -> None:
    """Tell those who run this cloud what the caller thinks."""
    feedback.send(callers.user_of(call.who), body.feedback_msg, body.feedback_data)


def show_site(call: Call) -> site.Site:
    """Tell what the site is called and what its pages show; needs no token."""
    del call
    return site.show()


def show_kamakirc(call: Call) -> Reply:
    """Write the client's settings file for the caller, with the token of this call."""
    text = site.kamakirc(f"{base_url()}/identity/v2.0", call.who.token)
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": 'attachment; filename=".kamakirc"',
        "Cache-Control": "no-store",
    }
    return Reply(headers=headers, body=text.encode())


def _profile(user: User) -> Profile:
    waiting = email_changes.pending(user)
    forced = profiles.forced_of(user)
    signed = user.date_signed_terms
    return Profile(
        id=user.uuid,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        language=user.language,
        forced=sorted(forced),
        joined=stamp(user.date_joined),
        has_seen_profile=user.is_verified,
        can_change_email=email_changes.are_enabled() and "email" not in forced,
        pending_email=waiting.new_email_address if waiting is not None else "",
        required_methods=auth_policies.required_of(user),
        invitations=user.invitations if invitations.are_enabled() else 0,
        signed_terms=stamp(signed) if signed is not None else None,
    )


def _terms(number: int | None) -> Terms:
    found, latest = terms.find(number), terms.latest()
    is_latest = latest is not None and latest.pk == found.pk
    return Terms(found.pk, stamp(found.date), terms.text(found), is_latest)


def _invitations(user: User) -> Invitations:
    return Invitations(user.invitations, [_sent(each) for each in invitations.sent_by(user)])


def _sent(invitation: Invitation) -> Sent:
    made = stamp(invitation.created)
    return Sent(invitation.username, invitation.realname, invitation.is_consumed, made)
