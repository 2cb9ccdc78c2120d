"""`snf-manage pool-remove`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import refusals
from synnefo.cyclades.usecases import pools
from synnefo.cyclades.usecases.pools import PoolKind
from synnefo.serve.commands import confirm


class Command(BaseCommand):
    """Removes a pool."""

    help = "Remove a pool that no network uses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the pool."""
        parser.add_argument("pool", metavar="ID", type=int, help="id of the pool")
        parser.add_argument("--type", required=True, choices=list(PoolKind), help="its kind")
        parser.add_argument("-f", "--force", action="store_true", help="do not ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Remove it."""
        confirm(f"Remove the {options['type']} pool?", force=options["force"])
        with refusals():
            pools.remove(PoolKind(options["type"]), options["pool"])
        self.stdout.write(f"Pool {options['pool']} was removed.")
