"""`snf-manage network-remove`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.operators import network_id
from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import networks
from synnefo.serve.commands import confirm, each


class Command(BaseCommand):
    """Removes networks."""

    help = "Remove networks that nothing uses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the networks."""
        parser.add_argument("networks", metavar="ID", nargs="+", help="ids or names on clusters")
        parser.add_argument("-f", "--force", action="store_true", help="do not ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Remove them."""
        confirm(f"Remove {len(options['networks'])} network(s)?", force=options["force"])
        each(self, options["networks"], self._remove)

    def _remove(self, name: str) -> None:
        with refusals():
            networks.delete(OPERATOR, network_id(name))
        self.stdout.write(f"Network {name} is being removed.")
