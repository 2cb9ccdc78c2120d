"""`snf-manage floating-ip-list`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import (
    FLOATING_COLUMNS,
    FLOATING_FIELDS,
    of_floating_ip,
)
from synnefo.cyclades.management.owners import add_owner_options, of_owner, with_mails
from synnefo.cyclades.models import IPAddress
from synnefo.serve.commands import add_list_options, print_list


class Command(BaseCommand):
    """Lists floating IPs."""

    help = "List the floating IPs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options."""
        add_list_options(parser)
        add_owner_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the floating IPs."""
        found = of_owner(IPAddress.objects.floating(), options)
        rows = [of_floating_ip(ip) for ip in found.select_related("port")]
        columns = with_mails(rows, FLOATING_COLUMNS, options)
        print_list(self, rows, columns, options, fields=FLOATING_FIELDS)
