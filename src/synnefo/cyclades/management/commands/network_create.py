"""`snf-manage network-create`. Spec: network 14."""

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.domain.networks import ShapeOrder
from synnefo.cyclades.domain.subnets import SubnetOrder
from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.management.operators import pairs
from synnefo.cyclades.management.words import OPERATOR, find_cluster, refusals, truth
from synnefo.cyclades.models import Cluster, Network
from synnefo.cyclades.usecases import networks, subnets
from synnefo.cyclades.usecases.networks import NetworkOrder
from synnefo.kit.faults import Fault
from synnefo.serve.errands import Later


class Command(BaseCommand):
    """Creates a network."""

    help = "Create a network and its subnets; public ones are made on every cluster at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what the network shall be like."""
        parser.add_argument("--name", default="", help="its name")
        parser.add_argument("--user", "--owner", help="uuid of its owner, unless public")
        parser.add_argument("--project", help="project that is charged")
        parser.add_argument("--flavor", required=True, help="MAC_FILTERED, CUSTOM, …")
        parser.add_argument("--subnet", help="its IPv4 addresses, such as 10.0.0.0/24")
        parser.add_argument("--gateway", help="IPv4 gateway; without one there is none")
        parser.add_argument("--subnet6", help="its IPv6 addresses, a /64")
        parser.add_argument("--gateway6", help="IPv6 gateway; without one there is none")
        parser.add_argument("--dhcp", type=truth, default=False, help="True: announce addresses")
        parser.add_argument("--public", action="store_true", help="for everybody")
        parser.add_argument("--mode", help="bridged or routed")
        parser.add_argument("--link", help="bridge or routing table")
        parser.add_argument("--mac-prefix", help="five digits such as aa:00:0")
        parser.add_argument("--tags", help="comma-separated tags on clusters")
        parser.add_argument(
            "--floating-ip-pool", type=truth, default=False, help="True: users reserve addresses"
        )
        parser.add_argument(
            "--allocation-pool", action="append", metavar="FIRST,LAST", help="may be repeated"
        )
        parser.add_argument("--drained", type=truth, default=False, help="True: give out nothing")
        parser.add_argument("--backend-id", help="make it on this cluster at once")
        parser.add_argument("-n", "--dry-run", action="store_true", help="only tell")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create it."""
        _check(options)
        if options["dry_run"]:
            self.stdout.write(f"Would create a {options['flavor']} network.")
            return
        with refusals():
            network = networks.create(OPERATOR, _order(options))
            try:
                for order in _subnets(options, network):
                    subnets.create(OPERATOR, str(network.id), order)
            except (Fault, CommandError):
                networks.delete(OPERATOR, str(network.id))
                raise
        self.stdout.write(f"Created network {network.id}.")
        if options["backend_id"]:
            self._realise(network, [find_cluster(options["backend_id"])])
        elif network.public or network.floating_ip_pool:
            self._realise(network, Cluster.objects.filter(offline=False))

    def _realise(self, network: Network, clusters: Iterable[Cluster]) -> None:
        for cluster in clusters:
            try:
                networks.ensure_on_cluster(cluster, network)
            except (Fault, EngineError, Later) as error:
                told = f"{cluster.clustername} will make it later: {error}"
                self.stderr.write(told)


def _check(options: dict[str, Any]) -> None:
    if not options["public"] and not options["user"]:
        raise CommandError("Say whose network it is (--user), or make it --public.")
    if options["gateway"] and not options["subnet"]:
        raise CommandError("A gateway needs a subnet (--subnet).")
    if options["dhcp"] and not (options["subnet"] or options["subnet6"]):
        raise CommandError("There are no addresses to announce: --dhcp needs a subnet.")
    if options["flavor"] == "IP_LESS_ROUTED" and not (options["subnet"] or options["subnet6"]):
        raise CommandError("A routed network needs a subnet.")


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
            tags=_tags(options),
        ),
    )


def _tags(options: dict[str, Any]) -> str | None:
    """Read the tags; none given means those of the flavor."""
    return str(options["tags"]) if options["tags"] is not None else None


def _subnets(options: dict[str, Any], network: Network) -> list[SubnetOrder]:
    found = []
    if options["subnet"]:
        found.append(
            SubnetOrder(
                cidr=options["subnet"],
                gateway=options["gateway"],
                dhcp=options["dhcp"],
                name=f"IPv4 Subnet of Network {network.id}",
                pools=pairs(options["allocation_pool"]),
            )
        )
    if options["subnet6"]:
        found.append(
            SubnetOrder(
                cidr=options["subnet6"],
                ip_version=6,
                gateway=options["gateway6"],
                dhcp=options["dhcp"],
                name=f"IPv6 Subnet of Network {network.id}",
            )
        )
    return found
