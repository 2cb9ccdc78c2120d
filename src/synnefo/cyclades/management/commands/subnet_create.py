"""`snf-manage subnet-create`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.domain.subnets import SubnetOrder
from synnefo.cyclades.management.operators import listed, network_id, pairs
from synnefo.cyclades.management.words import OPERATOR, refusals, truth
from synnefo.cyclades.usecases import subnets


class Command(BaseCommand):
    """Creates a subnet."""

    help = "Give a network addresses, before its first port."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what the subnet shall be like."""
        parser.add_argument("--network", required=True, help="id of the network")
        parser.add_argument("--cidr", required=True, help="such as 10.0.0.0/24")
        parser.add_argument("--allocation-pool", action="append", metavar="FIRST,LAST")
        parser.add_argument("--name", default="", help="its name")
        parser.add_argument("--ip-version", type=int, default=4, help="4 or 6")
        parser.add_argument("--gateway", help="without one there is none")
        parser.add_argument("--dhcp", type=truth, default=True, help="False: announce nothing")
        parser.add_argument("--dns", metavar="A,B", help="name servers")
        parser.add_argument("--host-routes", metavar="A,B", help="routes")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create it."""
        order = SubnetOrder(
            cidr=options["cidr"],
            ip_version=options["ip_version"],
            gateway=options["gateway"],
            dhcp=options["dhcp"],
            name=options["name"],
            pools=pairs(options["allocation_pool"]),
            dns_nameservers=listed(options["dns"]),
            host_routes=listed(options["host_routes"]),
        )
        with refusals():
            made = subnets.create(OPERATOR, network_id(options["network"]), order)
        self.stdout.write(f"Created subnet {made.id}.")
