"""`snf-manage network-inspect`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.network_rows import (
    SUBNET_COLUMNS,
    details,
    of_cluster_rows,
    of_subnet,
)
from synnefo.cyclades.management.operators import network_id
from synnefo.cyclades.management.words import OPERATOR, refusals, truth
from synnefo.cyclades.models import Subnet
from synnefo.cyclades.usecases import networks
from synnefo.kit import tables
from synnefo.serve.commands import add_output_options, print_one

CLUSTER_COLUMNS = ("Backend", "State", "Deleted", "JobID", "Opcode", "JobStatus")


class Command(BaseCommand):
    """Inspects a network."""

    help = "Show a network, its subnets, and how it stands on each cluster."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the network."""
        add_output_options(parser)
        parser.add_argument("network", metavar="ID", help="id or name on clusters")
        parser.add_argument("--backends", type=truth, default=True, help="False: no clusters")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        with refusals():
            network = networks.visible(OPERATOR, network_id(options["network"]))
        shape = options["output_format"]
        print_one(self, details(network), options)
        subnets = [of_subnet(row) for row in Subnet.objects.filter(network=network)]
        self.stdout.write(tables.render(subnets, SUBNET_COLUMNS, shape))
        if options["backends"]:
            self.stdout.write(tables.render(of_cluster_rows(network), CLUSTER_COLUMNS, shape))
