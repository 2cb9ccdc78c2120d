"""`snf-manage pool-modify`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.operators import listed
from synnefo.cyclades.management.words import refusals
from synnefo.cyclades.usecases import pools
from synnefo.cyclades.usecases.pools import PoolKind


class Command(BaseCommand):
    """Changes a pool."""

    help = "Grow or shrink a pool, or keep some of its values back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to change."""
        parser.add_argument("pool", metavar="ID", type=int, help="id of the pool")
        parser.add_argument("--type", required=True, choices=list(PoolKind), help="its kind")
        parser.add_argument("--size", type=int, help="its new size")
        parser.add_argument("--base", help="its new base, while nothing is taken from it")
        parser.add_argument("--offset", type=int, help="its new offset")
        parser.add_argument("--add-reserved", metavar="A,B", help="keep these back")
        parser.add_argument("--remove-reserved", metavar="A,B", help="give these out again")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Change it."""
        with refusals():
            pools.modify(
                PoolKind(options["type"]),
                options["pool"],
                size=options["size"],
                base=options["base"],
                offset=options["offset"],
                reserve=listed(options["add_reserved"]),
                unreserve=listed(options["remove_reserved"]),
            )
        self.stdout.write(f"Pool {options['pool']} was changed.")
