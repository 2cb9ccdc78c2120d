"""Mails: written in the transaction of their cause, sent soon after by the worker.

Spec: identity 15, 21.4. `later("im/welcome_email.txt", [address], user=user)` renders the text
at once, from a file of the operator's or the shipped one, and records one errand for each
recipient; a cause that is rolled back sends nothing. What somebody typed can add no header and
no recipient.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, ServiceUnavailable
from synnefo.kit.logs import get_logger
from synnefo.serve import mail_transports
from synnefo.serve.errands import Errand
from synnefo.serve.mail_settings import MailSettings, Person
from synnefo.serve.mail_texts import Letter, Text, letter
from synnefo.serve.mail_transports import Refused, Unreachable

log = get_logger(__name__)

LONGEST_LINE = 990
LONGEST_ADDRESS = 254
_ADDRESS = re.compile(r"^[^@\s\x00-\x1f\x7f<>,;:]+@[^@\s\x00-\x1f\x7f<>,;:]+$")


def later(
    template: str,
    to: Sequence[str],
    *,
    brick: str = "astakos",
    language: str = "",
    **context: object,
) -> None:
    """Send a mail to each of some addresses once the running transaction commits.

    `template` names a text below the brick's `templates/mail/`; `context` is what it may show;
    `language` is its readers', empty for English.
    """
    errand = postman(brick)
    written = letter(Text(brick, template, language), context)
    for address in dict.fromkeys(address for address in to if address):
        message = compose(written, address)
        errand.later(
            recipient=_addr_spec(address), subject=written.subject, message=message.as_string()
        )


def postman(brick: str) -> Errand:
    """Answer the errand by which a brick's mails leave; its worker imports a module that asks."""
    name = f"{brick}.send_mail"
    found = Errand.known.get(name)
    if found is None:
        lasts = conf.of(MailSettings).email_give_up_after
        found = Errand(name, give_up_after=lasts, is_secret=True)
        found.runs(_send)
        found.gives_up(_give_up)
    return found


def recipients(*lists: Iterable[Person]) -> list[str]:
    """Join lists of people into addresses, each once. Spec: identity 18.6."""
    return list(dict.fromkeys(address for people in lists for _, address in people))


def compose(written: Letter, to: str) -> EmailMessage:
    """Make the message; line ends in a subject become spaces. BadRequest for a bad address."""
    message = EmailMessage()
    message["From"] = conf.of(MailSettings).server_email
    message["To"] = _addr_spec(to)
    message["Subject"] = one_line(written.subject)
    message["Date"] = now()
    message["Message-ID"] = make_msgid(domain=_own_domain())
    message["Auto-Submitted"] = "auto-generated"
    plain = written.body.isascii() and max(map(len, written.body.splitlines())) < LONGEST_LINE
    message.set_content(written.body, cte="7bit" if plain else "quoted-printable")
    return message


def one_line(text: str) -> str:
    """Write a text on one line: what could begin another header becomes a space."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def is_address(text: str) -> bool:
    """Tell whether a text is an e-mail address, local part quoted or not. Spec: identity 13.2."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return text.isprintable() and len(text) <= LONGEST_ADDRESS


def _addr_spec(address: str) -> str:
    if not (_ADDRESS.match(address) or is_address(address)):
        raise BadRequest(f"'{one_line(address)}' is not an e-mail address.")
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise BadRequest(f"'{address}' is not an e-mail address.") from error


def _own_domain() -> str:
    return parseaddr(conf.of(MailSettings).server_email)[1].rpartition("@")[2] or "localhost"


def _transport() -> Callable[[str, str], None]:
    return mail_transports.TRANSPORTS[conf.of(MailSettings).email_transport]


def _send(recipient: str, subject: str, message: str) -> None:
    """Hand one mail over; what a server refuses for good is logged and dropped."""
    try:
        _transport()(recipient, message)
    except Unreachable as error:
        raise ServiceUnavailable(f"The mail server takes no mail now: {error}") from error
    except Refused as error:
        log.error("mail-refused", to=recipient, subject=subject, error=str(error))
    else:
        log.info("mail-sent", to=recipient, subject=subject)


def _give_up(reason: str, recipient: str, subject: str, message: str) -> None:
    del message
    log.error("mail-given-up", to=recipient, subject=subject, reason=reason)
