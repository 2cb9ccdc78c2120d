"""`snf-manage port-list`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import PORT_COLUMNS, PORT_FIELDS, of_port
from synnefo.cyclades.models import Port
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists ports."""

    help = "List the ports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("--public", action="store_true", help="only of public networks")
        parser.add_argument("--server", type=int, help="only of this server")
        parser.add_argument("-u", "--user", help="only those of this user")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the ports."""
        rows = Port.objects.prefetch_related("addresses")
        if options["public"]:
            rows = rows.filter(public=True)
        if options["server"] is not None:
            rows = rows.filter(server_id=options["server"])
        if options["user"]:
            rows = rows.filter(userid=options["user"])
        print_list(self, [of_port(row) for row in rows], PORT_COLUMNS, options, fields=PORT_FIELDS)
