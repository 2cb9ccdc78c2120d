"""`snf-manage quota-verify`. Spec: identity 16.6."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import limits, users
from synnefo.serve.commands import add_output_options
from synnefo.serve.commands import print_list as print_rows
from synnefo.wire.provisions import project_holder, user_holder

COLUMNS = ("Holder", "Source", "Resource", "Astakos", "Quotaholder")


class Command(BaseCommand):
    """Compares limits with what projects and memberships say."""

    help = "Check the limits in the ledger against projects and memberships; --fix sets them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to repair."""
        add_output_options(parser)
        parser.add_argument("--fix", action="store_true", help="set wrong limits right")
        parser.add_argument(
            "--include-unexpected-holdings",
            action="store_true",
            help="with --fix, also delete holdings that belong to nothing and hold nothing",
        )
        parser.add_argument("--user", help="only this user: number, uuid or e-mail address")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the differences, and repair them if asked."""
        found = limits.verify(_holders(options["user"]))
        if not found:
            self.stderr.write("No inconsistencies.")
            return
        rows = [
            {
                "Holder": one.holder,
                "Source": one.source,
                "Resource": one.resource,
                "Astakos": one.wanted,
                "Quotaholder": one.found,
            }
            for one in found
        ]
        print_rows(self, rows, COLUMNS, options)
        if options["fix"]:
            limits.repair(found, unexpected=options["include_unexpected_holdings"])
            self.stderr.write(f"{len(found)} limits were looked at and set.")


def _holders(who: str | None) -> list[str] | None:
    """Name a user's own holdings and those of the user's system project; None for everybody's."""
    if not who:
        return None
    with refusals():
        uuid = users.find(who).uuid
    return [user_holder(uuid), project_holder(uuid)]
