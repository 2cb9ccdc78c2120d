"""`snf-manage pool-create`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.management.words import refusals
from synnefo.cyclades.usecases import pools
from synnefo.cyclades.usecases.pools import PoolKind


class Command(BaseCommand):
    """Creates a pool."""

    help = "Create the pool of bridges or of MAC prefixes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what the pool holds."""
        parser.add_argument("--type", required=True, choices=list(PoolKind), help="its kind")
        parser.add_argument("--size", required=True, type=int, help="how many values")
        parser.add_argument("--base", help="such as prv, or aa:00:0 (the default of prefixes)")
        parser.add_argument("--offset", type=int, help="kept for the record")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create it."""
        kind = PoolKind(options["type"])
        base = options["base"] or ("aa:00:0" if kind is PoolKind.MAC_PREFIX else "")
        if not base:
            raise CommandError("Say what bridges are called (--base), such as prv.")
        with refusals():
            made = pools.create(kind, size=options["size"], base=base, offset=options["offset"])
        self.stdout.write(f"Created {kind} pool {made.id}.")
