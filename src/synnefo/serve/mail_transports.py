"""Ways in which a mail leaves: a mail server, a folder, the screen."""

import contextlib
import os
import smtplib
import ssl
import sys
from collections.abc import Callable
from email import message_from_string, policy
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.ids import new_uuid
from synnefo.serve.mail_settings import MailSettings
from synnefo.serve.settings import ServeSettings

TEMPORARY = range(400, 500)


class Unreachable(Exception):
    """The mail did not leave, and may later."""


class Refused(Exception):
    """The mail will never leave as it is."""


def by_smtp(recipient: str, message: str) -> None:
    """Hand a mail to the mail server. Raises Unreachable, Refused."""
    settings = conf.of(MailSettings)
    try:
        with _connect(settings) as server:
            if settings.email_host_user:
                server.login(settings.email_host_user, settings.email_host_password)
            sender = parseaddr(settings.server_email)[1]
            server.send_message(_parse(message), from_addr=sender, to_addrs=[recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, told = error.recipients[recipient]
        raise _told(code, told) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refused(str(error)) from error
    except smtplib.SMTPResponseException as error:
        raise _told(error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(str(error) or type(error).__name__) from error


def by_file(recipient: str, message: str) -> None:
    """Lay a mail down as a file that ends in `.eml`, the latest last by name."""
    del recipient
    settings = conf.of(MailSettings)
    kept = settings.email_file_path or str(Path(conf.of(ServeSettings).synnefo_data_dir) / "mail")
    folder = Path(kept)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{now():%Y%m%d-%H%M%S.%f}-{new_uuid()[:8]}"
    fresh = folder / f".{name}.part"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(_parse(message).as_bytes())
    fresh.rename(folder / f"{name}.eml")


def by_console(recipient: str, message: str) -> None:
    """Print a mail where the worker's words go."""
    del recipient
    sys.stdout.write(f"{message}\n{'-' * 72}\n")
    sys.stdout.flush()


TRANSPORTS: dict[str, Callable[[str, str], None]] = {
    "smtp": by_smtp,
    "file": by_file,
    "console": by_console,
}


def _connect(settings: MailSettings) -> smtplib.SMTP:
    place = (settings.email_host, settings.email_port)
    if settings.email_use_ssl:
        trusted = ssl.create_default_context()
        return smtplib.SMTP_SSL(*place, timeout=settings.email_timeout, context=trusted)
    server = smtplib.SMTP(*place, timeout=settings.email_timeout)
    if settings.email_use_tls:
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.close()
            raise
    return server


def _parse(message: str) -> EmailMessage:
    return message_from_string(message, policy=policy.SMTP)


def _told(code: int, told: bytes | str) -> Exception:
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
    kind = Unreachable if code in TEMPORARY else Refused
    return kind(f"{code} {text}")
