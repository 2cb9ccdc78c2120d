"""`snf-manage reconcile-statistics-pithos`. Spec: object-storage 13.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.pithos.usecases import totals
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = (
    *("account", "container", "kept.objects", "real.objects"),
    *("kept.size", "real.size", "kept.history", "real.history"),
)


class Command(BaseCommand):
    """Compares the totals of containers with the sums of what is in them."""

    help = "Show, and with --fix correct, containers whose totals are not what they hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whose containers to look at, and whether to correct."""
        parser.add_argument("--account", metavar="UUID", help="only this account")
        parser.add_argument("--fix", action="store_true", help="set wrong totals right")
        add_list_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Compare, print, correct."""
        found = totals.differences(options["account"])
        if not found:
            self.stdout.write("Everything in sync.")
            return
        print_list(self, [one.row() for one in found], COLUMNS, options)
        if options["fix"]:
            totals.correct(found)
            self.stdout.write("Corrected.")
