"""`snf-manage reconcile-commissions-cyclades`. Spec: compute 15.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import refusals
from synnefo.cyclades.models import QuotaHolderSerial
from synnefo.cyclades.usecases import commissions


class Command(BaseCommand):
    """Settles promises that a crash left open."""

    help = "List quota promises that are not settled, and settle them with --fix."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to settle, and how old is too old."""
        parser.add_argument("--fix", action="store_true", help="settle them")
        parser.add_argument(
            "--patience",
            type=float,
            default=600.0,
            metavar="SECONDS",
            help="reject what is undecided for so long (600)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the open promises, and settle them when asked."""
        open_ones = QuotaHolderSerial.objects.filter(resolved=False).order_by("serial")
        if not open_ones:
            self.stdout.write("No unresolved commissions were found.")
        for one in open_ones:
            word = "undecided" if one.pending else ("to accept" if one.accept else "to reject")
            self.stdout.write(f"{one.serial}: {word}, issued {one.issued:%Y-%m-%d %H:%M:%S}")
        if options["fix"]:
            with refusals():
                accepted, rejected = commissions.ledger().settle(patience=options["patience"])
            self.stdout.write(f"accepted: {accepted}, rejected: {rejected}")
