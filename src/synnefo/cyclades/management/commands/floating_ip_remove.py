"""`snf-manage floating-ip-remove`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import floating_ips
from synnefo.serve.commands import confirm, each


class Command(BaseCommand):
    """Releases floating IPs."""

    help = "Release floating IPs that no port has."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the floating IPs."""
        parser.add_argument("ips", metavar="ID", nargs="+", help="ids of floating IPs")
        parser.add_argument("-f", "--force", action="store_true", help="do not ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Release them."""
        confirm(f"Release {len(options['ips'])} floating IP(s)?", force=options["force"])
        each(self, options["ips"], self._remove)

    def _remove(self, name: str) -> None:
        with refusals():
            floating_ips.delete(OPERATOR, name)
        self.stdout.write(f"Floating IP {name} was released.")
