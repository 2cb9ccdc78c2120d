"""Becoming a user over HTTP: the form, the link that confirms, the mail sent again.

Spec: identity 13.2, 13.4.
"""

from datetime import timedelta

import msgspec

from synnefo.astakos.api.ui import cookies
from synnefo.astakos.api.ui.session import Session, Waiting, entered, visit_of
from synnefo.astakos.models import PendingThirdPartyUser, User
from synnefo.astakos.models.auth_providers import LOCAL
from synnefo.astakos.settings import SecuritySettings, SignUpSettings
from synnefo.astakos.usecases import (
    activations,
    addresses,
    auth_policies,
    captcha,
    entrances,
    invitations,
    pending_third_parties,
    sign_ups,
    terms,
)
from synnefo.astakos.usecases.activations import Proof, Result
from synnefo.astakos.usecases.captcha import Puzzle
from synnefo.kit import conf
from synnefo.kit.faults import Conflict
from synnefo.serve.http import Call

ENTERED_BY = "email"


class Wanted(msgspec.Struct):
    """With what somebody comes to the form: an invitation's code, a provider's token."""

    code: str = ""
    third_party_token: str = ""


class Captcha(msgspec.Struct):
    """Which puzzle is asked: `altcha`, `recaptcha` or `none`, and what its box needs."""

    kind: str
    public_key: str
    script_url: str
    options: dict[str, str]


class Known(msgspec.Struct):
    """What a provider said of somebody; fields in `forced` cannot be changed."""

    provider: str
    email: str
    first_name: str
    last_name: str
    forced: list[str]
    replaces_unverified: bool


class Invited(msgspec.Struct):
    """To whom an invitation was sent, and by whom."""

    email: str
    realname: str
    inviter: str


class SignUpForm(msgspec.Struct):
    """All that the form needs."""

    by_password: bool
    password_min_length: int
    terms: int | None
    captcha: Captcha
    known: Known | None
    invited: Invited | None
    invitation_problem: str


class NewAccount(msgspec.Struct, kw_only=True):
    """The filled form; `third_party_token` in place of a password where a provider knows one."""

    email: str = ""
    password: str = ""
    first_name: str = ""
    last_name: str = ""
    terms: int | None = None
    captcha: str = ""
    code: str = ""
    third_party_token: str = ""
    language: str = ""
    next: str = ""


class Progress(msgspec.Struct):
    """How far an account is, where to go next, and the session of who was let in at once."""

    result: Result
    next: str = ""
    session: Session | Waiting | None = None


class Confirmation(msgspec.Struct):
    """The code of a link, and the password where the browser is another one."""

    code: str
    password: str = ""


class Again(msgspec.Struct):
    """For which address a mail is wanted again."""

    email: str
    captcha: str = ""


def show_form(call: Call, body: Wanted) -> SignUpForm:
    """Tell what the sign-up form asks for; needs no token."""
    del call
    latest = terms.latest()
    invited, problem = _invited(body.code)
    row = pending_third_parties.find(body.third_party_token) if body.third_party_token else None
    return SignUpForm(
        by_password=auth_policies.allowed(LOCAL, "create"),
        password_min_length=conf.of(SecuritySettings).astakos_password_min_length,
        terms=latest.pk if latest else None,
        captcha=_captcha(),
        known=_known(row) if row is not None else None,
        invited=invited,
        invitation_problem=problem,
    )


def show_puzzle(call: Call) -> Puzzle:
    """Make a puzzle against robots; its solution is good once, for some minutes."""
    call.reply_headers["Cache-Control"] = "no-store"
    return captcha.puzzle()


def sign_up(call: Call, body: NewAccount) -> Progress:
    """Ask for an account.

    The answer is the same whether the address has an account or not; a mail tells its owner.
    """
    cookies.check_own_page(call)
    registered = _register(call, body)
    hours = conf.of(SignUpSettings).astakos_verification_hours
    cookies.set_sign_up(call, registered.browser, int(timedelta(hours=hours).total_seconds()))
    return _progress(call, registered.result, registered.user, body.next)


def confirm_address(call: Call, body: Confirmation) -> Progress:
    """Confirm an e-mail address by the code of a mailed link, once.

    403 with the header `X-Password: required` where the browser is not the one of the sign-up.
    """
    cookies.check_own_page(call)
    proof = Proof(cookies.sign_up_of(call), body.password)
    verified = activations.verify_by_link(body.code, proof)
    cookies.set_sign_up(call, "", 0)
    to = conf.of(SignUpSettings).astakos_activation_redirect_url
    return _progress(call, verified.result, verified.user if verified.may_enter else None, to)


def send_again(call: Call, body: Again) -> None:
    """Have the link mailed again; the answer is the same for every address."""
    cookies.check_own_page(call)
    sign_ups.check_person(body.email.strip(), "", "")
    captcha.check(body.captcha)
    sign_ups.check_pace(call.address)
    activations.ask_again(body.email)


def _register(call: Call, body: NewAccount) -> sign_ups.Registered:
    if body.third_party_token:
        known = sign_ups.KnownForm(
            token=body.third_party_token,
            email=body.email,
            first_name=body.first_name,
            last_name=body.last_name,
            terms=body.terms,
            code=body.code,
            language=body.language,
        )
        return sign_ups.register_known(known, call.address)
    form = sign_ups.Form(
        email=body.email,
        password=body.password,
        first_name=body.first_name,
        last_name=body.last_name,
        terms=body.terms,
        captcha=body.captcha,
        code=body.code,
        language=body.language,
    )
    return sign_ups.register(form, call.address)


def _progress(call: Call, result: Result, user: User | None, to: str) -> Progress:
    if user is None:
        return Progress(result)
    visit = visit_of(call)
    entry = entrances.enter(user, method=ENTERED_BY, address=visit.address, agent=visit.agent)
    default = conf.of(SignUpSettings).astakos_login_success_url
    return Progress(result, addresses.next_or(to, default), entered(call, entry))


def _captcha() -> Captcha:
    settings = conf.of(SignUpSettings)
    asked = captcha.kind()
    if asked is not captcha.Kind.RECAPTCHA:
        return Captcha(asked, "", "", {})
    return Captcha(
        asked,
        settings.astakos_recaptcha_public_key,
        settings.astakos_recaptcha_script_url,
        settings.astakos_recaptcha_options,
    )


def _invited(code: str) -> tuple[Invited | None, str]:
    if not code:
        return None, ""
    try:
        found = invitations.by_code(code)
    except Conflict as conflict:
        return None, conflict.message
    if found is None:
        return None, ""
    inviter = found.inviter.realname if found.inviter is not None else ""
    return Invited(found.username, found.realname, inviter), ""


def _known(row: PendingThirdPartyUser) -> Known:
    identity = pending_third_parties.identity_of(row)
    return Known(
        provider=row.provider,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        forced=list(identity.forced),
        replaces_unverified=pending_third_parties.has_unverified_twin(row),
    )
