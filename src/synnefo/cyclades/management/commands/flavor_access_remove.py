"""`snf-manage flavor-access-remove`. Spec: compute 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.models import FlavorAccess
from synnefo.serve.commands import each


class Command(BaseCommand):
    """Ends a project's use of a flavor."""

    help = "No longer let a project use a flavor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which grants."""
        parser.add_argument("ids", metavar="ID", nargs="+", help="ids from flavor-access-list")

    def handle(self, *_args: Any, **options: Any) -> None:
        """End them."""
        each(self, options["ids"], self._remove)

    def _remove(self, text: str) -> None:
        rows = FlavorAccess.objects.filter(id=int(text) if text.isdigit() else 0)
        if not rows.delete()[0]:
            raise CommandError("there is no such access; see flavor-access-list")
        self.stdout.write(f"Removed access {text}.")
