"""`snf-manage port-inspect`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import of_port
from synnefo.cyclades.management.operators import port_id
from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.usecases import ports
from synnefo.kit import tables
from synnefo.serve.commands import add_output_options, print_one

COLUMNS = ("Address", "Network", "Subnet", "CIDR", "is_floating")


class Command(BaseCommand):
    """Inspects a port."""

    help = "Show a port and its addresses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the port."""
        add_output_options(parser)
        parser.add_argument("port", metavar="ID", help="id or name on clusters")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        with refusals():
            port = ports.visible(OPERATOR, port_id(options["port"]))
        print_one(self, of_port(port), options)
        rows = [
            {
                "Address": ip.address,
                "Network": ip.network_id,
                "Subnet": ip.subnet_id,
                "CIDR": ip.subnet.cidr,
                "is_floating": ip.floating_ip,
            }
            for ip in port.addresses.select_related("subnet")
        ]
        self.stdout.write(tables.render(rows, COLUMNS, options["output_format"]))
