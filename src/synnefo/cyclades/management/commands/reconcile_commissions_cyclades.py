"""`snf-manage reconcile-commissions-cyclades`. Spec: compute 15.2."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.looks import tell
from synnefo.cyclades.management.words import refusals
from synnefo.cyclades.usecases import commission_audit
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("serial", "verdict", "settled")


class Command(BaseCommand):
    """Settles promises that a crash left open."""

    help = "List quota promises that are not settled, and settle them with --fix."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to settle, and how old is too old."""
        add_list_options(parser)
        parser.add_argument("--fix", action="store_true", help="settle them")
        parser.add_argument(
            "--patience",
            type=float,
            default=90.0,
            metavar="SECONDS",
            help="leave undecided ones alone that are younger (90)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the open promises, and settle them when asked."""
        settled: set[int] = set()
        with refusals():
            found = commission_audit.look()
            if options["fix"]:
                done = commission_audit.settle(patience=options["patience"])
                settled = {*done.accepted, *done.rejected}
        verdicts = [(serial, "accept") for serial in found.to_accept]
        verdicts += [(serial, "reject") for serial in found.to_reject]
        if not verdicts:
            tell(self, options["verbosity"], 1, "No unresolved commissions were found.")
        rows = [
            {"serial": serial, "verdict": verdict, "settled": serial in settled}
            for serial, verdict in verdicts
        ]
        print_list(self, rows, COLUMNS, options)
