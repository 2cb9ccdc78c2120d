"""`snf-manage reconcile-pools`. Spec: network 13.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.usecases import pool_audit
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("pool", "value", "problem")


class Command(BaseCommand):
    """Holds pools against what is used."""

    help = "Compare the pools of addresses, bridges and MAC prefixes with what is in use."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to put things right."""
        add_list_options(parser)
        parser.add_argument("--fix", action="store_true", help="replace maps that are wrong")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what is wrong."""
        found = pool_audit.audit(fix=options["fix"])
        if not found and options["output_format"] == "pretty":
            self.stdout.write("Every pool is in order.")
            return
        rows = [
            {
                "pool": one.pool,
                "value": one.value,
                "problem": (
                    "never given out again" if one.is_lost else "could be given out twice"
                ),
            }
            for one in found
        ]
        print_list(self, rows, COLUMNS, options)
