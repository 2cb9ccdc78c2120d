"""`snf-manage commission-show`. Spec: identity 16.6."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import commissions
from synnefo.kit import tables
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows one promise."""

    help = "Show a pending commission and its provisions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the serial."""
        add_output_options(parser)
        parser.add_argument("serial", type=int)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the facts and the provisions."""
        with refusals():
            found, provisions = commissions.show(None, options["serial"])
        facts = {
            "serial": found.serial,
            "name": found.name,
            "clientkey": found.clientkey,
            "issue time": found.issue_datetime.isoformat(),
        }
        print_one(self, facts, options)
        columns = ("holder", "resource", "source", "quantity")
        rows = [{name: getattr(one, name) for name in columns} for one in provisions]
        self.stdout.write("\n" + tables.render(rows, columns, options["output_format"]))
