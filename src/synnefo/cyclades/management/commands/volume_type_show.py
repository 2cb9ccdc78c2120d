"""`snf-manage volume-type-show`. Spec: compute 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.words import find_volume_type
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Shows a volume type."""

    help = "Show a volume type and what is made of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which one."""
        add_output_options(parser)
        parser.add_argument("volume_type", metavar="ID", help="its id")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        kind = find_volume_type(options["volume_type"])
        print_one(
            self,
            {
                "id": kind.id,
                "name": kind.name,
                "disk_template": kind.disk_template,
                "flavors": [f.name for f in kind.flavors.filter(deleted=False).order_by("id")],
                "volumes": kind.volumes.filter(deleted=False).count(),
                "deleted": kind.deleted,
            },
            options,
        )
