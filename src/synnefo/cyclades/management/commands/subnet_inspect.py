"""`snf-manage subnet-inspect`. Spec: network 14."""

from argparse import ArgumentParser
from ipaddress import ip_address
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.domain.addressing import address_at
from synnefo.cyclades.management.network_rows import of_subnet
from synnefo.cyclades.management.words import OPERATOR, refusals
from synnefo.cyclades.models import IPPool
from synnefo.cyclades.usecases import subnets
from synnefo.kit import tables
from synnefo.serve.commands import add_output_options, print_one

POOL_COLUMNS = ("First_IP", "Last_IP", "Size", "Available", "Reserved")
LINE = 64


class Command(BaseCommand):
    """Inspects a subnet."""

    help = "Show a subnet and its pools of addresses, with a map: . is free, X is not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the subnet."""
        add_output_options(parser)
        parser.add_argument("subnet", metavar="ID", help="id of the subnet")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        with refusals():
            subnet = subnets.visible(OPERATOR, options["subnet"])
        print_one(self, of_subnet(subnet), options)
        rows = [_row(pool) for pool in subnet.pools.all()]
        shape = options["output_format"]
        columns = POOL_COLUMNS if shape == "pretty" else (*POOL_COLUMNS, "Map")
        self.stdout.write("\n" + tables.render(rows, columns, shape))
        if shape == "pretty":
            for row in rows:
                self.stdout.write("\n" + _folded(row["First_IP"], row["Map"]))


def _folded(first: str, drawn: str) -> str:
    """Draw a pool in lines, each with the address that it starts with."""
    start = ip_address(first)
    lines = [f"{start + at!s:<15}  {drawn[at : at + LINE]}" for at in range(0, len(drawn), LINE)]
    return "\n".join(lines)


def _row(row: IPPool) -> dict[str, Any]:
    pool = row.read()
    return {
        "First_IP": address_at(row.base, row.offset, 0),
        "Last_IP": address_at(row.base, row.offset, row.size - 1),
        "Size": row.size,
        "Available": pool.count_available(),
        "Reserved": pool.count_reserved(),
        "Map": pool.drawn(),
    }
