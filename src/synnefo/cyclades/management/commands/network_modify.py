"""`snf-manage network-modify`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.management.operators import listed, network_id
from synnefo.cyclades.management.words import OPERATOR, find_cluster, refusals, truth
from synnefo.cyclades.models import Cluster, Network
from synnefo.cyclades.usecases import cluster_networks, networks, owners, subnets


class Command(BaseCommand):
    """Changes a network."""

    help = "Change a network."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to change."""
        parser.add_argument("network", metavar="ID", help="id or name on clusters")
        parser.add_argument("--name", help="its new name")
        parser.add_argument("--drained", type=truth, help="True: give out nothing more")
        parser.add_argument("--floating-ip-pool", type=truth, help="True: users reserve addresses")
        parser.add_argument("--add-reserved-ips", metavar="A,B", help="keep these back")
        parser.add_argument("--remove-reserved-ips", metavar="A,B", help="give these out again")
        parser.add_argument("--user", "--userid", help="its new owner, by uuid")
        parser.add_argument("--add-to-backend", metavar="ID", help="make it on this cluster now")
        parser.add_argument(
            "--remove-from-backend", metavar="ID", help="take it off this cluster again"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Change it."""
        with refusals():
            network = networks.visible(OPERATOR, network_id(options["network"]))
            _change(network, options)
        self.stdout.write(f"Network {network.id} was changed.")


def _change(network: Network, options: dict[str, Any]) -> None:
    if options["name"] is not None:
        networks.modify(OPERATOR, str(network.id), name=options["name"])
    if options["user"] is not None:
        owners.hand_over_network(network.id, options["user"])
    if options["drained"] is not None:
        networks.drain(network.id, drained=options["drained"])
    if options["floating_ip_pool"] is not None:
        _open_pool(network, is_open=options["floating_ip_pool"])
    subnets.reserve_addresses(network.id, listed(options["add_reserved_ips"]))
    subnets.reserve_addresses(network.id, listed(options["remove_reserved_ips"]), release=True)
    _place(network, options)


def _open_pool(network: Network, *, is_open: bool) -> None:
    networks.open_pool(network.id, is_open=is_open)
    for cluster in Cluster.objects.filter(offline=False) if is_open else ():
        networks.ensure_on_cluster(cluster, network)


def _place(network: Network, options: dict[str, Any]) -> None:
    if options["remove_from_backend"]:
        cluster_networks.take_off(find_cluster(options["remove_from_backend"]), network)
    if options["add_to_backend"]:
        networks.ensure_on_cluster(find_cluster(options["add_to_backend"]), network)
