"""`snf-manage port-create`. Spec: network 14."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from synnefo.cyclades.management.operators import network_id
from synnefo.cyclades.management.owners import acting_for, uuid_of
from synnefo.cyclades.management.waiting import add_wait_option, until_settled
from synnefo.cyclades.management.words import find_server, refusals
from synnefo.cyclades.models import IPAddress, Server
from synnefo.cyclades.usecases import plugs
from synnefo.cyclades.usecases.plugs import PortOrder


class Command(BaseCommand):
    """Makes a port."""

    help = "Make a port, and plug it into a server if one is named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where it belongs."""
        parser.add_argument("--name", default="", help="its name")
        parser.add_argument("--user", "--owner", help="its owner; else the server's")
        parser.add_argument("--network", required=True, help="id or name on clusters")
        parser.add_argument("--server", help="server that it is plugged into")
        parser.add_argument("--floating-ip", help="id of the floating IP that it carries")
        parser.add_argument("--ipv4-address", help="address that it gets")
        add_wait_option(parser, default=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make it."""
        server = find_server(options["server"]) if options["server"] else None
        caller = acting_for(_owner(options, server), server.project if server else None)
        order = PortOrder(
            network_id=network_id(options["network"]),
            address=_address(options),
            name=options["name"],
            server_id=str(server.id) if server else None,
        )
        with refusals():
            made = plugs.create(caller, order)
        self.stdout.write(f"Created port {made.id}.")
        if server is not None and options["wait"]:
            until_settled(server.id)


def _owner(options: dict[str, Any], server: Server | None) -> str:
    if options["user"]:
        return uuid_of(options["user"])
    if server is None:
        raise CommandError("Say whose port it is (--user), or which server takes it (--server).")
    return server.userid


def _address(options: dict[str, Any]) -> str | None:
    wanted = options["floating_ip"]
    if not wanted:
        return str(options["ipv4_address"]) if options["ipv4_address"] else None
    held = IPAddress.objects.live().floating()
    ip = held.filter(id=int(wanted)).first() if wanted.isdigit() else None
    if ip is None:
        raise CommandError(f"There is no floating IP '{wanted}'; see floating-ip-list.")
    return ip.address
