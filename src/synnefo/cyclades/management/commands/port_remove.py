"""`snf-manage port-remove`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.operators import port_id
from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import plugs
from synnefo.serve.commands import confirm, each


class Command(BaseCommand):
    """Removes ports."""

    help = "Remove ports; those of servers go once their cluster let go of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the ports."""
        parser.add_argument("ports", metavar="ID", nargs="+", help="ids or names on clusters")
        parser.add_argument("-f", "--force", action="store_true", help="do not ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Remove them."""
        confirm(f"Remove {len(options['ports'])} port(s)?", force=options["force"])
        each(self, options["ports"], self._remove)

    def _remove(self, name: str) -> None:
        with refusals():
            plugs.delete_port(OPERATOR, port_id(name))
        self.stdout.write(f"Port {name} is being removed.")
