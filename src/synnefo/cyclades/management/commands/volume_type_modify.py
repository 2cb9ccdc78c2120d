"""`snf-manage volume-type-modify`. Spec: compute 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from synnefo.cyclades.management.words import find_volume_type, truth


class Command(BaseCommand):
    """Changes a volume type."""

    help = "Rename a volume type, or take it out of use with its flavors."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to change."""
        parser.add_argument("volume_type", metavar="ID", help="its id")
        parser.add_argument("--name", help="its new name")
        parser.add_argument("--deleted", type=truth, help="True: no new disks, flavors go, too")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Change it."""
        kind = find_volume_type(options["volume_type"])
        with transaction.atomic(using="cyclades"):
            if options["name"]:
                kind.name = options["name"]
            if options["deleted"] is not None:
                kind.deleted = options["deleted"]
                kind.flavors.update(deleted=options["deleted"])
            kind.save()
        self.stdout.write(f"The volume type {kind.id} was changed.")
