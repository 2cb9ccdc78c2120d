"""`snf-manage floating-ip-list`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import (
    FLOATING_COLUMNS,
    FLOATING_FIELDS,
    of_floating_ip,
)
from synnefo.cyclades.models import IPAddress
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists floating IPs."""

    help = "List the floating IPs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        parser.add_argument("-u", "--user", help="only those of this user")
        parser.add_argument("-d", "--deleted", action="store_true", help="only deleted ones")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the floating IPs."""
        found = IPAddress.objects.floating().filter(deleted=options["deleted"])
        if options["user"]:
            found = found.filter(userid=options["user"])
        rows = [of_floating_ip(ip) for ip in found.select_related("port")]
        print_list(self, rows, FLOATING_COLUMNS, options, fields=FLOATING_FIELDS)
