"""`snf-manage network-list`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import (
    NETWORK_COLUMNS,
    NETWORK_FIELDS,
    of_network,
)
from synnefo.cyclades.models import Network
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists networks."""

    help = "List the networks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("--public", action="store_true", help="only public ones")
        parser.add_argument("--ipv6", action="store_true", help="show IPv6 instead of IPv4")
        parser.add_argument("-u", "--user", help="only those of this user")
        parser.add_argument("-p", "--project", help="only those of this project")
        parser.add_argument("-d", "--deleted", action="store_true", help="only deleted ones")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the networks."""
        rows = Network.objects.filter(deleted=options["deleted"])
        rows = rows.prefetch_related("subnets", "ports", "on_clusters")
        if options["public"]:
            rows = rows.filter(public=True)
        if options["user"]:
            rows = rows.filter(userid=options["user"])
        if options["project"]:
            rows = rows.filter(project=options["project"])
        columns = [c.replace("ipv4", "ipv6") if options["ipv6"] else c for c in NETWORK_COLUMNS]
        fields = (*NETWORK_COLUMNS, *NETWORK_FIELDS)
        print_list(self, [of_network(n) for n in rows], columns, options, fields=fields)
