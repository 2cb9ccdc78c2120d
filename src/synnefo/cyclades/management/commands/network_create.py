"""`snf-manage network-create`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.domain.networks import ShapeOrder
from synnefo.cyclades.domain.subnets import SubnetOrder
from synnefo.cyclades.management.words import OPERATOR, refusals, truth
from synnefo.cyclades.models import Network
from synnefo.cyclades.usecases import networks, subnets
from synnefo.cyclades.usecases.networks import NetworkOrder


class Command(BaseCommand):
    """Makes a network, with its subnets."""

    help = "Make a network: a public one, or a private one of a user."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take who it is for, its addresses and its flavor."""
        parser.add_argument("--name", default="")
        parser.add_argument("--user", "--owner", metavar="UUID", help="owner of a private network")
        parser.add_argument("--project", metavar="UUID")
        parser.add_argument("--subnet", metavar="CIDR", help="IPv4 addresses")
        parser.add_argument("--gateway", metavar="ADDRESS")
        parser.add_argument("--subnet6", metavar="CIDR", help="IPv6 addresses")
        parser.add_argument("--gateway6", metavar="ADDRESS")
        parser.add_argument("--dhcp", type=truth, default=False, metavar="True|False")
        parser.add_argument("--public", action="store_true")
        parser.add_argument("--flavor", required=True)
        parser.add_argument("--mode", help="override the flavor's mode")
        parser.add_argument("--link", help="override the flavor's link")
        parser.add_argument("--mac-prefix", help="override the flavor's MAC prefix")
        parser.add_argument("--tags", help="override the flavor's tags")
        parser.add_argument(
            "--floating-ip-pool", type=truth, default=False, metavar="True|False"
        )
        parser.add_argument(
            "--allocation-pool", action="append", default=[], metavar="FIRST,LAST"
        )
        parser.add_argument("--drained", type=truth, default=False, metavar="True|False")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check, make the network, then its subnets."""
        _check(options)
        with refusals():
            network = networks.create(OPERATOR, _order(options))
            _add_subnets(network, options)
        self.stdout.write(f"Created network {network.id}.")


def _check(options: dict[str, Any]) -> None:
    if not options["public"] and not options["user"]:
        raise CommandError("Name the owner with --user, or make the network --public.")
    if options["gateway"] and not options["subnet"]:
        raise CommandError("--gateway needs --subnet.")
    if options["gateway6"] and not options["subnet6"]:
        raise CommandError("--gateway6 needs --subnet6.")
    if options["dhcp"] and not (options["subnet"] or options["subnet6"]):
        raise CommandError("--dhcp needs a subnet.")
    if options["flavor"] == "IP_LESS_ROUTED" and not options["subnet"]:
        raise CommandError("A network of the flavor IP_LESS_ROUTED needs --subnet.")


def _order(options: dict[str, Any]) -> NetworkOrder:
    return NetworkOrder(
        name=options["name"],
        userid=options["user"],
        project=options["project"],
        public=options["public"],
        floating_ip_pool=options["floating_ip_pool"],
        drained=options["drained"],
        shape=ShapeOrder(
            flavor=options["flavor"],
            mode=options["mode"],
            link=options["link"],
            mac_prefix=options["mac_prefix"],
            tags=options["tags"],
        ),
    )


def _add_subnets(network: Network, options: dict[str, Any]) -> None:
    for version, cidr, gateway in (
        (4, options["subnet"], options["gateway"]),
        (6, options["subnet6"], options["gateway6"]),
    ):
        if cidr:
            order = SubnetOrder(
                cidr=cidr,
                ip_version=version,
                gateway=gateway,
                dhcp=options["dhcp"],
                name=f"IPv{version} Subnet of Network {network.id}",
                pools=_pools(options["allocation_pool"]) if version == 4 else None,
            )
            subnets.create(OPERATOR, str(network.id), order)


def _pools(texts: list[str]) -> tuple[tuple[str, str], ...] | None:
    pools = []
    for text in texts:
        first, mark, last = text.partition(",")
        if not mark:
            raise CommandError(f"'{text}' is not of the form FIRST,LAST.")
        pools.append((first.strip(), last.strip()))
    return tuple(pools) or None
