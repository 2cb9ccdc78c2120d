"""`snf-manage network-list`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import (
    NETWORK_COLUMNS,
    NETWORK_FIELDS,
    of_network,
)
from synnefo.cyclades.management.owners import add_owner_options, of_owner, with_mails
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
        add_owner_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the networks."""
        rows = of_owner(Network.objects.all(), options)
        rows = rows.prefetch_related("subnets", "ports", "on_clusters")
        if options["public"]:
            rows = rows.filter(public=True)
        columns = [c.replace("ipv4", "ipv6") if options["ipv6"] else c for c in NETWORK_COLUMNS]
        fields = (*NETWORK_COLUMNS, *NETWORK_FIELDS)
        told = [of_network(n) for n in rows]
        print_list(self, told, with_mails(told, columns, options), options, fields=fields)
