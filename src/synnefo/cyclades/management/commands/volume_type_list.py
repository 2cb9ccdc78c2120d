"""`snf-manage volume-type-list`. Spec: compute 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count, Q

from synnefo.cyclades.models import VolumeType
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = ("id", "name", "disk_template", "flavors", "volumes", "deleted")


class Command(BaseCommand):
    """Lists volume types."""

    help = "List the volume types."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("-d", "--deleted", action="store_true", help="only deleted ones")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print them."""
        found = (
            VolumeType.objects.filter(deleted=options["deleted"])
            .order_by("id")
            .annotate(
                flavors_now=Count("flavors", filter=Q(flavors__deleted=False), distinct=True),
                volumes_now=Count("volumes", filter=Q(volumes__deleted=False), distinct=True),
            )
        )
        rows = [
            {
                "id": kind.id,
                "name": kind.name,
                "disk_template": kind.disk_template,
                "deleted": kind.deleted,
                "flavors": kind.flavors_now,
                "volumes": kind.volumes_now,
            }
            for kind in found
        ]
        print_list(self, rows, COLUMNS, options)
