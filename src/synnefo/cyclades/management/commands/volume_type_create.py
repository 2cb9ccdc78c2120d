"""`snf-manage volume-type-create`. Spec: compute 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.models import VolumeType


class Command(BaseCommand):
    """Makes a volume type."""

    help = "Make a volume type: a name for a disk template such as ext_archipelago."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take its name and template."""
        parser.add_argument("--name", required=True, help="its name")
        parser.add_argument("--disk-template", required=True, help="drbd, plain, ext_archipelago…")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make it."""
        made = VolumeType.objects.create(
            name=options["name"], disk_template=options["disk_template"]
        )
        self.stdout.write(f"{made.id} {made.name}")
