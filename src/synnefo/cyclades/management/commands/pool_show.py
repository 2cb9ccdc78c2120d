"""`snf-manage pool-show`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import of_pools
from synnefo.cyclades.management.words import refusals
from synnefo.cyclades.usecases import pools
from synnefo.cyclades.usecases.pools import PoolKind
from synnefo.serve.commands import add_output_options, print_one

LINE = 64


class Command(BaseCommand):
    """Shows a pool."""

    help = "Show a pool and a map of its values: . is free, X is not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the pool."""
        add_output_options(parser)
        parser.add_argument("pool", metavar="ID", type=int, help="id of the pool")
        parser.add_argument("--type", required=True, choices=list(PoolKind), help="its kind")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        kind = PoolKind(options["type"])
        with refusals():
            row = pools.find(kind, options["pool"])
        (told,) = of_pools(kind, [row])
        print_one(self, told, options)
        if options["output_format"] == "pretty":
            drawn = row.read().drawn()
            lines = [drawn[at : at + LINE] for at in range(0, len(drawn), LINE)]
            self.stdout.write("\n".join(lines))
