"""A real SMTP server that keeps what it is given."""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from synnefo.kit import conf
from synnefo.serve.mail_settings import MailSettings

PATIENCE = 15.0
_LINK = re.compile(r"https?://\S+")


class Kept:
    """One mail, with the addresses of its envelope."""

    def __init__(self, envelope: Envelope) -> None:
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        self.sender = envelope.mail_from
        self.to = list(envelope.rcpt_tos)
        self.message: EmailMessage = message_from_bytes(raw, policy=policy.default)

    @property
    def subject(self) -> str:
        """Answer the subject, decoded."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """Answer the plain text."""
        return str(self.message.get_content())

    @property
    def link(self) -> str:
        """Answer the first link."""
        found = _LINK.search(self.text)
        assert found, self.text
        return found[0]


class Mailbox:
    """Everything that arrived; `refuse` answers instead of the server when it says something."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.refuse: Callable[[str], str] = lambda _address: ""

    async def handle_RCPT(
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: object,
    ) -> str:
        """Take a recipient, or refuse as told."""
        told = self.refuse(address)
        if not told:
            envelope.rcpt_tos.append(address)
        return told or "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep a mail."""
        self.kept.append(Kept(envelope))
        return "250 OK"

    def to(self, address: str, about: str = "") -> list[Kept]:
        """List the mails for one address, those whose subject names something."""
        return [mail for mail in self.kept if address in mail.to and about in mail.subject]

    def wait(self, address: str, count: int = 1, *, about: str = "") -> Kept:
        """Answer the latest mail for an address once so many have arrived."""
        end = time.monotonic() + PATIENCE
        while len(self.to(address, about)) < count:
            assert time.monotonic() < end, f"no mail for {address}: {self.kept}"
            time.sleep(0.02)
        return self.to(address, about)[-1]


@contextmanager
def a_mail_server() -> Iterator[tuple[Mailbox, int]]:
    """Run a mail server; answers its box and port."""
    box, loop = Mailbox(), asyncio.new_event_loop()
    made = loop.create_server(lambda: SMTP(box, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0)
    server = loop.run_until_complete(made)
    thread = threading.Thread(target=loop.run_forever, name="mailbox")
    thread.start()
    try:
        yield box, server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def a_mailbox(**settings: object) -> Iterator[Mailbox]:
    """Run a mail server and send this process' mails there."""
    with (
        a_mail_server() as (box, port),
        conf.override(MailSettings, email_host="127.0.0.1", email_port=port, **settings),
    ):
        yield box
