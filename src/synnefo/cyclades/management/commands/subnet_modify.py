"""`snf-manage subnet-modify`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import subnets


class Command(BaseCommand):
    """Renames a subnet."""

    help = "Rename a subnet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the new name."""
        parser.add_argument("subnet", metavar="ID", help="id of the subnet")
        parser.add_argument("--name", required=True, help="its new name")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Rename it."""
        with refusals():
            subnets.rename(OPERATOR, options["subnet"], name=options["name"])
        self.stdout.write(f"Subnet {options['subnet']} was changed.")
