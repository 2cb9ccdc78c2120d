"""Signing up, by a form or by way of a provider. Spec: identity 3.2.1, 13.2.

Whether an address has an account already shows in no answer and in no time that one takes: what
differs is done by an errand, and told by mail to the address alone.
"""

import re
from datetime import timedelta

import msgspec
from django.db import transaction

from synnefo.astakos.domain.attempts import place_of
from synnefo.astakos.domain.identities import Identity
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import DATABASE, Invitation, PendingThirdPartyUser, SignUp, User
from synnefo.astakos.models.auth_providers import LOCAL
from synnefo.astakos.settings import SignUpSettings
from synnefo.astakos.usecases import (
    activations,
    attempts,
    audit,
    auth_policies,
    captcha,
    invitations,
    messages,
    notices,
    passwords,
    pending_third_parties,
    terms,
    users,
)
from synnefo.astakos.usecases.activations import Result
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, TooManyRequests
from synnefo.kit.ids import new_token
from synnefo.kit.logs import get_logger
from synnefo.serve import mail
from synnefo.serve.errands import Errand

log = get_logger(__name__)

REGISTER = Errand("astakos.register", is_secret=True)
REGISTER_KNOWN = Errand("astakos.register_third_party", is_secret=True)
HOUR = timedelta(hours=1)
LONGEST_NAME = 150
LANGUAGES = frozenset({"en", "el"})
_ODD_NAME = re.compile(r"[<>{}\[\]\\|@/:;\"]|https?|www\.", re.IGNORECASE)
"""What no name holds, and what would make our mails carry somebody's advertisement."""
TOO_MANY = "Too many people signed up from where you are. Try again in an hour."


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed who signs up by e-mail address and password."""

    email: str
    password: str
    first_name: str = ""
    last_name: str = ""
    terms: int | None = None
    captcha: str = ""
    code: str = ""
    language: str = ""


class KnownForm(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed whom a provider knows; `token` tells who they are there."""

    token: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    terms: int | None = None
    code: str = ""
    language: str = ""


class Asked(msgspec.Struct, frozen=True):
    """A sign-up to carry out; `browser` is the digest of the secret in its cookie."""

    person: users.NewUser
    browser: str
    invitation: int | None


class Registered(msgspec.Struct, frozen=True):
    """How a sign-up went: the secret for the browser's cookie; `user` only if let in at once."""

    browser: str
    result: Result = Result.PENDING_VERIFICATION
    user: User | None = None


def register(form: Form, address: str) -> Registered:
    """Take a sign-up by password.

    Raises BadRequest with what to mend, Forbidden where nobody may sign up so, TooManyRequests.
    """
    if not auth_policies.allowed(LOCAL, "create"):
        raise Forbidden(messages.say("AUTH_PROVIDER_NOT_ACTIVE_FOR_CREATE", provider="A password"))
    person = _person(form)
    check_terms(form.terms)
    invitation = invitations.by_code(form.code)
    captcha.check(form.captcha)
    check_pace(address)
    browser = new_token()
    told = msgspec.structs.replace(person, level=invitations.level_of(invitation, person.email))
    if auth_policies.allowed(LOCAL, "autoverify"):
        with transaction.atomic(using=DATABASE):
            user = _add(told, LOCAL, digest_of(browser), invitation)
            result = activations.verify(user)
        return Registered(browser, result, user if user.is_active else None)
    REGISTER.later(
        person=msgspec.to_builtins(told),
        browser=digest_of(browser),
        invitation=invitation.pk if invitation else None,
    )
    return Registered(browser)


def carry_out(asked: Asked) -> None:
    """Make the account that somebody asked for, or tell by mail that there is one."""
    if not activations.may_mail(asked.person.email):
        log.info("sign-up-too-often", email=asked.person.email)
        return
    with transaction.atomic(using=DATABASE):
        user = _newcomer(asked, LOCAL)
        if user is not None:
            activations.send_link(user)


def _newcomer(asked: Asked, module: str) -> User | None:
    """Make the account; None when there is one already, whose holder then gets a mail."""
    person = asked.person
    holder = User.objects.verified().filter(email__iexact=person.email).first()
    if holder is not None:
        notices.exists_already(holder)
        audit.record("user.sign-up-repeated", subject=holder)
        return None
    found = Invitation.objects.filter(pk=asked.invitation) if asked.invitation else None
    return _add(person, module, asked.browser, found.first() if found else None)


def register_known(form: KnownForm, address: str) -> Registered:
    """Take a sign-up of somebody whom a provider knows; what it forces is not theirs to change.

    Raises ItemNotFound for a token that ran out, else as `register`. Conflict when the provider
    vouches for an address that has an account: that person may know it.
    """
    row = pending_third_parties.find(form.token)
    if not auth_policies.allowed(row.provider, "create"):
        key = "AUTH_PROVIDER_NOT_ACTIVE_FOR_CREATE"
        raise Forbidden(messages.say(key, provider=row.provider))
    person = _known_person(form, pending_third_parties.identity_of(row))
    check_terms(form.terms)
    invitation = invitations.by_code(form.code)
    check_pace(address)
    browser = new_token()
    level = invitations.level_of(invitation, person.email)
    told = msgspec.structs.replace(person, level=level)
    if pending_third_parties.vouches(row, person.email):
        with transaction.atomic(using=DATABASE):
            user = _add_vouched(told, row.provider, digest_of(browser), invitation)
            pending_third_parties.complete(user, row)
            result = activations.verify(user)
        return Registered(browser, result, user if user.is_active else None)
    REGISTER_KNOWN.later(
        person=msgspec.to_builtins(told),
        browser=digest_of(browser),
        invitation=invitation.pk if invitation else None,
        pending=row.pk,
    )
    return Registered(browser)


def carry_out_known(asked: Asked, pending: int) -> None:
    """Make the account of somebody whom a provider knows, or tell its holder by mail."""
    row = PendingThirdPartyUser.objects.filter(pk=pending).first()
    if row is None or not activations.may_mail(asked.person.email):
        return
    with transaction.atomic(using=DATABASE):
        user = _newcomer(asked, row.provider)
        if user is not None:
            pending_third_parties.complete(user, row)
            activations.send_link(user)


def check_person(email: str, first_name: str, last_name: str) -> None:
    """Refuse an address or a name that is none. Raises BadRequest."""
    if not mail.is_address(email):
        raise BadRequest(f"'{mail.one_line(email)}' is not an e-mail address.")
    check_names(first_name, last_name)


def check_names(*names: str) -> None:
    """Refuse what is no name, or somebody's advertisement. Raises BadRequest."""
    for name in names:
        if len(name) > LONGEST_NAME or not name.isprintable() or _ODD_NAME.search(name):
            raise BadRequest(f"'{mail.one_line(name)[:LONGEST_NAME]}' cannot be a name here.")


def check_terms(signed: int | None) -> None:
    """Refuse who does not agree to the latest terms, where there are any."""
    latest = terms.latest()
    if latest is not None and signed != latest.pk:
        raise BadRequest(messages.say("SIGN_TERMS"))


def check_pace(address: str) -> None:
    """Refuse who signs up, or asks for mails, too often."""
    limit = conf.of(SignUpSettings).astakos_sign_up_limit
    if not attempts.count("sign-up-from", place_of(address), limit, HOUR):
        seconds = str(int(HOUR.total_seconds()))
        raise TooManyRequests(TOO_MANY, headers={"Retry-After": seconds})


def _person(form: Form) -> users.NewUser:
    email = form.email.strip()
    first, last = form.first_name.strip(), form.last_name.strip()
    check_person(email, first, last)
    passwords.check_policy(form.password, email, first, last)
    return users.NewUser(
        email=email,
        first_name=first,
        last_name=last,
        password_hash=passwords.hash_password(form.password),
        has_signed_terms=form.terms is not None,
        language=language_of(form.language),
    )


def _known_person(form: KnownForm, identity: Identity) -> users.NewUser:
    typed = {
        "email": form.email.strip(),
        "first_name": form.first_name.strip(),
        "last_name": form.last_name.strip(),
    }
    told = {name: str(getattr(identity, name)) for name in typed if name in identity.forced}
    facts = {**typed, **told}
    check_person(facts["email"], facts["first_name"], facts["last_name"])
    return users.NewUser(
        email=facts["email"],
        first_name=facts["first_name"],
        last_name=facts["last_name"],
        has_signed_terms=form.terms is not None,
        language=language_of(form.language),
    )


def language_of(text: str) -> str:
    """Answer a language that our mails speak; empty for any other."""
    return text if text in LANGUAGES else ""


def _add_vouched(
    person: users.NewUser, module: str, browser: str, invited: Invitation | None
) -> User:
    """Make the account of who proved their address; they may know that it has one already."""
    try:
        return _add(person, module, browser, invited)
    except Conflict as conflict:
        hint = messages.say("AUTH_PROVIDER_ADD_TO_EXISTING_ACCOUNT", provider=module)
        raise Conflict(f"{conflict.message} {hint}") from conflict


def _add(person: users.NewUser, module: str, browser: str, invited: Invitation | None) -> User:
    try:
        with users.one_address(person.email), transaction.atomic(using=DATABASE):
            user = users.add(person)
            SignUp.objects.create(user=user, browser=browser, module=module, invitation=invited)
            audit.record("user.signed-up", actor=user, subject=user, module=module)
    except Conflict as conflict:
        raise Conflict(messages.say("EMAIL_USED")) from conflict
    return user
