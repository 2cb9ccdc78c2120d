"""`snf-manage volume-type-list`. Spec: compute 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.models import VolumeType
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "name", "disk_template", "deleted")


class Command(BaseCommand):
    """Lists volume types."""

    help = "List the volume types."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("-d", "--deleted", action="store_true", help="only deleted ones")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print them."""
        found = VolumeType.objects.filter(deleted=options["deleted"]).order_by("id")
        print_list(self, list(found.values(*COLUMNS)), COLUMNS, options)
