"""`snf-manage reconcile-resources-pithos`. Spec: object-storage 16.5, 19.1."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.kit.faults import Fault
from synnefo.pithos.usecases import reconciliation
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("type", "holder", "source", "resource", "database", "quotaholder")


class Command(BaseCommand):
    """Compares what is stored with what the quota service has on its books."""

    help = "Show, and with --fix correct, differences between stored bytes and charged ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whom to look at and what to do."""
        parser.add_argument("--user", metavar="UUID", help="only this user")
        parser.add_argument("--project", metavar="UUID", help="only this project")
        parser.add_argument("--fix", action="store_true", help="correct the quota service")
        parser.add_argument("--force", action="store_true", help="correct it above limits too")
        add_list_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Compare, print, correct."""
        try:
            found = reconciliation.differences(options["user"], options["project"])
            if not found:
                self.stdout.write("Everything in sync.")
                return
            print_list(self, [one.row() for one in found], COLUMNS, options)
            if options["fix"]:
                reconciliation.correct(found, force=options["force"])
                self.stdout.write("Corrected.")
        except Fault as fault:
            raise CommandError(fault.message) from fault
