"""`snf-manage oauth2-client-add`. Spec: identity 16.7."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.models.oauth import CONFIDENTIAL, PUBLIC
from synnefo.astakos.usecases import oauth_clients


class Command(BaseCommand):
    """Registers a client of OAuth 2.0."""

    help = "Register a program that may ask people to let it act for them (OAuth 2.0)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what the client is."""
        parser.add_argument("identifier", help="name by which the client goes, without a colon")
        parser.add_argument("--secret", default="", help="secret of a confidential client")
        parser.add_argument(
            "--is-trusted", action="store_true", help="one of our own: people are not asked"
        )
        parser.add_argument(
            "--type", default=CONFIDENTIAL, choices=(CONFIDENTIAL, PUBLIC), help="can it keep one?"
        )
        parser.add_argument(
            "--url",
            action="append",
            default=[],
            metavar="URL",
            help="address to which codes may go; may be given several times",
        )
        parser.add_argument("--name", default="", help="name that people are shown")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Register it."""
        wanted = oauth_clients.NewClient(
            identifier=options["identifier"],
            secret=options["secret"],
            name=options["name"],
            type=options["type"],
            is_trusted=options["is_trusted"],
            urls=options["url"],
        )
        with refusals():
            client = oauth_clients.add(wanted)
        self.stdout.write(f"Client {client.identifier} was registered with the id {client.pk}.")
