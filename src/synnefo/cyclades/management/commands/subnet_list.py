"""`snf-manage subnet-list`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import SUBNET_COLUMNS, of_subnet
from synnefo.cyclades.management.owners import add_owner_options, of_owner, with_mails
from synnefo.cyclades.models import Subnet
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists subnets."""

    help = "List the subnets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("--ipv4", action="store_true", help="only IPv4")
        parser.add_argument("--ipv6", action="store_true", help="only IPv6")
        parser.add_argument("--dhcp", action="store_true", help="only with DHCP")
        parser.add_argument("--public", action="store_true", help="only public ones")
        add_owner_options(parser, project=False)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the subnets."""
        rows = of_owner(Subnet.objects.all(), options)
        if options["ipv4"] is not options["ipv6"]:
            rows = rows.filter(ipversion=4 if options["ipv4"] else 6)
        if options["dhcp"]:
            rows = rows.filter(dhcp=True)
        if options["public"]:
            rows = rows.filter(public=True)
        told = [of_subnet(row) for row in rows]
        print_list(self, told, with_mails(told, SUBNET_COLUMNS, options), options)
