"""`snf-manage volume-list`. Spec: compute 16.5."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.owners import add_owner_options, of_owner, with_mails
from synnefo.cyclades.management.volume_rows import COLUMNS, FIELDS, of_volume
from synnefo.cyclades.management.words import find_server
from synnefo.cyclades.models import Volume
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists volumes."""

    help = "List the volumes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        add_owner_options(parser)
        parser.add_argument("--server", help="only those of a server")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print them."""
        found = of_owner(Volume.objects.order_by("id"), options).select_related("volume_type")
        if options["server"]:
            found = found.filter(server=find_server(options["server"]))
        rows = [of_volume(one) for one in found]
        print_list(self, rows, with_mails(rows, COLUMNS, options), options, fields=FIELDS)
