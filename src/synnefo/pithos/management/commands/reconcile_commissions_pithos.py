"""`snf-manage reconcile-commissions-pithos`. Spec: object-storage 16.2, 19.1."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.kit.faults import Fault
from synnefo.pithos.usecases import reconciliation


class Command(BaseCommand):
    """Compares pending commissions with what Pithos knows of them."""

    help = "Show pending commissions of Pithos and, with --fix, settle them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do."""
        parser.add_argument("--fix", action="store_true", help="settle, and reject unknown ones")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Show and settle."""
        try:
            told = reconciliation.commissions(fix=options["fix"])
        except Fault as fault:
            raise CommandError(fault.message) from fault
        if not told.pending:
            self.stdout.write("No unresolved commissions were found.")
            return
        self.stdout.write(f"Unresolved commissions: {_listed(told.pending)}")
        if options["fix"]:
            self.stdout.write(f"Accepted: {_listed(told.accepted)}")
            self.stdout.write(f"Rejected: {_listed(told.rejected)}")
            self.stdout.write(f"Failed: {_listed(told.left)}")


def _listed(serials: list[int]) -> str:
    return ", ".join(str(serial) for serial in serials) or "none"
