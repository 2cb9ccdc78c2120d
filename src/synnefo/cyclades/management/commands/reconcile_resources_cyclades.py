"""`snf-manage reconcile-resources-cyclades`. Spec: compute 15.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.looks import tell
from synnefo.cyclades.management.words import refusals
from synnefo.cyclades.usecases import people, resource_audit
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("type", "holder", "source", "resource", "database", "quotaholder")


class Command(BaseCommand):
    """Holds the books of the quota service against the database."""

    help = "Compare what users and projects hold with the quota service's books."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whom to look at, and whether to put the books right."""
        add_list_options(parser)
        parser.add_argument("--user", "--userid", help="only this user, by uuid or address")
        parser.add_argument("--project", help="only this project")
        parser.add_argument("--fix", action="store_true", help="put the books right")
        parser.add_argument("--force", action="store_true", help="even above the limits")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print where they differ, and correct it when asked."""
        with refusals():
            user = people.uuid_of(options["user"]) if options["user"] else None
            found = resource_audit.steady(user, options["project"])
            waiting = [one for one in found if one.pending]
            for one in waiting:
                text = f"{one.resource} of {one.user or one.project}: a commission is pending"
                tell(self, options["verbosity"], 1, f"{text}; skipped.")
            rows = [one.row() for one in found if not one.pending]
            if not found:
                tell(self, options["verbosity"], 1, "Everything in sync.")
            print_list(self, rows, COLUMNS, options)
            if options["fix"] and rows:
                done = resource_audit.correct(found, force=options["force"])
                tell(self, options["verbosity"], 1, f"{len(done)} holdings were corrected.")
