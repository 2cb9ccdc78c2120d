"""`snf-manage oauth2-client-remove`. Spec: identity 16.7."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import oauth_clients


class Command(BaseCommand):
    """Removes a client of OAuth 2.0."""

    help = "Remove a client of OAuth 2.0, with its addresses, codes and tokens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which client."""
        parser.add_argument("client", help="id or identifier")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Remove it."""
        with refusals():
            client = oauth_clients.remove(options["client"])
        self.stdout.write(f"Client {client.identifier} was removed.")
