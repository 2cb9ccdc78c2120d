"""`snf-manage network-list`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.cyclades.models import Network, Subnet
from synnefo.serve.commands import add_list_options, print_list

COLUMNS = (
    "id",
    "name",
    "user.uuid",
    "state",
    "public",
    "subnet.ipv4",
    "gateway.ipv4",
    "link",
    "mac_prefix",
    "drained",
    "floating_ip_pool",
)
MORE = ("flavor", "mode", "created", "updated", "deleted", "subnet.ipv6", "gateway.ipv6")


class Command(BaseCommand):
    """Lists networks."""

    help = "List the networks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list options and which networks."""
        add_list_options(parser)
        parser.add_argument("-d", "--deleted", action="store_true", help="only deleted ones")
        parser.add_argument("--public", action="store_true", help="only public ones")
        parser.add_argument("-u", "--user", metavar="UUID", help="only those of a user")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the networks."""
        found = Network.objects.filter(deleted=options["deleted"])
        if options["public"]:
            found = found.filter(public=True)
        if options["user"]:
            found = found.filter(userid=options["user"])
        subnets = {(one.network_id, one.ipversion): one for one in Subnet.objects.all()}
        rows = [_row(one, subnets) for one in found.order_by("id")]
        print_list(self, rows, COLUMNS, options, fields=MORE)


def _row(network: Network, subnets: dict[tuple[int, int], Subnet]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": network.id,
        "name": network.name,
        "user.uuid": network.userid,
        "state": network.status,
    }
    for field in ("public", "link", "mac_prefix", "drained", "floating_ip_pool", *MORE[:5]):
        row[field] = getattr(network, field)
    for version in (4, 6):
        subnet = subnets.get((network.id, version))
        row[f"subnet.ipv{version}"] = subnet.cidr if subnet else None
        row[f"gateway.ipv{version}"] = subnet.gateway if subnet else None
    return row
