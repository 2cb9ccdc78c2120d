"""`snf-manage pool-list`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import POOL_COLUMNS, of_pools
from synnefo.cyclades.usecases import pools
from synnefo.cyclades.usecases.pools import PoolKind
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists pools."""

    help = "List the pools of bridges and MAC prefixes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("--type", choices=list(PoolKind), help="only this kind")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the pools."""
        kinds = [PoolKind(options["type"])] if options["type"] else list(PoolKind)
        rows = [row for kind in kinds for row in of_pools(kind, pools.every(kind))]
        print_list(self, rows, POOL_COLUMNS, options)
