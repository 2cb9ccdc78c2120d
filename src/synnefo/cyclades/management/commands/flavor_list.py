"""`snf-manage flavor-list`. Spec: compute 16.4."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count

from synnefo.cyclades.models import Flavor, Server
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = (
    "id",
    "name",
    "cpu",
    "ram",
    "disk",
    "template",
    "volume_type",
    "allow_create",
    "public",
    "vms",
)


class Command(BaseCommand):
    """Lists flavors."""

    help = "List the flavors."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("-d", "--deleted", action="store_true", help="only deleted ones")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the flavors."""
        living = Server.objects.filter(deleted=False).values_list("flavor_id")
        counts = dict(living.annotate(Count("id")))
        every = Flavor.objects.select_related("volume_type")
        rows = [
            {
                "id": one.id,
                "name": one.name,
                "cpu": one.cpu,
                "ram": one.ram,
                "disk": one.disk,
                "template": one.volume_type.disk_template,
                "volume_type": one.volume_type_id,
                "allow_create": one.allow_create,
                "public": one.public,
                "vms": counts.get(one.id, 0),
                "specs": one.specs,
            }
            for one in every.filter(deleted=options["deleted"]).order_by("id")
        ]
        print_list(self, rows, COLUMNS, options, fields=("specs",))
