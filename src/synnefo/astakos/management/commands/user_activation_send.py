"""`snf-manage user-activation-send`. Spec: identity 16.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.astakos.usecases import activations, users
from synnefo.kit.faults import Fault
from synnefo.serve.commands import each


class Command(BaseCommand):
    """Mails links that confirm addresses."""

    help = "Send the mail by which users confirm their e-mail address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the users."""
        parser.add_argument("user", nargs="+", help="uuid, number or e-mail address")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Send to each, and tell of those to whom nothing was sent."""
        each(self, options["user"], self._send)

    def _send(self, identifier: str) -> None:
        try:
            user = users.find(identifier)
            activations.send_link(user)
        except Fault as fault:
            raise CommandError(fault.message) from fault
        self.stdout.write(f"{user.email}: sent")
