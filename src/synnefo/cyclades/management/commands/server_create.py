"""`snf-manage server-create`. Spec: compute 16.3."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.domain.ports import RequestedNetwork
from synnefo.cyclades.domain.server_plan import BlockDevice, ServerOrder
from synnefo.cyclades.management.operators import listed, network_id, port_id
from synnefo.cyclades.management.owners import acting_for, uuid_of
from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import find_cluster, pairs, refusals
from synnefo.cyclades.models import IPAddress
from synnefo.cyclades.usecases import servers
from synnefo.serve.commands import add_output_options, print_one


class Command(BaseCommand):
    """Makes a server for a user."""

    help = "Make a server for a user, on a cluster of choice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what the server shall be like."""
        add_output_options(parser)
        parser.add_argument("--name", required=True, help="its name")
        parser.add_argument(
            "--user", "--user-id", required=True, help="its owner, by uuid or address"
        )
        parser.add_argument("--project", help="project that is charged; else the user's own")
        parser.add_argument("--image", "--image-id", required=True, help="id of the image")
        parser.add_argument("--flavor", "--flavor-id", required=True, help="id of the flavor")
        parser.add_argument("--password", required=True, help="password of its first user")
        parser.add_argument("--backend-id", help="cluster that takes it; else one is picked")
        parser.add_argument(
            "--port",
            action="append",
            default=[],
            metavar="WHAT",
            help="network:ID[,address=IP], id:PORT or floatingip:ID; may be repeated",
        )
        parser.add_argument(
            "--volume",
            action="append",
            default=[],
            metavar="size=N",
            help="a blank disk of so many GiB; may be repeated",
        )
        parser.add_argument("--tags", metavar="A,B", help="tags of the server")
        add_wait_option(parser, default=False)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make it."""
        caller = acting_for(uuid_of(options["user"]), options["project"])
        with refusals():
            made = servers.create(caller, _order(options)).servers[0]
        if options["wait"]:
            made = until_settled(made.id)
        print_one(
            self,
            {
                "id": made.id,
                "name": made.name,
                "user.uuid": made.userid,
                "project": made.project,
                "state": made.operstate,
                "backend": made.cluster.clustername if made.cluster else None,
                "flavor": made.flavor_id,
                "image.id": made.imageid,
            },
            options,
        )


def _order(options: dict[str, Any]) -> ServerOrder:
    wanted = options["backend_id"]
    return ServerOrder(
        name=options["name"],
        flavor=options["flavor"],
        image=options["image"],
        admin_pass=options["password"],
        project=options["project"],
        networks=tuple(_network(text) for text in options["port"]) or None,
        tags=listed(options["tags"]),
        block_devices=_disks(options),
        cluster=find_cluster(wanted).id if wanted else None,
    )


def _disks(options: dict[str, Any]) -> tuple[BlockDevice, ...]:
    if not options["volume"]:
        return ()
    root = BlockDevice(source_type="image", uuid=options["image"], boot_index=0)
    return (root, *(_disk(text) for text in options["volume"]))


def _disk(text: str) -> BlockDevice:
    told = pairs(text)
    if set(told) != {"size"} or not told["size"].isdigit():
        raise CommandError(f"'{text}' is no disk. Write size=N, in GiB.")
    return BlockDevice(source_type="blank", volume_size=int(told["size"]))


def _network(text: str) -> RequestedNetwork:
    kind, _, rest = text.partition(":")
    named, _, more = rest.partition(",")
    if kind == "id":
        return RequestedNetwork(port=port_id(named))
    if kind == "floatingip":
        found = IPAddress.objects.live().floating().filter(id=named if named.isdigit() else 0)
        ip = found.first()
        if ip is None:
            raise CommandError(f"There is no floating IP '{named}'; see floating-ip-list.")
        return RequestedNetwork(uuid=str(ip.network_id), fixed_ip=ip.address)
    if kind != "network":
        raise CommandError(f"'{text}' is no port: network:ID, id:PORT or floatingip:ID.")
    address = pairs(more).get("address") if more else None
    if address is None:
        return RequestedNetwork(uuid=network_id(named))
    return RequestedNetwork(uuid=network_id(named), fixed_ip=address)
