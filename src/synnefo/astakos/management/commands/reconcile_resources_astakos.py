"""`snf-manage reconcile-resources-astakos`. Spec: identity 16.6."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import pending_counts
from synnefo.serve.commands import add_output_options
from synnefo.serve.commands import print_list as print_rows

COLUMNS = ("Type", "Holder", "Source", "Resource", "Astakos", "Quotaholder")


class Command(BaseCommand):
    """Compares the count of waiting applications with the ledger."""

    help = "Check what Astakos itself counts in the ledger: applications that wait; --fix sets it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whom to check, and whether to repair."""
        add_output_options(parser)
        parser.add_argument("--user", metavar="UUID", help="only this user")
        parser.add_argument("--project", metavar="UUID", help="only this project")
        parser.add_argument("--fix", action="store_true", help="set the ledger right")
        parser.add_argument(
            "--force", action="store_true", help="with --fix, even where a limit would be exceeded"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the differences and what is pending, and repair if asked."""
        waiting = pending_counts.unsettled()
        if waiting:
            told = ", ".join(str(serial) for serial in waiting)
            self.stderr.write(f"These commissions are pending, so figures may move: {told}.")
        found = pending_counts.differences(user=options["user"], project=options["project"])
        if not found:
            self.stderr.write("No inconsistencies.")
            return
        rows = [dict(zip(COLUMNS, one.told(), strict=True)) for one in found]
        print_rows(self, rows, COLUMNS, options)
        if options["fix"]:
            with refusals():
                pending_counts.repair(found, force=options["force"])
            self.stderr.write(f"{len(found)} holdings were set right.")
