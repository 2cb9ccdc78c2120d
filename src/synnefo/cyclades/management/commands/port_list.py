"""`snf-manage port-list`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import PORT_COLUMNS, PORT_FIELDS, of_port
from synnefo.cyclades.management.owners import add_owner_options, of_owner, with_mails
from synnefo.cyclades.management.words import find_server
from synnefo.cyclades.models import Port
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists ports."""

    help = "List the ports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("--public", action="store_true", help="only of public networks")
        parser.add_argument("--server", help="only of this server")
        add_owner_options(parser, project=False, deleted=False)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the ports."""
        rows = of_owner(Port.objects.prefetch_related("addresses"), options)
        if options["public"]:
            rows = rows.filter(public=True)
        if options["server"]:
            rows = rows.filter(server=find_server(options["server"]))
        told = [of_port(row) for row in rows]
        columns = with_mails(told, PORT_COLUMNS, options)
        print_list(self, told, columns, options, fields=PORT_FIELDS)
